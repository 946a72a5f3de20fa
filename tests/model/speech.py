"""Audio whose every sample says which word it belongs to, and a recogniser that reads it. Pure."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from streaming_task.core.results import RecognisedItem, RecognisedResult

RATE_HZ = 8000
WORD_SAMPLES = 4000
WORDS_A_FINAL = 5


def speech(start: int, end: int) -> bytes:
    """Make samples [start, end): word number n, and -n-1 in the word's last sample."""
    first = start // WORD_SAMPLES
    words = b"".join([_word(number) for number in range(first, -(-end // WORD_SAMPLES))])
    return words[2 * (start - first * WORD_SAMPLES) : 2 * (end - first * WORD_SAMPLES)]


@cache
def _word(number: int) -> bytes:
    return (array("h", [number]) * (WORD_SAMPLES - 1) + array("h", [-number - 1])).tobytes()


@dataclass
class ModelRecogniser:
    """Says a word when its last sample has come; closes a final after every fifth."""

    heard: int = 0
    _words: list[RecognisedItem] = field(default_factory=list)
    _results: int = 0

    def feed(self, data: bytes) -> list[RecognisedResult]:
        """Hear audio; give what there is to say."""
        said: list[RecognisedResult] = []
        samples = np.frombuffer(data, np.int16)
        for offset in np.flatnonzero(samples < 0).tolist():
            end_s = (self.heard + offset + 1) / RATE_HZ
            start_s = max(0.0, end_s - WORD_SAMPLES / RATE_HZ)
            number = -int(samples[offset]) - 1
            self._words.append(RecognisedItem(f"w{number:06d}", "word", start_s, end_s, 1.0, None))
            is_full = number % WORDS_A_FINAL == WORDS_A_FINAL - 1
            said.append(self._result(is_partial=not is_full))
        self.heard += len(samples)
        return said

    def finish(self) -> list[RecognisedResult]:
        """Close what is left."""
        return [self._result(is_partial=False)] if self._words else []

    def _result(self, *, is_partial: bool) -> RecognisedResult:
        words = tuple(self._words)
        result = RecognisedResult(
            result_id=f"r{self._results}",
            is_partial=is_partial,
            start_s=words[0].start_s,
            end_s=words[-1].end_s,
            text=" ".join(word.text for word in words),
            items=words,
            entities=(),
        )
        if not is_partial:
            self._words = []
            self._results += 1
        return result
