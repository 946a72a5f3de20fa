"""Counter audio is exact, so that any tester can make it."""

from __future__ import annotations

import struct

import pytest

from local_stack.recognisers.counter_audio import counter_audio


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
