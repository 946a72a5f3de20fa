"""Read counter audio back as numbered words, so a test knows each word that must come. Pure: no clock."""

from __future__ import annotations

import struct
from collections.abc import Callable
from uuid import uuid4

from contract.audio import BYTES_PER_SAMPLE
from local_stack.recognisers.counter_audio import (
    COUNTER_BITS,
    COUNTER_MASK,
    HEADER_SAMPLES,
    MARK,
    frame_samples,
)
from local_stack.recognisers.interface import Emit, Result, Word, text_of

FRAMES_PER_WORD = 25
WORD_S = 0.5
WORDS_PER_FINAL = 5
_HEADER = struct.Struct("<hhh")
_HEADER_BYTES = HEADER_SAMPLES * BYTES_PER_SAMPLE
_MARK_BYTES = struct.pack("<h", MARK)


def _new_result_id() -> str:
    return str(uuid4())


class FrameFinder:
    """Cut a byte stream into counter frames, finding the mark again whenever a frame lacks it."""

    def __init__(self, rate_hz: int) -> None:
        self._frame_bytes = frame_samples(rate_hz) * BYTES_PER_SAMPLE
        self._zeros = bytes(self._frame_bytes - _HEADER_BYTES)
        self._held = bytearray()
        self._dropped_bytes = 0  # of the stream, before `_held`
        self._in_step = False

    def feed(self, pcm: bytes) -> list[tuple[int, int]]:
        """Give (frame number, its end in bytes from the start of the stream) for each frame now whole."""
        held = self._held
        held += pcm
        frames: list[tuple[int, int]] = []
        at = 0
        while True:
            if not (self._in_step and held.startswith(_MARK_BYTES, at)):
                if self._in_step and len(held) - at < len(_MARK_BYTES):
                    break  # too little has come to say that this frame lacks its mark
                at = self._search(at)
                if not self._in_step:
                    break
            if len(held) - at < self._frame_bytes:
                break
            _, low, high = _HEADER.unpack_from(held, at)
            at += self._frame_bytes
            number = (low & COUNTER_MASK) | (high & COUNTER_MASK) << COUNTER_BITS
            frames.append((number, self._dropped_bytes + at))
        del held[:at]
        self._dropped_bytes += at
        return frames

    def _search(self, at: int) -> int:
        """Find a whole frame from `at` on and be in step there; else say what must be held for the next feed.

        A number may look like the mark, so the zeros that follow it must be there too: cut anywhere else,
        a frame would hold the next one's mark among them.
        """
        self._in_step = False
        held = self._held
        while (found := held.find(_MARK_BYTES, at)) >= 0:
            if len(held) - found < self._frame_bytes:
                return found
            if held.startswith(self._zeros, found + _HEADER_BYTES):
                self._in_step = True
                return found
            at = found + 1
        return max(at, len(held) - len(_MARK_BYTES) + 1)


class ScriptedRecogniser:
    """Say `w000000 w000001 ...` as the numbered audio comes."""

    def __init__(
        self, *, sample_rate_hz: int, emit: Emit, new_result_id: Callable[[], str] = _new_result_id
    ) -> None:
        self._bytes_per_s = sample_rate_hz * BYTES_PER_SAMPLE
        self._emit = emit
        self._new_result_id = new_result_id
        self._finder = FrameFinder(sample_rate_hz)
        self._result_id = new_result_id()
        self._words: list[Word] = []
        self._is_open = True

    def feed(self, pcm: bytes) -> None:
        """Take more audio and emit each word that it completes."""
        if not self._is_open:
            return
        for number, end_bytes in self._finder.feed(pcm):
            if number % FRAMES_PER_WORD == FRAMES_PER_WORD - 1:
                self._say(number // FRAMES_PER_WORD, end_bytes / self._bytes_per_s)

    async def finish(self) -> None:
        """Close what is left as a final."""
        if self._is_open:
            self._close_final()
            self._is_open = False

    def close(self) -> None:
        """Drop what is left."""
        self._is_open = False
        self._words.clear()

    def _say(self, number: int, end_s: float) -> None:
        start_s = max(0.0, end_s - WORD_S)  # a stream may begin within a word
        self._words.append(Word(f"w{number:06d}", "pronunciation", start_s, end_s, confidence=1.0))
        self._emit(self._result(is_partial=True))
        if number % WORDS_PER_FINAL == WORDS_PER_FINAL - 1:
            self._close_final()

    def _close_final(self) -> None:
        if not self._words:
            return
        final = self._result(is_partial=False)
        self._words.clear()
        self._result_id = self._new_result_id()
        self._emit(final)

    def _result(self, *, is_partial: bool) -> Result:
        words = tuple(self._words)
        return Result(self._result_id, is_partial, words[0].start_s, words[-1].end_s, text_of(words), words)


class ScriptedFactory:
    """Open scripted recognisers; they share nothing."""

    def open(self, *, sample_rate_hz: int, emit: Emit) -> ScriptedRecogniser:
        """Open a recogniser of counter audio at that rate."""
        return ScriptedRecogniser(sample_rate_hz=sample_rate_hz, emit=emit)

    async def warm_up(self) -> None:
        """Nothing is loaded, so nothing is warmed."""

    def close(self) -> None:
        """Nothing is shared, so nothing is given back."""
