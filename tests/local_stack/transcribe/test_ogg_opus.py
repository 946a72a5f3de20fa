"""Opus in Ogg becomes PCM as it comes, however it is cut."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest

from contract.opus import with_length
from local_stack.recognisers.counter_audio import counter_audio, counter_packet
from local_stack.transcribe.ogg_opus import RATE_HZ, BadOgg, OggOpusDecoder
from streaming_task.adapters.ogg_opus import OggStream

SECONDS = 2


def ogg_opus() -> bytes:
    """Give two seconds of a 440 Hz tone."""
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE_HZ * SECONDS) / RATE_HZ) * 12_000
    out = io.BytesIO()
    with av.open(out, "w", format="ogg") as container:
        encoder = container.add_stream("libopus", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone.astype(np.int16)[None, :], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        container.mux(encoder.encode(frame))
        container.mux(encoder.encode(None))
    return out.getvalue()


@pytest.mark.parametrize("chunk_bytes", [1, 100, 1_000_000])
def test_it_decodes_whatever_the_chunks(chunk_bytes: int) -> None:
    """The same samples, of the right number, holding the tone."""
    wire = ogg_opus()
    decoder = OggOpusDecoder()

    pcm = b"".join(
        decoder.feed(wire[start : start + chunk_bytes]) for start in range(0, len(wire), chunk_bytes)
    )

    samples = np.frombuffer(pcm, np.int16)
    assert abs(len(samples) / RATE_HZ - SECONDS) < 0.05
    spectrum = np.abs(np.fft.rfft(samples[:RATE_HZ].astype(float)))
    assert int(spectrum.argmax()) == 440


def test_counter_packets_become_counter_audio() -> None:
    """Opus keeps no sample as it was, so their numbers are read before the decoder could spoil them."""
    wire = OggStream().push(b"".join(with_length(counter_packet(number)) for number in range(40, 90)))

    assert OggOpusDecoder().feed(wire) == counter_audio(RATE_HZ, 40, 50)


@pytest.mark.parametrize("wire", [b"RIFF" * 20, bytes(100)])
def test_what_is_no_ogg_is_refused(wire: bytes) -> None:
    """Not decoded to noise."""
    with pytest.raises(BadOgg):
        OggOpusDecoder().feed(wire)
