"""One owner of the session: the shipped core under one epoch, with its own clocks, over stores that fail.

Every call of a store lands some time after it was made and is answered some time after that, or is not: the
owner may die in between, the answer may be lost, and what was given up may land yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from random import Random

from contract.audio import Range, Ranges
from contract.records import RecordingState, SessionState
from contract.wire import Refusal
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.ownership import SessionChanges, SessionMeta
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.core.session import Session
from streaming_task.core.vigil import SessionLimits
from tests.model.faults import Faults
from tests.model.schedule import Schedule
from tests.model.speech import Medium, ModelRecogniser
from tests.model.stores import Refused, Stores

LIMITS = SessionLimits(idle_s=300.0, duration_s=1800.0, seal_s=120.0, silence_s=10.0, commit_retry_s=5.0)
BEGAN_AT = 1_800_000_000.0  # Unix seconds, by a clock that is right
UPTIME_S = 100_000.0  # a task's own clock begins anywhere
CALL_S = 0.05
LATE_S = 3.0  # a call whose answer was lost lands within this, maybe after its repeat
READ_RETRY_S = 1.0
RESULT_S = 0.1  # the same for all results, which keeps a stream's order
TIMER_SLACK_S = 1e-6  # sums of floats fall short of what they should be
TICKS_A_MOMENT = 20

Say = Callable[[int, object], None]  # under an epoch


class Owner:
    """A task's hold on the session."""

    def __init__(
        self,
        schedule: Schedule,
        stores: Stores,
        faults: Faults,
        *,
        meta: SessionMeta,
        medium: Medium,
        stored: Iterable[Range] | None,
        say: Say,
        on_close: Callable[[Owner], None],
    ) -> None:
        self._schedule = schedule
        self._stores = stores
        self._faults = faults
        self._say = say
        self._medium = medium
        self._on_close = on_close
        random = schedule.random
        self._started_at = random.uniform(0.0, UPTIME_S)
        self._clock_error_s = random.uniform(-0.5, 0.5) * faults.clocks_apart_s
        self.epoch = meta.epoch
        self.session = Session(
            meta, LIMITS, self._now, Random(random.random()), stored=stored, coding=medium.coding
        )
        self.is_dead = False
        self.is_cut_off = False  # from DynamoDB
        self.streams_opened = 0
        self._recognisers: dict[int, ModelRecogniser] = {}
        self._deaf: set[int] = set()
        self._rings_at: float | None = None
        self._ticks = (0.0, 0)

    @property
    def _now(self) -> float:
        return self._started_at + self._schedule.now

    @property
    def _wall(self) -> float:
        return BEGAN_AT + self._schedule.now + self._clock_error_s

    # -- events --------------------------------------------------------------------------------------

    def tell(self, event: ev.Event) -> None:
        """Tell the session something, and do what it wants done."""
        if self.is_dead:
            return
        try:
            effects = self.session.handle(event, self._now, self._wall)
        except Refusal:
            return
        for effect in effects:
            self._perform(effect)
        self._set_timer()

    def _set_timer(self) -> None:
        """Keep one timer, as the runner does: what is due earlier takes the place of what is due later."""
        due_at = self.session.next_due_at(self._now, self._wall)
        if due_at is None:
            return
        delay_s = max(0.0, due_at - self._now) + TIMER_SLACK_S
        rings_at = self._schedule.now + delay_s
        if self._rings_at is None or rings_at < self._rings_at:
            self._rings_at = rings_at
            self._schedule.at(delay_s, lambda: self._ring(rings_at))

    def _ring(self, rings_at: float) -> None:
        if self._rings_at != rings_at or self.is_dead:
            return
        self._rings_at = None
        at, count = self._ticks
        moment = round(self._schedule.now, 3)
        self._ticks = (moment, count + 1 if at == moment else 1)
        assert self._ticks[1] < TICKS_A_MOMENT, "the session asks for ticks and does nothing with them"
        self.tell(ev.Tick())

    def _later(self, delay_s: float, event: ev.Event) -> None:
        self._schedule.at(delay_s, lambda: self.tell(event))

    # -- effects -------------------------------------------------------------------------------------

    def _perform(self, effect: do.Effect) -> None:
        faults, stores, epoch = self._faults, self._stores, self.epoch
        match effect:
            case do.Send(_, message):
                stores.check_said(message)
                self._say(epoch, message)
            case do.SendFinals(_, after, then):
                for message in (*stores.finals[after + 1 :], *then):
                    self._say(epoch, message)
            case do.Note(changes):
                self._step(lambda: stores.update(epoch, changes), ev.Tick(), ev.Tick())
            case do.PutPart(start, end, data):
                self._call(
                    lambda: stores.put_part(start, end, data),
                    ev.PartStored(start, end),
                    ev.PartFailed(start, end),
                    fails=faults.part_fails,
                    is_lost=faults.part_answer_lost,
                )
            case do.ReadAudio(start, end):
                self._read(start, end)
            case do.ListParts():
                self._list()
            case do.StoreFinal(start, end, final):
                self._call(
                    lambda: stores.append(epoch, start, end, final),
                    ev.FinalStored(),
                    ev.FinalFailed(),
                    fails=1.0 if self.is_cut_off else faults.final_fails,
                    is_lost=faults.final_answer_lost,
                )
            case do.WriteStop(end, client_sha256):
                stopping = SessionChanges(
                    state=SessionState.STOPPING, end_offset=end, client_sha256=client_sha256
                )
                self._step(lambda: stores.update(epoch, stopping), ev.StopStored())
            case do.Seal(end, gaps, sha256):
                self._seal(end, gaps, sha256)
            case do.Commit(transcript):
                # One connection to PostgreSQL: a repeat never overtakes what it repeats.
                self._step(lambda: stores.commit(epoch, transcript), ev.Committed(7), late_s=0.0)
            case do.Compact(may_delete):
                compacted = ev.Compacted(RecordingState.COMPACTED)
                self._step(lambda: stores.compact(epoch, may_delete=may_delete), compacted, ev.TidyFailed())
            case do.Finish():
                finished = SessionChanges(is_finished=True)
                self._step(lambda: stores.update(epoch, finished), ev.Finished(), ev.TidyFailed())
            case do.Release(stored):
                self._step(lambda: stores.release(epoch, stored), ev.Released(), ev.Released())
            case do.Close():
                self.is_dead = True
                self._on_close(self)
            case _:
                self._perform_on_stream(effect)

    def _seal(self, end: int, gaps: Ranges, sha256: str | None) -> None:
        digest = sha256 or self._stores.sha256(end)
        sealed = SessionChanges(state=SessionState.SEALED, samples=end, sha256=digest, gaps=gaps)
        self._step(lambda: self._stores.update(self.epoch, sealed), ev.Sealed(end, digest, gaps))

    def _step(
        self,
        work: Callable[[], None],
        done: ev.Event,
        failed: ev.Event | None = None,
        *,
        late_s: float = LATE_S,
    ) -> None:
        self._call(
            work,
            done,
            failed or ev.StepFailed(),
            fails=1.0 if self.is_cut_off else self._faults.step_fails,
            is_lost=self._faults.step_answer_lost,
            late_s=late_s,
        )

    def _call(
        self,
        work: Callable[[], None],
        done: ev.Event,
        failed: ev.Event,
        *,
        fails: float,
        is_lost: float,
        late_s: float = LATE_S,
    ) -> None:
        schedule = self._schedule
        answer_s = CALL_S * (0.5 + schedule.random.random())
        if schedule.now < self._stores.away_until or schedule.chance(fails):
            self._later(answer_s, failed)
        elif schedule.chance(is_lost):
            schedule.at(schedule.random.random() * max(late_s, answer_s), lambda: _land(work))
            self._later(answer_s, failed)
        else:
            schedule.at(answer_s / 2, lambda: self._answer(work, done, answer_s / 2))

    def _answer(self, work: Callable[[], None], done: ev.Event, after_s: float) -> None:
        is_taken = _land(work)
        assert is_taken or self.epoch != self._stores.meta.epoch, "I4: the owner's own write was refused"
        self._later(after_s, done if is_taken else ev.OwnershipLost())

    def _read(self, start: int, end: int) -> None:
        if self._schedule.now < self._stores.away_until or self._schedule.chance(self._faults.part_fails):
            self._later(READ_RETRY_S, ev.AudioRead(start, b""))
        else:
            start = self._stores.cut_at(start)
            self._later(CALL_S, ev.AudioRead(start, self._stores.read(start, end)))

    def _list(self) -> None:
        if self._schedule.now < self._stores.away_until or self._schedule.chance(self._faults.part_fails):
            self._later(CALL_S, ev.PartsListed(None))
        else:
            self._later(CALL_S, ev.PartsListed(tuple(self._stores.parts)))

    # -- recognition ---------------------------------------------------------------------------------

    def _perform_on_stream(self, effect: do.Effect) -> None:
        match effect:
            case do.OpenStream(stream):
                self._open(stream)
            case do.Feed(stream, start, data):
                self._feed(stream, start, data)
            case do.EndStream(stream):
                self._end(stream)
            case do.AbortStream(stream):
                self._recognisers.pop(stream, None)
            case _:
                pass  # what nobody waits for

    def _open(self, stream: int) -> None:
        schedule, credentials_s = self._schedule, self._faults.credentials_s
        if schedule.chance(self._faults.refuse_open):
            self._later(CALL_S, ev.StreamEnded(stream, Ended(StreamEnd.UNAVAILABLE, "model")))
            return
        self.streams_opened += 1
        self._recognisers[stream] = ModelRecogniser(self._medium)
        left_s = credentials_s * (1.0 - 0.7 * schedule.random.random())
        expires_at = BEGAN_AT + schedule.now + left_s if credentials_s else None
        self._later(CALL_S, ev.StreamOpened(stream, expires_at))
        if credentials_s:
            schedule.at(left_s, lambda: self._reset(stream))

    def _reset(self, stream: int) -> None:
        if self._recognisers.pop(stream, None) is not None:
            self._later(CALL_S, ev.StreamEnded(stream, Ended(StreamEnd.RESET, "model")))

    def _feed(self, stream: int, start: int, data: bytes) -> None:
        recogniser = self._recognisers.get(stream)
        if recogniser is None or stream in self._deaf:
            return
        if self._schedule.chance(self._faults.blocked):
            self._later(0.0, ev.StreamBlocked(stream, start))
            self._later(CALL_S, ev.StreamWritable(stream))
            self._deaf.add(stream)  # what follows in this batch is not taken either
            self._schedule.at(0.0, lambda: self._deaf.discard(stream))
            return
        if self._schedule.chance(self._faults.reset_per_feed):
            self._reset(stream)
            return
        results = recogniser.feed(data)
        if results:
            self._later(RESULT_S, ev.StreamResults(stream, tuple(results)))

    def _end(self, stream: int) -> None:
        recogniser = self._recognisers.pop(stream, None)
        if recogniser is None:
            return
        results = recogniser.finish()
        if results:
            self._later(RESULT_S, ev.StreamResults(stream, tuple(results)))
        self._later(RESULT_S, ev.StreamEnded(stream, Ended(StreamEnd.CLEAN, "")))


def _land(work: Callable[[], None]) -> bool:
    with suppress(Refused):
        work()
        return True
    return False
