"""Opus packets are counted as a decoder counts them: a session's clock stands on it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import av
import pytest
from av.audio.codeccontext import AudioCodecContext

from contract.audio import OPUS_RATE_HZ
from contract.opus import BadPackets, packet_samples, packets_in, silence, with_length

EXAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "contract" / "wire_examples.json").read_text(encoding="utf-8")
)["opus_packets"]
MS = 48  # samples
FRAME_MS = (10, 20, 40, 60) * 3 + (10, 20) * 2 + (2.5, 5, 10, 20) * 4


def _decoded(packets: bytes) -> list[int]:
    codec = AudioCodecContext.create("libopus", "r")
    codec.sample_rate = OPUS_RATE_HZ
    codec.layout = "mono"
    frames = [frame for packet, _ in packets_in(packets) for frame in codec.decode(av.Packet(packet))]
    return [int(sample) for frame in frames for sample in frame.to_ndarray().flatten()]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["name"]))
def test_packets_are_read_as_the_page_reads_them(example: dict[str, Any]) -> None:
    """Both sides agree on what is whole, and on how long it lasts."""
    data = base64.b64decode(example["data"])

    if example["samples"] is None:
        with pytest.raises(BadPackets):
            list(packets_in(data))
    else:
        found = list(packets_in(data))
        assert [samples for _, samples in found] == example["samples"]
        assert b"".join(with_length(packet) for packet, _ in found) == data


@pytest.mark.parametrize("config", range(32))
def test_every_configuration_has_its_duration(config: int) -> None:
    """One frame, two, and as many as fit in 120 ms, for each of the 32 configurations."""
    toc = config << 3
    frame_ms = FRAME_MS[config]
    most = int(120 // frame_ms)

    assert packet_samples(bytes([toc, 1])) == frame_ms * MS
    assert packet_samples(bytes([toc | 4, 1])) == frame_ms * MS  # stereo
    assert packet_samples(bytes([toc | 1, 1, 2])) == 2 * frame_ms * MS
    assert packet_samples(bytes([toc | 2, 1, 1, 2])) == 2 * frame_ms * MS
    for count in range(1, most + 1):
        assert packet_samples(bytes([toc | 3, count]) + bytes(count)) == count * frame_ms * MS
    with pytest.raises(BadPackets):
        packet_samples(bytes([toc | 3, most + 1]) + bytes(most + 1))


@pytest.mark.parametrize("config", range(32))
def test_a_decoder_counts_the_same(config: int) -> None:
    """What libopus makes of a packet has as many samples as are counted here."""
    packet = bytes([config << 3 | 3, 2, 1, 2])

    assert len(_decoded(with_length(packet))) == packet_samples(packet)


@pytest.mark.parametrize("samples", [0, 120, 360, 960, 960 + 480 + 240 + 120, 48_000])
def test_silence_is_silent_and_has_its_length(samples: int) -> None:
    """A gap sounds like nothing, and is not a sample longer or shorter than what it stands for."""
    assert _decoded(silence(samples)) == [0] * samples


def test_silence_off_the_grid_is_refused() -> None:
    """No packets last 100 samples."""
    with pytest.raises(ValueError, match="120"):
        silence(100)
