"""Audio arithmetic: qualities, and samples to bytes to milliseconds. Pure."""

from __future__ import annotations

from enum import StrEnum

BYTES_PER_SAMPLE = 2  # signed 16-bit little-endian, mono
TRANSCRIBE_MIN_RATE_HZ = 16_000  # Transcribe Medical takes 16-48 kHz
TRANSCRIBE_MAX_RATE_HZ = 48_000

Range = tuple[int, int]  # samples of a session, from the first to before the second
Ranges = tuple[Range, ...]


class Encoding(StrEnum):
    """How the audio of a session is coded on the wire."""

    PCM = "pcm"
    OPUS = "opus"


class Quality(StrEnum):
    """The three levels a user can choose."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


PCM_RATE_HZ = {Quality.LOW: 8_000, Quality.MEDIUM: 16_000, Quality.HIGH: 48_000}
OPUS_RATE_HZ = 48_000  # an Opus session's clock, whatever its bit rate
OPUS_BITS_PER_S = {Quality.LOW: 16_000, Quality.MEDIUM: 32_000, Quality.HIGH: 96_000}


def session_rate_hz(encoding: Encoding, quality: Quality) -> int:
    """Give the rate of a session's clock in samples per second."""
    return PCM_RATE_HZ[quality] if encoding is Encoding.PCM else OPUS_RATE_HZ


def transcribe_rate_hz(session_hz: int) -> int:
    """Give the rate at which Transcribe Medical hears a session of that rate."""
    return max(session_hz, TRANSCRIBE_MIN_RATE_HZ)


def samples_in(byte_count: int) -> int:
    """Count the PCM samples in whole bytes.

    Raises:
        ValueError: half a sample would be left over.
    """
    if byte_count % BYTES_PER_SAMPLE:
        raise ValueError("PCM audio must have an even number of bytes")
    return byte_count // BYTES_PER_SAMPLE


def bytes_in(samples: int) -> int:
    """Count the bytes of PCM samples."""
    return samples * BYTES_PER_SAMPLE


def to_ms(samples: int, rate_hz: int) -> int:
    """Turn a sample index into milliseconds, rounded to the nearest."""
    return (samples * 1000 + rate_hz // 2) // rate_hz


def from_seconds(seconds: float, rate_hz: int) -> int:
    """Turn seconds into a sample count, rounded to the nearest."""
    return round(seconds * rate_hz)
