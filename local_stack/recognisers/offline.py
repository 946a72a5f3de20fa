"""Recognise real speech on this machine: partials by a quick model, finals by a careful one. No network."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import cache, partial
from uuid import uuid4
from weakref import WeakSet

from local_stack.recognisers.belief import spoken_words
from local_stack.recognisers.crew import Crew
from local_stack.recognisers.ears import Ears
from local_stack.recognisers.interface import Emit, RecogniserFailed, Result, Word, text_of
from local_stack.recognisers.items import as_items, draft_items, is_loop, with_second_opinion, without_hyphens
from local_stack.recognisers.segmenter import Samples, Segmenter, Utterance
from local_stack.recognisers.speech_models import SpeechModels
from local_stack.recognisers.wheel_models import WheelModels

WRITERS = 2  # one job takes one core; the smallest machine has two


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
        self._ears = Ears(sample_rate_hz)
        self._hear: Callable[[Samples], float] | None = None
        self._segmenter = Segmenter()
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
        words = draft_items(text, start_s=utterance.speech_start_s, end_s=utterance.speech_end_s)
        if words:
            self._say(utterance, words, is_partial=True)

    def _write_final(self, utterance: Utterance) -> None:
        self._final_number = utterance.number
        draft = cache(partial(self._draft, utterance))  # most finals need no second opinion
        heard = spoken_words(self._models.phrases(utterance.samples), utterance, draft)
        heard = with_second_opinion(without_hyphens(heard), draft)
        # Whisper lets a first word begin with the silence before it; Silero knows when speech began.
        words = as_items(
            heard, offset_s=utterance.start_s, start_s=utterance.speech_start_s, end_s=utterance.end_s
        )
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
