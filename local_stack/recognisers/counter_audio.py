"""Make counter audio: speech that a test can count. Pure; the scripted recogniser reads it back."""

from __future__ import annotations

import numpy as np

FRAMES_PER_S = 50  # frames of 20 ms
MARK = 23130  # sample 0 of every frame; both of its bytes are 0x5A
COUNTER_BITS = 15  # a sample of the number, kept positive
COUNTER_MASK = (1 << COUNTER_BITS) - 1
HEADER_SAMPLES = 3  # mark, low bits, high bits; the others are 0


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
