"""Cut a stream into utterances by the speech probability of its windows. Pure: no model, no clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

HEARING_RATE_HZ = 16_000  # what Silero, Moonshine and Whisper hear
WINDOW_SAMPLES = 512  # Silero's window, 32 ms
WINDOW_S = WINDOW_SAMPLES / HEARING_RATE_HZ

_SPEECH = 0.5  # Silero's own threshold for the start of speech
_STILL_SPEECH = 0.35  # and for its end: a word's tail fades
_LEAD_WINDOWS = 16  # half a second before the first speech: a word's first consonant is soft
_TAIL_WINDOWS = 8  # a quarter second after the last speech
_LONGEST_WINDOWS = 375  # 12 s: a final must come within 3 s of the last word, whatever the length
_CUT_SEARCH_WINDOWS = 47  # a cut without a pause is made at the quietest place of the last 1.5 s
# The longer an utterance, the shorter the pause that ends it: (from this length on, this pause).
_ENDING_PAUSE_WINDOWS = ((250, 3), (187, 6), (0, 16))  # 8 s: 0.1 s; 6 s: 0.2 s; else half a second
_CUT_SMOOTHING_WINDOWS = 5
_LEAST_SPEECH_WINDOWS = 4  # 0.13 s; less is a click
_DRAFT_SPEECH_WINDOWS = 8  # 0.26 s of speech are worth a first draft


@dataclass(frozen=True, slots=True)
class Utterance:
    """Consecutive audio with speech in it, and where in the stream it lies."""

    number: int
    start_s: float
    samples: Samples  # at HEARING_RATE_HZ, -1 to 1
    speech_start_s: float
    speech_end_s: float
    probabilities: tuple[float, ...]  # of speech, one a window

    @property
    def end_s(self) -> float:
        """Give the end in seconds from the start of the stream."""
        return self.start_s + len(self.samples) / HEARING_RATE_HZ


class Segmenter:
    """Collect windows into utterances: ended by a pause, cut where long, and no speech dropped at a cut."""

    def __init__(self) -> None:
        self._heard_windows = 0
        self._number = 0
        self._lead: deque[tuple[Samples, float]] = deque(maxlen=_LEAD_WINDOWS)
        self._windows: list[tuple[Samples, float]] = []  # of the open utterance; empty between utterances
        self._quiet_windows = 0
        self._draft_due_windows = 0

    def hear(self, window: Samples, probability: float) -> Utterance | None:
        """Take the next window and the probability that it holds speech; give the utterance that it ends."""
        self._heard_windows += 1
        if not self._windows:
            self._lead.append((window, probability))
            if probability > _SPEECH:
                self._begin(list(self._lead))
            return None
        self._windows.append((window, probability))
        self._quiet_windows = 0 if probability > _STILL_SPEECH else self._quiet_windows + 1
        length = len(self._windows)
        if self._quiet_windows >= _ending_pause(length):
            return self._end_after_pause()
        if length >= _LONGEST_WINDOWS:
            return self._cut()
        return None

    def draft(self) -> Utterance | None:
        """Give the open utterance so far if it is worth another draft; asking puts the next one off."""
        length = len(self._windows)
        if self._quiet_windows or length < self._draft_due_windows:
            return None  # in a pause the final is near
        if sum(p > _SPEECH for _, p in self._windows) < _DRAFT_SPEECH_WINDOWS:
            return None
        # A draft hears the whole utterance again, so long ones are drafted less often.
        self._draft_due_windows = length + max(12, length // 10)
        return self._utterance(self._windows)

    def end(self) -> Utterance | None:
        """End the stream; give what is open."""
        return self._close(len(self._windows)) if self._windows else None

    def _begin(self, windows: list[tuple[Samples, float]]) -> None:
        self._lead.clear()
        self._windows = windows
        self._number += 1
        self._draft_due_windows = 0
        self._quiet_windows = 0
        for _, probability in windows:
            self._quiet_windows = 0 if probability > _STILL_SPEECH else self._quiet_windows + 1

    def _end_after_pause(self) -> Utterance | None:
        return self._close(len(self._windows) - max(0, self._quiet_windows - _TAIL_WINDOWS))

    def _cut(self) -> Utterance | None:
        """End a long utterance at its quietest place; what follows begins the next."""
        tail = self._windows[-_CUT_SEARCH_WINDOWS:]
        loudness = np.array([float(np.sqrt(np.mean(window**2))) for window, _ in tail])
        speech = np.array([probability for _, probability in tail])
        noise = speech + 0.5 * loudness / (loudness.mean() + 1e-9)
        smooth = np.convolve(noise, np.ones(_CUT_SMOOTHING_WINDOWS), mode="valid")
        quietest = int(np.argmin(smooth)) + _CUT_SMOOTHING_WINDOWS // 2
        return self._close(len(self._windows) - len(tail) + quietest + 1)

    def _close(self, length: int) -> Utterance | None:
        utterance = self._utterance(self._windows[:length])
        rest = self._windows[length:]
        self._windows = []
        if any(probability > _SPEECH for _, probability in rest):
            self._begin(rest)
        else:
            self._lead.extend(rest)
        spoken = sum(probability > _SPEECH for probability in utterance.probabilities)
        return utterance if spoken >= _LEAST_SPEECH_WINDOWS else None

    def _utterance(self, windows: list[tuple[Samples, float]]) -> Utterance:
        start = self._heard_windows - len(self._windows)
        spoken = [at for at, (_, probability) in enumerate(windows) if probability > _STILL_SPEECH]
        first, last = (spoken[0], spoken[-1]) if spoken else (0, len(windows) - 1)
        return Utterance(
            number=self._number,
            start_s=start * WINDOW_S,
            samples=np.concatenate([window for window, _ in windows]),
            speech_start_s=(start + first) * WINDOW_S,
            speech_end_s=(start + last + 1) * WINDOW_S,
            probabilities=tuple(probability for _, probability in windows),
        )


def _ending_pause(length_windows: int) -> int:
    return next(pause for least, pause in _ENDING_PAUSE_WINDOWS if length_windows >= least)
