"""Counter audio is exact, so that any tester can make it."""

from __future__ import annotations

import struct

import pytest

from contract.opus import packet_samples
from local_stack.recognisers.counter_audio import counter_audio, counter_number, counter_packet


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000])
def test_frames_follow_the_written_layout(rate_hz: int) -> None:
    """Mark, low fifteen bits, high fifteen bits, zeros: 20 ms a frame, little-endian."""
    expected = b"".join(
        struct.pack("<hhh", 23130, n & 0x7FFF, (n >> 15) & 0x7FFF) + bytes(2 * (rate_hz // 50 - 3))
        for n in range(32_766, 32_770)
    )

    assert counter_audio(rate_hz, first_frame=32_766, frames=4) == expected


def test_no_frames_are_no_audio() -> None:
    """An empty stretch is empty, not an error."""
    assert counter_audio(16_000, first_frame=5, frames=0) == b""


@pytest.mark.parametrize("number", [0, 7, 0x5A5A, 1 << 20])
def test_packets_carry_their_number(number: int) -> None:
    """TOC, the mark twice, the number: a whole Opus packet of 20 ms."""
    packet = counter_packet(number)

    assert packet == b"\x78\x5a\x5a\x5a\x5a" + number.to_bytes(4, "little")
    assert packet_samples(packet) == 960
    assert counter_number(packet) == number


@pytest.mark.parametrize(
    "packet", [b"", b"\x78" * 9, counter_packet(1) + b"\0", b"\xf8" + counter_packet(1)[1:]]
)
def test_other_packets_have_no_number(packet: bytes) -> None:
    """What somebody said is never taken for a count."""
    assert counter_number(packet) is None
