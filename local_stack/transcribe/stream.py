"""One stream: check its events, hear its audio, say what was heard, and go wrong when told to.

It knows nothing of HTTP/2: what it says goes through an `Outlet`. One owner, the `Account`, opens it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from local_stack.recognisers.interface import Recogniser, RecogniserFactory, Result
from local_stack.transcribe.eventstream import Malformed, Reader, read_one, write_event, write_exception
from local_stack.transcribe.faults import Faults
from local_stack.transcribe.limits import Limits
from local_stack.transcribe.ogg_opus import RATE_HZ as OPUS_RATE_HZ
from local_stack.transcribe.ogg_opus import BadOgg, OggOpusDecoder
from local_stack.transcribe.parameters import StreamParameters
from local_stack.transcribe.refusal import Refusal
from local_stack.transcribe.signature import EventChain
from local_stack.transcribe.transcript import transcript_event

BYTES_PER_SAMPLE = 2
MAX_EVENT_BYTES = 32 * 1024  # AudioEvent: "The maximum audio chunk size is 32 KB"
MAX_EVENT_S = 1.0
TOO_BIG = "Your stream is too big. Reduce the frame size and try your request again."
log = logging.getLogger(__name__)


class Outlet(Protocol):
    """Where a stream's answers go."""

    def send(self, data: bytes) -> None:
        """Send bytes of the response's body."""
        ...

    def end(self) -> None:
        """End the response in good order."""
        ...

    def reset(self) -> None:
        """End the stream with RST_STREAM."""
        ...


@dataclass(frozen=True, slots=True)
class _Saying:
    """Something to say, not before its time; None is the end."""

    due_s: float
    data: bytes | None


class Stream:
    """One client's stream from its headers to its end."""

    def __init__(
        self,
        *,
        parameters: StreamParameters,
        chain: EventChain,
        outlet: Outlet,
        recognisers: RecogniserFactory,
        limits: Limits,
        faults: Faults,
        counts: Counter[str],
        on_closed: Callable[[Stream], None],
    ) -> None:
        self.parameters = parameters
        self.is_open = True
        self.words = 0
        self._samples = 0
        self._chain = chain
        self._outlet = outlet
        self._limits = limits
        self._faults = faults
        self._counts = counts
        self._on_closed = on_closed
        self._loop = asyncio.get_running_loop()
        self._reader = Reader()
        self._opus = OggOpusDecoder() if parameters.encoding == "ogg-opus" else None
        self._rate_hz = OPUS_RATE_HZ if self._opus else parameters.sample_rate_hz
        self._recogniser: Recogniser = recognisers.open(sample_rate_hz=self._rate_hz, emit=self._hear)
        self._has_audio = False
        self._is_ending = False
        self._last_audio_s = self._loop.time()
        # Unbounded in itself, but what it holds is what one stream said during a delay or a hang.
        self._sayings: deque[_Saying] = deque()
        self._saying_timer: asyncio.TimerHandle | None = None
        self._finishing: asyncio.Task[None] | None = None
        self._silence = self._loop.call_later(limits.silence_s, self._check_silence)
        self._age = self._loop.call_later(limits.stream_s, self._outlive)
        self._fault_timers: list[asyncio.TimerHandle] = []
        self.obey(faults)

    @property
    def seconds(self) -> float:
        """Give the audio heard so far."""
        return self._samples / self._rate_hz

    # -- from the client ------------------------------------------------------------------------------

    def take(self, data: bytes) -> None:
        """Take bytes of the request's body."""
        if not self.is_open:
            return
        try:
            for headers, payload in self._reader.feed(data):
                self._chain.check(headers, payload)
                if payload:
                    self._take_event(payload)
                else:
                    self.client_ended()
                if not self.is_open:
                    return
        except Refusal as refusal:
            self.fail(refusal.name, refusal.message)
        except Malformed:
            self.fail("BadRequestException", "The event stream could not be decoded.")

    def client_ended(self) -> None:
        """Say what is left, then end; once, though told twice (an empty event, then END_STREAM)."""
        if not self.is_open or self._is_ending:
            return
        self._is_ending = True
        self._silence.cancel()
        self._finishing = self._loop.create_task(self._recogniser.finish(), name="transcribe-finish")
        self._finishing.add_done_callback(self._finished)

    def client_gone(self) -> None:
        """Forget the stream: its client reset it, or its connection is gone."""
        self._close("client_gone")

    def _take_event(self, payload: bytes) -> None:
        headers, audio = read_one(payload)
        if (headers.get(":message-type"), headers.get(":event-type")) != ("event", "AudioEvent"):
            raise Refusal("BadRequestException", "Only AudioEvent is taken.")
        if self._is_ending:
            raise Refusal("BadRequestException", "Audio after the end of the audio.")
        most = MAX_EVENT_BYTES
        if self._opus is None:
            most = min(most, int(MAX_EVENT_S * self._rate_hz) * BYTES_PER_SAMPLE)
        if len(audio) > most:
            raise Refusal("BadRequestException", TOO_BIG)
        self._counts["audio_events"] += 1
        self._last_audio_s = self._loop.time()
        if self._faults.exception is not None and not self._has_audio:
            self.fail_on_purpose(self._faults.exception)
            return
        self._has_audio = True
        if self._opus is not None:
            try:
                audio = self._opus.feed(audio)
            except BadOgg as error:
                raise Refusal(
                    "BadRequestException", "The audio is not in the media encoding given."
                ) from error
        self._samples += len(audio) // BYTES_PER_SAMPLE
        self._recogniser.feed(audio)

    # -- to the client --------------------------------------------------------------------------------

    def _hear(self, result: Result) -> None:
        if not self.is_open:
            return
        self._counts["results"] += 1
        if not result.is_partial:
            self.words += sum(word.kind == "pronunciation" for word in result.words)
        body = transcript_event(
            result,
            has_speaker_labels=self.parameters.has_speaker_labels,
            identifies_phi=self.parameters.identifies_phi,
        )
        self._say(write_event("TranscriptEvent", body))

    def _finished(self, finishing: asyncio.Task[None]) -> None:
        if finishing.cancelled() or not self.is_open:
            return
        error = finishing.exception()
        if error is None:
            self._say(None)
        else:
            log.error(
                "recogniser failed session_id=%s code=%s", self.parameters.session_id, type(error).__name__
            )
            self.fail("InternalFailureException", "A problem occurred while processing the audio.")

    def _say(self, data: bytes | None) -> None:
        self._sayings.append(_Saying(self._loop.time() + self._faults.delay_ms / 1000, data))
        self._say_what_is_due()

    def _say_what_is_due(self) -> None:
        if self._saying_timer is not None:
            self._saying_timer.cancel()
            self._saying_timer = None
        while self._sayings and self.is_open and not self._faults.hang:
            saying = self._sayings[0]
            wait_s = saying.due_s - self._loop.time()
            if wait_s > 0:
                self._saying_timer = self._loop.call_later(wait_s, self._say_what_is_due)
                return
            self._sayings.popleft()
            if saying.data is None:
                self._outlet.end()
                self._close("ended")
            else:
                self._outlet.send(saying.data)

    def fail(self, name: str, message: str) -> None:
        """Send an exception, which ends the stream."""
        if not self.is_open:
            return
        self._outlet.send(write_exception(name, message))
        self._outlet.end()
        self._close(name)

    # -- limits and faults ----------------------------------------------------------------------------

    def obey(self, faults: Faults) -> None:
        """Let a new set of faults act from now on."""
        self._faults = faults
        for timer in self._fault_timers:
            timer.cancel()
        self._fault_timers.clear()
        if faults.reset_every_s > 0:
            self._fault_timers.append(self._loop.call_later(faults.reset_every_s, self._reset_on_purpose))
        if faults.close_clean_every_s > 0:
            self._fault_timers.append(
                self._loop.call_later(faults.close_clean_every_s, self._close_on_purpose)
            )
        if faults.exception is not None and self._has_audio:
            self.fail_on_purpose(faults.exception)
        self._say_what_is_due()

    def fail_on_purpose(self, name: str) -> None:
        """Send an exception that a fault asks for."""
        self._counts["faults_exception"] += 1
        self.fail(name, "This was asked for through the fault controls.")

    def _reset_on_purpose(self) -> None:
        self._counts["faults_reset"] += 1
        self._close("reset_on_purpose")
        self._outlet.reset()

    def _close_on_purpose(self) -> None:
        self._counts["faults_close_clean"] += 1
        self._outlet.end()
        self._close("closed_on_purpose")

    def _check_silence(self) -> None:
        left_s = self._last_audio_s + self._limits.silence_s - self._loop.time()
        if left_s > 0:
            self._silence = self._loop.call_later(left_s, self._check_silence)
            return
        self.fail(
            "BadRequestException",
            "Your request timed out because no new audio was received for "
            f"{self._limits.silence_s:g} seconds.",
        )

    def _outlive(self) -> None:
        self.fail("LimitExceededException", "The stream has reached the maximum duration.")

    def _close(self, how: str) -> None:
        if not self.is_open:
            return
        self.is_open = False
        for timer in (self._silence, self._age, self._saying_timer, *self._fault_timers):
            if timer is not None:
                timer.cancel()
        if self._finishing is not None:
            self._finishing.cancel()
        self._sayings.clear()
        self._recogniser.close()
        self._counts[f"ended_{how}"] += 1
        log.info(
            "stream closed session_id=%s how=%s seconds=%.1f words=%d",
            self.parameters.session_id,
            how,
            self.seconds,
            self.words,
        )
        self._on_closed(self)
