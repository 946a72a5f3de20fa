"""Audio that says which word it belongs to, in samples or in packets, and a recogniser that reads it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from contract.audio import Encoding
from contract.opus import packets_in
from streaming_task.core.coding import PCM, Coding, OpusCoding
from streaming_task.core.results import RecognisedItem, RecognisedResult
from tests.fakes.opus import PACKET_SAMPLES, packet_number, packets

WORD_S = 0.5
WORD_SAMPLES = 4000  # of PCM
WORD_PACKETS = 25
WORDS_A_FINAL = 5


@dataclass(frozen=True, slots=True)
class Medium:
    """What the audio of a session is."""

    encoding: Encoding
    coding: Coding
    rate_hz: int
    speech: Callable[[int, int], bytes]  # samples [start, end)
    words: Callable[
        [bytes], Iterable[tuple[int, int]]
    ]  # that end in the audio: after how many samples, number


def _samples(start: int, end: int) -> bytes:
    """Make samples [start, end): word number n, and -n-1 in the word's last sample."""
    first = start // WORD_SAMPLES
    words = b"".join([_word(number) for number in range(first, -(-end // WORD_SAMPLES))])
    return words[2 * (start - first * WORD_SAMPLES) : 2 * (end - first * WORD_SAMPLES)]


def _words_of_samples(data: bytes) -> Iterable[tuple[int, int]]:
    samples = np.frombuffer(data, np.int16)
    return [(offset + 1, -int(samples[offset]) - 1) for offset in np.flatnonzero(samples < 0).tolist()]


def _packets(start: int, end: int) -> bytes:
    """Make the packets of samples [start, end), each with its number."""
    return packets(start // PACKET_SAMPLES, (end - start) // PACKET_SAMPLES)


def _words_of_packets(data: bytes) -> Iterable[tuple[int, int]]:
    at = 0
    for packet, samples in packets_in(data):
        at += samples
        number = packet_number(packet)
        if number % WORD_PACKETS == WORD_PACKETS - 1:
            yield at, number // WORD_PACKETS


SAMPLES = Medium(Encoding.PCM, PCM, 8_000, _samples, _words_of_samples)
PACKETS = Medium(Encoding.OPUS, OpusCoding(lambda _: True), 48_000, _packets, _words_of_packets)


@cache
def _word(number: int) -> bytes:
    return (array("h", [number]) * (WORD_SAMPLES - 1) + array("h", [-number - 1])).tobytes()


@dataclass
class ModelRecogniser:
    """Says a word when its last sample has come; closes a final after every fifth."""

    medium: Medium
    heard: int = 0
    _words: list[RecognisedItem] = field(default_factory=list)
    _results: int = 0

    def feed(self, data: bytes) -> list[RecognisedResult]:
        """Hear audio; give what there is to say."""
        said: list[RecognisedResult] = []
        for after, number in self.medium.words(data):
            end_s = (self.heard + after) / self.medium.rate_hz
            start_s = max(0.0, end_s - WORD_S)
            self._words.append(RecognisedItem(f"w{number:06d}", "word", start_s, end_s, 1.0, None))
            is_full = number % WORDS_A_FINAL == WORDS_A_FINAL - 1
            said.append(self._result(is_partial=not is_full))
        self.heard += self.medium.coding.samples(data)
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
