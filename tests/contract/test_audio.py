"""Audio arithmetic is exact: what is rounded here would drift over half an hour."""

from __future__ import annotations

import pytest

from contract import audio
from contract.audio import Encoding, Quality


@pytest.mark.parametrize(
    ("encoding", "quality", "rate_hz"),
    [
        (Encoding.PCM, Quality.LOW, 8_000),
        (Encoding.PCM, Quality.MEDIUM, 16_000),
        (Encoding.PCM, Quality.HIGH, 48_000),
        (Encoding.OPUS, Quality.LOW, 48_000),
        (Encoding.OPUS, Quality.HIGH, 48_000),
    ],
)
def test_each_quality_has_one_clock(encoding: Encoding, quality: Quality, rate_hz: int) -> None:
    """The rate follows from encoding and quality alone."""
    assert audio.session_rate_hz(encoding, quality) == rate_hz


def test_transcribe_never_hears_less_than_16_khz() -> None:
    """Transcribe Medical refuses 8 kHz, so a low session is heard at 16 kHz."""
    assert [audio.transcribe_rate_hz(rate) for rate in (8_000, 16_000, 48_000)] == [16_000, 16_000, 48_000]


def test_half_a_sample_is_refused() -> None:
    """An odd number of bytes cannot be PCM."""
    with pytest.raises(ValueError, match="even"):
        audio.samples_in(3)


def test_times_round_to_the_nearest() -> None:
    """Samples, milliseconds and seconds agree to half a unit."""
    assert audio.to_ms(8, 16_000) == 1  # 0.5 ms
    assert audio.to_ms(16_000 * 1800, 16_000) == 1_800_000
    assert audio.from_seconds(0.1, 48_000) == 4_800
    assert audio.bytes_in(audio.samples_in(640)) == 640
