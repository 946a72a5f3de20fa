"""Resampled audio has exactly its samples, whatever the chunks it came in."""

from __future__ import annotations

import numpy as np
import pytest

from streaming_task.adapters.resampler_soxr import SoxrResampler

RATE_HZ = 8_000


def noise(samples: int) -> bytes:
    """Make loud noise."""
    return np.random.default_rng(7).integers(-32_768, 32_768, samples).astype("<i2").tobytes()


def resampled(pcm: bytes, chunk_bytes: int) -> bytes:
    """Resample in chunks of one size."""
    resampler = SoxrResampler(RATE_HZ, 2 * RATE_HZ)
    out = [resampler.push(pcm[at : at + chunk_bytes]) for at in range(0, len(pcm), chunk_bytes)]
    return b"".join([*out, resampler.flush()])


@pytest.mark.parametrize("samples", [0, 1, 159, 1_600, 8_017])
@pytest.mark.parametrize("chunk_bytes", [2, 98, 3_200, 1 << 20])
def test_twice_the_rate_is_twice_the_samples(samples: int, chunk_bytes: int) -> None:
    """Times in the transcript are counted in samples: none may be lost or made."""
    assert len(resampled(noise(samples), chunk_bytes)) == 2 * 2 * samples


def test_chunks_do_not_change_the_result() -> None:
    """A stream that is reopened from stored audio hears the same, byte for byte."""
    pcm = noise(8_017)

    assert resampled(pcm, 2) == resampled(pcm, 3_200) == resampled(pcm, 1 << 20)


def test_a_tone_stays_the_tone() -> None:
    """440 Hz at a known loudness come out as just that."""
    times = np.arange(RATE_HZ * 2)
    tone = (10_000 * np.sin(2 * np.pi * 440 * times / RATE_HZ)).astype("<i2").tobytes()

    heard = np.frombuffer(resampled(tone, 3_200), "<i2").astype(float)

    expected = 10_000 * np.sin(2 * np.pi * 440 * np.arange(len(heard)) / (2 * RATE_HZ))
    middle = slice(2_000, -2_000)
    assert np.abs(heard - expected)[middle].max() < 20


def test_full_scale_does_not_wrap_around() -> None:
    """Overshoot of the filter is cut, not turned into a click."""
    square = np.where(np.arange(8_000) // 40 % 2, 32_767, -32_768).astype("<i2")

    heard = np.frombuffer(resampled(square.tobytes(), 3_200), "<i2").astype(int)

    signs = np.repeat(np.sign(square.astype(int)), 2)
    assert (np.sign(heard) == signs)[200:-200].mean() > 0.98


def test_half_a_sample_is_refused() -> None:
    """It would shift every sample after it."""
    with pytest.raises(ValueError, match="buffer size"):
        SoxrResampler(RATE_HZ, 2 * RATE_HZ).push(b"\x00\x00\x00")
