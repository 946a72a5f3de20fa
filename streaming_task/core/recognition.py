"""When to open, feed, end and reopen recognition streams. Pure.

A stream always begins where stored text ends, so whatever becomes of the last one, nothing is left out and
nothing is said twice. Retries count consecutive failures; recording never waits for any of this.
"""

from __future__ import annotations

from enum import StrEnum, auto
from random import Random
from typing import assert_never

from contract.audio import to_ms
from contract.replies import Partial, Status, Transcription
from streaming_task.core.coding import PCM, Coding
from streaming_task.core.effects import (
    AbortStream,
    Effect,
    EndStream,
    Feed,
    Note,
    OpenStream,
    ReadAudio,
)
from streaming_task.core.events import (
    StreamBlocked,
    StreamEnded,
    StreamEvent,
    StreamOpened,
    StreamResults,
    StreamWritable,
)
from streaming_task.core.expiry import Expiry
from streaming_task.core.ownership import SessionChanges
from streaming_task.core.patience import Patience
from streaming_task.core.quiet import Quiet
from streaming_task.core.recording import Recording
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.core.timeline import Timeline
from streaming_task.core.transcript import Transcript

FRAME_S = 0.02  # streams begin and end at multiples: no sound that short is cut in two, or worth a stream
CHUNK_S = 0.2  # Transcribe recommends 50-200 ms
CATCH_UP = 2.0  # times real time, at most
BURST_S = 1.0  # what may be fed at once before the pace is kept
READ_S = 30.0  # stored audio read back in one go
HEALTHY_S = 30.0  # a stream that lived so long has proven that things work
RETRY_FIRST_S = 0.25
RETRY_MOST_S = 8.0
QUOTA_RETRY_S = 5.0  # other streams must end first, so asking sooner cannot help
DELAYED_S = 3.0  # text further behind than this is called delayed
UNAVAILABLE_AFTER = 4  # failures in a row
ATTEMPTS_AFTER_STOP = 2  # the drain, and one feeding again; then the transcript stays pending


class Phase(StrEnum):
    """What the recogniser is doing."""

    PARKED = auto()  # no stream, and nothing to feed
    OPENING = auto()
    LIVE = auto()
    DRAINING = auto()  # told that no more audio comes, still talking
    WAITING = auto()  # to try again
    GIVEN_UP = auto()  # the rest of the transcript is for later


class Recognition:
    """The policy over one session's streams, of which at most one is open."""

    def __init__(
        self,
        *,
        rate_hz: int,
        silence_timeout_s: float,
        streams: int,
        begins_at: int,
        random: Random,
        coding: Coding = PCM,
    ) -> None:
        """Begin with this number of a stream, at this sample: where stored text ends."""
        self._rate_hz = rate_hz
        self._frame = round(FRAME_S * rate_hz) if coding.grid == 1 else 1  # packets are never cut
        self._silence_timeout_s = silence_timeout_s
        self._random = random
        self.phase = Phase.PARKED
        self.stream = streams  # number of the open or the next stream
        self._base = 0
        self._fed = 0
        self._is_blocked = False
        self._is_reading = False
        self._is_paused = False
        self._is_leaving = False
        self._credit = 0.0  # samples that may be fed now
        self._credit_at = 0.0
        self._fed_at = 0.0
        self._opened_at = 0.0
        self._failures = 0
        self._failed_at_position = -1
        self._failures_here = 0
        self._last_end: StreamEnd | None = None
        self._retry_at = 0.0
        self._patience = Patience(rate_hz, coding)
        self._expiry = Expiry(rate_hz)
        self._quiet = Quiet(rate_hz, begins_at)

    # -- what happened -------------------------------------------------------------------------------

    def pause(self) -> None:
        """Rest as soon as what is here has been fed."""
        self._is_paused = True

    def leave(self) -> None:
        """Finish the open stream with what may be fed at once, and open no other."""
        self._is_leaving = True

    def cut_off(self) -> list[Effect]:
        """End the stream of a task that leaves, whatever it would still say."""
        if self.phase not in (Phase.OPENING, Phase.LIVE, Phase.DRAINING):
            return []
        self.phase = Phase.PARKED
        self.stream += 1
        return [AbortStream(self.stream - 1)]

    @property
    def has_given_up(self) -> bool:
        """Tell whether the rest of the transcript is left for later."""
        return self.phase is Phase.GIVEN_UP

    @property
    def has_left(self) -> bool:
        """Tell whether no stream is open any more, and none will be."""
        return self._is_leaving and self.phase in (Phase.PARKED, Phase.WAITING, Phase.GIVEN_UP)

    def audio_came(self) -> None:
        """Note new audio: a pause is over."""
        self._is_paused = False

    def note(
        self, event: StreamEvent, transcript: Transcript, now: float, wall: float, *, is_stopping: bool
    ) -> list[Partial]:
        """Take what a stream did; give the partials to say. Only the open stream counts."""
        if event.stream != self.stream:
            return []
        match event:
            case StreamOpened(expires_at=expires_at):
                self._opened(now, wall, expires_at)
            case StreamBlocked(fed_until=fed_until):
                self._is_blocked = True
                self._fed = min(self._fed, fed_until)
            case StreamWritable():
                self._is_blocked = False
            case StreamEnded(ended=ended):
                self._ended(ended, transcript, now, is_stopping=is_stopping)
            case StreamResults(results=results):
                self._patience.heard()
                if any(result.text for result in results):
                    self._quiet.heard_words(self._fed)
                timeline = Timeline(self._base, self._rate_hz)
                said = [
                    transcript.heard(result, stream=self.stream, timeline=timeline, fed_until=self._fed)
                    for result in results
                ]
                return [partial for partial in said if partial is not None]
            case _:
                assert_never(event)
        return []

    def _opened(self, now: float, wall: float, expires_at: float | None) -> None:
        self.phase = Phase.LIVE
        self._opened_at = now
        self._fed_at = now
        self._expiry.opened(wall, expires_at)

    def read_done(self) -> None:
        """Note that stored audio was read back, or could not be."""
        self._is_reading = False

    def _ended(self, ended: Ended, transcript: Transcript, now: float, *, is_stopping: bool) -> None:
        has_drained = self.phase is Phase.DRAINING and ended.end is StreamEnd.CLEAN
        if self.phase is not Phase.OPENING:
            self.stream += 1
        if has_drained:
            transcript.covered(self._fed)
            self.phase = Phase.PARKED
            return
        if self.phase is not Phase.OPENING and now - self._opened_at >= HEALTHY_S:
            self._failures = 0
        self._failures += 1
        position = transcript.planned_until
        self._failures_here = self._failures_here + 1 if position == self._failed_at_position else 1
        self._failed_at_position = position
        self._last_end = ended.end
        if is_stopping and self._failures_here >= ATTEMPTS_AFTER_STOP:
            self.phase = Phase.GIVEN_UP
            return
        self.phase = Phase.WAITING
        self._retry_at = now + self._delay_s()

    def _delay_s(self) -> float:
        if self._last_end is StreamEnd.LIMIT_EXCEEDED:
            return QUOTA_RETRY_S * (1 + self._random.random())
        if self._failures == 1:
            return 0.0  # a single fault costs no one a wait
        most = min(RETRY_MOST_S, RETRY_FIRST_S * 2.0 ** min(self._failures, 16))
        return RETRY_FIRST_S + most * self._random.random()

    # -- what to do ----------------------------------------------------------------------------------

    def advance(self, recording: Recording, transcript: Transcript, now: float, wall: float) -> list[Effect]:
        """Do what can be done now."""
        target = self._target(recording)
        if self._is_leaving and self.phase in (Phase.PARKED, Phase.WAITING):
            return []
        if self.phase is Phase.PARKED or (self.phase is Phase.WAITING and self._retry_at <= now):
            return self._open_if_needed(recording, target, transcript, now)
        if self.phase is not Phase.LIVE:
            return []
        if self._patience.is_over(now):
            self._patience.lose()
            hung: list[Effect] = [AbortStream(self.stream)]
            is_stopping = recording.end is not None
            self._ended(Ended(StreamEnd.TIMEOUT, "Hang"), transcript, now, is_stopping=is_stopping)
            return hung
        effects: list[Effect] = self._feed(recording, target, now, wall)
        if self._is_leaving:
            return [*effects, *self._end()]  # a backlog is the next owner's
        if self._fed >= target and not self._is_reading:
            is_silent = now >= self._fed_at + self._silence_timeout_s
            if _is_whole(recording) or is_silent or self._is_paused:
                return [*effects, *self._end()]
        if self._expiry.is_due(wall, self._fed):
            return [*effects, *self._end()]
        return effects

    def _target(self, recording: Recording) -> int:
        """Give how far audio is to be fed: a frame that is not whole waits for its rest, if that may come."""
        until = recording.audio_end
        return until if _is_whole(recording) else until - until % self._frame

    def _open_if_needed(
        self, recording: Recording, target: int, transcript: Transcript, now: float
    ) -> list[Effect]:
        if target - transcript.planned_until < self._frame:
            if _is_whole(recording):
                transcript.covered(target)
            self.phase = Phase.PARKED
            return []
        self.phase = Phase.OPENING
        self._base = self._fed = transcript.planned_until
        self._is_blocked = False
        self._patience.begin()
        self._credit = BURST_S * self._rate_hz
        self._credit_at = now
        self._expiry.begin(self._fed)
        return [Note(SessionChanges(streams=self.stream + 1)), OpenStream(self.stream)]

    def _feed(self, recording: Recording, target: int, now: float, wall: float) -> list[Effect]:
        rate = self._rate_hz
        self._credit = min(BURST_S * rate, self._credit + (now - self._credit_at) * CATCH_UP * rate)
        self._credit_at = now
        effects: list[Effect] = []
        while self._fed < target and not self._is_blocked and not self._is_reading:
            samples = min(round(CHUNK_S * rate), target - self._fed)
            if samples > self._credit:
                break
            until = self._fed + samples
            if not recording.holds(self._fed, until):
                self._is_reading = True
                effects.append(ReadAudio(self._fed, min(target, self._fed + round(READ_S * rate))))
                break
            if self._fed == self._base:
                self._base = self._fed = recording.cut_at(self._fed)  # text may end where audio cannot be cut
            if until < target and (cut_at := recording.cut_at(until)) > self._fed:
                until = cut_at
            data = recording.read(self._fed, until)
            samples = until - self._fed
            if self._patience.fed(data, samples, now):
                self._quiet.heard_sound(until)
                self._expiry.heard_sound(until)
            effects.append(Feed(self.stream, self._fed, data))
            self._credit -= samples
            self._fed = until
            self._fed_at = now
            if self._expiry.is_due(wall, self._fed):
                break
        return effects

    def _end(self) -> list[Effect]:
        self.phase = Phase.DRAINING
        return [EndStream(self.stream)]

    def drop(self) -> list[Effect]:
        """Let go of the stream at once: the session is another's now."""
        is_open = self.phase in (Phase.OPENING, Phase.LIVE, Phase.DRAINING)
        self.phase = Phase.GIVEN_UP
        return [AbortStream(self.stream)] if is_open else []

    # -- what to say ---------------------------------------------------------------------------------

    @property
    def fed(self) -> int:
        """Give how far the open stream, or the last, has been fed, in samples of the session."""
        return self._fed

    def hears_nothing(self) -> bool:
        """Tell, once in a stretch without words, that it has grown long."""
        return self._quiet.is_to_be_said(self._fed)

    def standing(self, recording: Recording, transcript: Transcript) -> Status:
        """Say what the recogniser does and how far it is behind the audio."""
        has_stream = self.phase in (Phase.LIVE, Phase.DRAINING)
        heard_until = max(self._fed, transcript.planned_until) if has_stream else transcript.planned_until
        behind = max(0, self._target(recording) - heard_until)
        if self.phase is Phase.PARKED and behind < self._frame:
            state = Transcription.PARKED
        elif (
            self.phase in (Phase.WAITING, Phase.OPENING, Phase.GIVEN_UP)
            and self._failures >= UNAVAILABLE_AFTER
            and self._last_end is not StreamEnd.LIMIT_EXCEEDED
        ):
            state = Transcription.UNAVAILABLE
        elif behind < DELAYED_S * self._rate_hz and (has_stream or self._failures == 0):
            state = Transcription.LIVE
        else:
            state = Transcription.DELAYED
        return Status(transcription=state, behind_ms=to_ms(behind, self._rate_hz))

    def next_due_at(self, recording: Recording, now: float, wall: float) -> float | None:
        """Give when `advance` may next have something to do, if nothing else happens."""
        if self.phase is Phase.WAITING:
            return None if self._is_leaving else self._retry_at
        if self.phase is not Phase.LIVE:
            return None
        times = [] if (hung_at := self._patience.ends_at) is None else [hung_at]
        if self._fed >= self._target(recording):
            times.append(self._fed_at + self._silence_timeout_s)
        elif not self._is_blocked and not self._is_reading:
            times.append(self._credit_at + CHUNK_S / CATCH_UP)
        if self._expiry.at_the_latest is not None:
            times.append(now + max(0.0, self._expiry.at_the_latest - wall))
        return min(times, default=None)


def _is_whole(recording: Recording) -> bool:
    """Tell whether the session's end is known, and nothing before it is still to come."""
    return recording.end is not None and recording.received >= recording.end
