"""Make counter audio: speech that a test can count. Pure; the scripted recogniser reads it back.

As PCM a frame is 20 ms of samples. As Opus, which keeps no sample as it was, it is a packet of 20 ms that has
the mark and the number where a decoder would look for sound; Transcribe's stand-in makes the frame of it.
"""

from __future__ import annotations

import struct

import numpy as np

FRAMES_PER_S = 50  # frames of 20 ms
MARK = 23130  # sample 0 of every frame; both of its bytes are 0x5A
COUNTER_BITS = 15  # a sample of the number, kept positive
COUNTER_MASK = (1 << COUNTER_BITS) - 1
HEADER_SAMPLES = 3  # mark, low bits, high bits; the others are 0
_PACKET = struct.Struct("<BHHI")  # TOC, the mark twice, the number
_TOC = 0x78  # hybrid, fullband, 20 ms, mono, one frame


def frame_samples(rate_hz: int) -> int:
    """Count the samples of one frame at that rate."""
    return rate_hz // FRAMES_PER_S


def counter_audio(rate_hz: int, first_frame: int, frames: int) -> bytes:
    """Give `frames` frames of counter audio from number `first_frame` on, as signed 16-bit little-endian."""
    numbers = np.arange(first_frame, first_frame + frames, dtype=np.int64)
    samples = np.zeros((frames, frame_samples(rate_hz)), dtype="<i2")
    samples[:, 0] = MARK
    samples[:, 1] = numbers & COUNTER_MASK
    samples[:, 2] = (numbers >> COUNTER_BITS) & COUNTER_MASK
    return samples.tobytes()


def counter_packet(number: int) -> bytes:
    """Give the Opus packet of counter audio with that number."""
    return _PACKET.pack(_TOC, MARK, MARK, number)


def counter_number(packet: bytes) -> int | None:
    """Give the number of a packet of counter audio; None: it is none."""
    if len(packet) != _PACKET.size:
        return None
    toc, mark, again, number = _PACKET.unpack(packet)
    return int(number) if (toc, mark, again) == (_TOC, MARK, MARK) else None
