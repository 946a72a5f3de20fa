"""Recognise real speech on this machine: partials by a quick model, finals by a careful one. No network."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from uuid import uuid4
from weakref import WeakSet

import numpy as np
import soxr

from contract.audio import BYTES_PER_SAMPLE
from local_stack.recognisers.belief import spoken_words
from local_stack.recognisers.crew import Crew
from local_stack.recognisers.interface import Emit, RecogniserFailed, Result, Word, text_of
from local_stack.recognisers.items import as_items, draft_items, is_loop, with_second_opinion, without_hyphens
from local_stack.recognisers.segmenter import (
    HEARING_RATE_HZ,
    WINDOW_SAMPLES,
    Samples,
    Segmenter,
    Utterance,
)
from local_stack.recognisers.speech_models import SpeechModels
from local_stack.recognisers.wheel_models import WheelModels

WRITERS = 2  # one job takes one core; the smallest machine has two
_FULL_SCALE = 32768.0


class OfflineRecogniser:
    """Hear one stream in three steps: listening cuts utterances, drafts and finals are written of them.

    `feed`, `finish` and `close` belong to the event loop's thread, as does everything that is emitted;
    the methods named `_listen...` run in the listener's thread, those named `_write...` in a writer's.
    A lane runs one job at a time, so that neither needs a lock.
    """

    def __init__(
        self, *, sample_rate_hz: int, emit: Emit, models: SpeechModels, listener: Crew, writers: Crew
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._emit = emit
        self._models = models
        self._listening = listener.lane(self._fail)
        self._writing = writers.lane(self._fail)
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._is_closed = False
        self._has_failed = False
        self._ears = _Ears(sample_rate_hz)
        self._hear: Callable[[Samples], float] | None = None
        self._segmenter = Segmenter()
        self._last_draft = _Draft(number=0, heard_until_s=0.0, text="")
        self._final_number = 0  # of the utterance last written as a final
        self._said_number = 0  # of the utterance that `_result_id` belongs to
        self._result_id = ""

    def feed(self, pcm: bytes) -> None:
        """Take more audio.

        Raises:
            RecogniserFailed: a model failed; the stream says no more.
        """
        if self._has_failed:
            raise RecogniserFailed
        if not self._is_closed:
            self._listening.must(partial(self._listen, pcm))

    async def finish(self) -> None:
        """Write what is left, then return.

        Raises:
            RecogniserFailed: a model failed; finals are missing.
        """
        if not self._is_closed:
            self._listening.must(self._listen_to_end)
            try:
                await self._ended
            finally:
                self.close()
        if self._has_failed:
            raise RecogniserFailed

    def close(self) -> None:
        """Drop what is not yet written; a running job ends unheard."""
        self._is_closed = True
        self._listening.close()
        self._writing.close()
        if not self._ended.done():
            self._ended.set_result(None)

    def _listen(self, pcm: bytes) -> None:
        if self._hear is None:
            self._hear = self._models.detector().probability
        for window in self._ears.windows(pcm):
            self._listen_to_window(window, self._hear(window))

    def _listen_to_window(self, window: Samples, probability: float) -> None:
        utterance = self._segmenter.hear(window, probability)
        if utterance is not None:
            self._writing.must(partial(self._write_final, utterance))
        elif (so_far := self._segmenter.draft()) is not None:
            self._writing.offer(partial(self._write_draft, so_far))

    def _listen_to_end(self) -> None:
        if self._hear is not None:
            for window in self._ears.last_windows():
                self._listen_to_window(window, self._hear(window))
        utterance = self._segmenter.end()
        if utterance is not None:
            self._writing.must(partial(self._write_final, utterance))
        self._writing.must(partial(self._on_loop, self._end))

    def _write_draft(self, utterance: Utterance) -> None:
        if utterance.number <= self._final_number:
            return  # overtaken by its own final
        text = self._draft(utterance)
        self._last_draft = _Draft(utterance.number, utterance.end_s, text)
        words = draft_items(text, start_s=utterance.speech_start_s, end_s=utterance.speech_end_s)
        if words:
            self._say(utterance, words, is_partial=True)

    def _write_final(self, utterance: Utterance) -> None:
        self._final_number = utterance.number
        draft = self._last_draft
        if draft.number != utterance.number or draft.heard_until_s < utterance.speech_end_s:
            draft = _Draft(utterance.number, utterance.end_s, self._draft(utterance))
        heard = spoken_words(self._models.phrases(utterance.samples), utterance, draft.text)
        heard = with_second_opinion(without_hyphens(heard), draft.text)
        words = as_items(heard, offset_s=utterance.start_s, end_s=utterance.end_s)
        if words or self._said_number == utterance.number:
            self._say(utterance, words, is_partial=False)

    def _draft(self, utterance: Utterance) -> str:
        text = self._models.draft(utterance.samples)
        return "" if is_loop(text) else text

    def _say(self, utterance: Utterance, words: tuple[Word, ...], *, is_partial: bool) -> None:
        if self._said_number != utterance.number:
            self._said_number = utterance.number
            self._result_id = str(uuid4())
        start_s = words[0].start_s if words else utterance.speech_start_s
        end_s = words[-1].end_s if words else utterance.speech_end_s
        result = Result(self._result_id, is_partial, start_s, end_s, text_of(words), words)
        self._on_loop(partial(self._emit_unless_closed, result))

    def _emit_unless_closed(self, result: Result) -> None:
        if not self._is_closed:
            self._emit(result)

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    def _fail(self) -> None:
        self._on_loop(self._stop_after_failure)

    def _stop_after_failure(self) -> None:
        self._has_failed = True
        self.close()

    def _on_loop(self, call: Callable[[], None]) -> None:
        # A loop that has closed meanwhile has nobody left to tell.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call)


class OfflineFactory:
    """Open recognisers over models that are loaded once, when first needed or by `warm_up`."""

    def __init__(self, models: SpeechModels | None = None) -> None:
        self._models = WheelModels(workers=WRITERS) if models is None else models
        self._listener = Crew(name="listener", workers=1)
        self._writers = Crew(name="writer", workers=WRITERS)
        self._open: WeakSet[OfflineRecogniser] = WeakSet()

    async def warm_up(self) -> None:
        """Load the models now, in a thread: about two seconds, and 400 MB."""
        await asyncio.to_thread(self._models.load)

    def open(self, *, sample_rate_hz: int, emit: Emit) -> OfflineRecogniser:
        """Open a recogniser for a stream of 16,000 to 48,000 Hz; call it on the event loop."""
        recogniser = OfflineRecogniser(
            sample_rate_hz=sample_rate_hz,
            emit=emit,
            models=self._models,
            listener=self._listener,
            writers=self._writers,
        )
        self._open.add(recogniser)
        return recogniser

    def close(self) -> None:
        """Close every stream and end the threads, waiting a second or so for a running job."""
        for recogniser in list(self._open):
            recogniser.close()
        self._listener.close()
        self._writers.close()


@dataclass(frozen=True, slots=True)
class _Draft:
    """The quick model's text of an utterance, as far as it was heard."""

    number: int
    heard_until_s: float
    text: str


class _Ears:
    """Turn PCM of any rate and cut into windows for the models."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._resampler = (
            None
            if sample_rate_hz == HEARING_RATE_HZ
            else soxr.ResampleStream(sample_rate_hz, HEARING_RATE_HZ, 1, dtype="float32")
        )
        self._odd = b""
        self._rest: Samples = np.zeros(0, np.float32)

    def windows(self, pcm: bytes) -> Iterator[Samples]:
        """Give the windows that this audio completes."""
        pcm = self._odd + pcm
        whole = len(pcm) - len(pcm) % BYTES_PER_SAMPLE
        self._odd = pcm[whole:]
        samples = np.frombuffer(pcm[:whole], dtype="<i2").astype(np.float32) / _FULL_SCALE
        return self._cut(samples, is_last=False)

    def last_windows(self) -> Iterator[Samples]:
        """Give what is left, filled up with silence to a whole window."""
        yield from self._cut(np.zeros(0, np.float32), is_last=True)
        if len(self._rest):
            yield np.pad(self._rest, (0, WINDOW_SAMPLES - len(self._rest)))

    def _cut(self, samples: Samples, *, is_last: bool) -> Iterator[Samples]:
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples, last=is_last)
        heard = np.concatenate([self._rest, samples])
        whole = len(heard) - len(heard) % WINDOW_SAMPLES
        self._rest = heard[whole:]
        yield from heard[:whole].reshape(-1, WINDOW_SAMPLES)
