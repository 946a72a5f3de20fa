"""A microphone that hears counter audio as time passes, and where its words end. Pure: time arrives."""

from __future__ import annotations

from local_stack.recognisers.counter_audio import FRAMES_PER_S, counter_audio, frame_samples
from local_stack.recognisers.scripted import FRAMES_PER_WORD


class CounterMicrophone:
    """Gives every frame once, in time with the clock however seldom it is asked."""

    def __init__(self, rate_hz: int, seconds: float) -> None:
        self._rate_hz = rate_hz
        self._frames = round(seconds * FRAMES_PER_S)
        self._given = 0

    @property
    def is_silent(self) -> bool:
        """Tell whether all was given."""
        return self._given >= self._frames

    def heard_by(self, elapsed_s: float) -> bytes:
        """Give the frames that are whole so long after the beginning and were not given yet."""
        whole = min(self._frames, int(elapsed_s * FRAMES_PER_S))
        if whole <= self._given:
            return b""
        pcm = counter_audio(self._rate_hz, self._given, whole - self._given)
        self._given = whole
        return pcm


def word_end(number: int, rate_hz: int) -> int:
    """Give the sample before which counter word `number` has come whole."""
    return (number + 1) * FRAMES_PER_WORD * frame_samples(rate_hz)


def words_of(samples: int, rate_hz: int) -> list[str]:
    """Name the words that so many samples of counter audio hold."""
    return [f"w{number:06d}" for number in range(samples // (FRAMES_PER_WORD * frame_samples(rate_hz)))]
