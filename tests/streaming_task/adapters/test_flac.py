"""A recording's FLAC holds exactly its samples."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from streaming_task.adapters import flac
from streaming_task.adapters.flac import FlacCompactor


def decoded(coded: bytes) -> tuple[bytes, int, str]:
    """Decode; give the samples, the rate and the kind."""
    with soundfile.SoundFile(io.BytesIO(coded)) as file:
        samples = file.read(dtype="int16")
        return samples.astype("<i2").tobytes(), file.samplerate, f"{file.format} {file.subtype}"


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
@pytest.mark.parametrize("samples", [1, 17, 100_001])
def test_what_is_decoded_is_what_was_recorded(rate_hz: int, samples: int) -> None:
    """Bit for bit, at every rate, also the loudest noise."""
    pcm = np.random.default_rng(3).integers(-32_768, 32_768, samples).astype("<i2").tobytes()

    coded = FlacCompactor().encode(pcm, rate_hz)

    assert decoded(coded) == (pcm, rate_hz, "FLAC PCM_16")


def test_a_recording_of_several_blocks_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long recordings go through in blocks; no seam is heard."""
    monkeypatch.setattr(flac, "BLOCK_SAMPLES", 1_000)
    pcm = np.arange(10_500).astype("<i2").tobytes()

    assert decoded(FlacCompactor().encode(pcm, 16_000))[0] == pcm


def test_silence_is_small() -> None:
    """A gap is silence of its length, and costs next to nothing."""
    assert len(FlacCompactor().encode(bytes(2 * 16_000 * 60), 16_000)) < 20_000


def test_an_empty_recording_is_coded() -> None:
    """A session that was stopped before a word has a recording of no length."""
    coded = FlacCompactor().encode(b"", 16_000)

    assert coded[:8] == b"fLaC\x80\x00\x00\x22"  # the last block of metadata, 34 bytes
    assert int.from_bytes(coded[18:26], "big") >> 44 == 16_000
    assert len(coded) == 8 + 34


def test_a_decoding_that_differs_is_found() -> None:
    """The parts are deleted on the strength of this check."""
    coded = io.BytesIO(FlacCompactor().encode(bytes(2_000), 16_000))
    other = np.ones(1_000, np.int16)

    with pytest.raises(ValueError, match="other samples"):
        flac._check(coded, other)
    coded.seek(0)
    with pytest.raises(ValueError, match="1000 samples of 1001"):
        flac._check(coded, np.zeros(1_001, np.int16))


def test_a_recording_decodes_to_what_it_was_made_of() -> None:
    """A transcript that was left pending is completed out of the recording."""
    pcm = (np.arange(-8_000, 8_000) * 3).astype("<i2").tobytes()
    compactor = FlacCompactor()

    assert compactor.decode(compactor.encode(pcm, 16_000)) == pcm
    assert compactor.decode(compactor.encode(b"", 16_000)) == b""
    with pytest.raises(ValueError, match="not a FLAC"):
        compactor.decode(b"RIFF")
