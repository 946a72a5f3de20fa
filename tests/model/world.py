"""One session in a hostile world, in virtual time: every answer late, some lost, stores and streams failing.

The core is the shipped one. The world keeps what is truly stored, so that the invariants are checked against
the truth and not against what anyone says.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import partial
from random import Random

from contract.audio import Encoding, Quality
from contract.records import ConnectionId, SessionId, SessionState, TaskId, TranscriptState, UserId
from contract.replies import Ack, Final, Stored
from contract.wire import Conversation, Refusal, Specialty, Start
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.ownership import SessionChanges, SessionMeta, SessionTerms
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.core.session import Session
from streaming_task.core.vigil import SessionLimits
from tests.model.client import ModelClient
from tests.model.speech import RATE_HZ, ModelRecogniser, speech

LIMITS = SessionLimits(idle_s=300.0, duration_s=1800.0, seal_s=120.0, silence_s=10.0, commit_retry_s=5.0)
CLIENT = "11111111-1111-4111-8111-111111111111"
CONNECTION = ConnectionId("c1")
SESSION = SessionId("s1")


@dataclass(frozen=True)
class Faults:
    """How hostile the world is; every number is a probability per occasion, or seconds."""

    drop: float = 0.0
    duplicate: float = 0.0
    delay_s: float = 0.0
    part_fails: float = 0.0
    part_answer_lost: float = 0.0
    final_fails: float = 0.0
    step_fails: float = 0.0
    reset_per_feed: float = 0.0
    refuse_open: float = 0.0
    blocked: float = 0.0
    kill_per_s: float = 0.0
    zombie: float = 0.0  # of the killed: how many go on, cut off, until a fence stops them


HOSTILE = Faults(
    drop=0.05,
    duplicate=0.05,
    delay_s=0.6,
    part_fails=0.1,
    part_answer_lost=0.1,
    final_fails=0.1,
    step_fails=0.3,
    reset_per_feed=0.01,
    refuse_open=0.1,
    blocked=0.02,
)


@dataclass
class Owner:
    """A task's view of the session: the shipped core, under one epoch."""

    session: Session
    epoch: int
    is_dead: bool = False
    is_fenced: bool = False  # another epoch is the session's now
    recognisers: dict[int, ModelRecogniser] = field(default_factory=dict)
    deaf: set[int] = field(default_factory=set)


class World:
    """Runs one schedule to its end."""

    def __init__(self, seed: int, faults: Faults, seconds: float = 20.0) -> None:
        self.random = Random(seed)
        self.faults = faults
        self.now = 0.0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        terms = SessionTerms(
            SESSION,
            UserId("u1"),
            Encoding.PCM,
            Quality.LOW,
            RATE_HZ,
            "PRIMARYCARE",
            "DICTATION",
            False,
            None,
            0.0,
        )
        self.meta = SessionMeta(terms, TaskId("t1"), 1, SessionState.OPEN)  # as it is stored
        self.owner = Owner(Session(self.meta, LIMITS, 0.0, Random(seed)), 1)
        self.client = ModelClient(SESSION, seconds, self._to_server)
        # what is truly stored
        self.parts: dict[tuple[int, int], bytes] = {}
        self.finals: list[Final] = []
        self.final_until = 0
        self.rows: dict[SessionId, TranscriptState] = {}
        self.is_compacted = False
        self._ticks_now = (0.0, 0)
        self.streams_opened = 0
        self.kills = 0

    # -- time ----------------------------------------------------------------------------------------

    def at(self, delay_s: float, action: Callable[[], None]) -> None:
        """Do something later."""
        heapq.heappush(self._queue, (self.now + delay_s, next(self._order), action))

    def chance(self, probability: float) -> bool:
        """Throw the dice."""
        return self.random.random() < probability

    def run(self, until_s: float = 600.0) -> None:
        """Run until the client has everything, or fail."""
        self._tell(self.owner, ev.MessageTaken(CONNECTION, 1e12, _start()))
        self._client_tick()
        if self.faults.kill_per_s:
            self.at(1.0, self._maybe_kill)
        while self._queue and not self.client.is_done:
            self.now, _, action = heapq.heappop(self._queue)
            assert self.now <= until_s, "the session never came to its end"
            action()
        self.check_end()

    def _client_tick(self) -> None:
        self.client.tick(self.now)
        self.at(0.2, self._client_tick)

    # -- the wire ------------------------------------------------------------------------------------

    def _to_server(self, message: object) -> None:
        if self.chance(self.faults.drop):
            return
        for _ in range(2 if self.chance(self.faults.duplicate) else 1):
            event = ev.MessageTaken(CONNECTION, 1e12, message)  # type: ignore[arg-type]
            self.at(0.02 + self.random.random() * self.faults.delay_s, partial(self._to_session, event))

    def _to_session(self, event: ev.Event) -> None:
        self._tell(self.owner, event)

    def _to_client(self, owner: Owner, message: object) -> None:
        if not self.chance(self.faults.drop):
            self.at(0.02, lambda: self.client.hear(message, owner.epoch, self.now))

    # -- owners --------------------------------------------------------------------------------------

    def _maybe_kill(self) -> None:
        if self.chance(self.faults.kill_per_s) and not self.owner.is_dead:
            old = self.owner
            if self.chance(self.faults.zombie):
                self.at(self.random.uniform(0.5, 8.0), lambda: self._take_over(old))  # cut off from clients
                self.owner = Owner(old.session, old.epoch, is_dead=True)
            else:
                old.is_dead = True
                self.at(self.random.uniform(0.5, 8.0), lambda: self._take_over(old))
        self.at(1.0, self._maybe_kill)

    def _take_over(self, old: Owner) -> None:
        old.is_fenced = True
        self.kills += 1
        epoch = self.owner.epoch + 1
        self.meta = replace(
            self.meta,
            epoch=epoch,
            final_until=self.final_until,
            segments=len(self.finals),
            connection_id=CONNECTION,
            client=CLIENT,
        )
        stored = list(self.parts) if self.meta.samples is None else [(0, self.meta.samples)]
        random = Random(f"{self.random.random()}")
        self.owner = Owner(Session(self.meta, LIMITS, self.now, random, stored=stored), epoch)
        self._tell(self.owner, ev.Tick())

    def _tell(self, owner: Owner, event: ev.Event) -> None:
        if owner.is_dead:
            return
        try:
            effects = owner.session.handle(event, self.now, self.now)
        except Refusal:
            return
        for effect in effects:
            self._perform(owner, effect)
        due_at = owner.session.next_due_at(self.now, self.now)
        if due_at is not None:
            self.at(max(0.0, due_at - self.now), lambda: self._tick_if_due(owner, due_at))

    def _tick_if_due(self, owner: Owner, due_at: float) -> None:
        next_at = owner.session.next_due_at(self.now, self.now)
        if next_at is not None and next_at <= due_at and not owner.is_dead:
            at, count = self._ticks_now
            self._ticks_now = (self.now, count + 1 if at == self.now else 1)
            assert self._ticks_now[1] < 20, "the session asks for ticks and does nothing with them"
            self._tell(owner, ev.Tick())

    def _answer(self, owner: Owner, event: ev.Event, delay_s: float = 0.05) -> None:
        self.at(delay_s * (0.5 + self.random.random()), lambda: self._tell(owner, event))

    def _perform(self, owner: Owner, effect: do.Effect) -> None:
        is_fenced_write = isinstance(effect, do.StoreFinal | do.WriteStop | do.Seal | do.Commit | do.Note)
        if owner.is_fenced and is_fenced_write:
            self._answer(owner, ev.OwnershipLost())  # I6
            return
        match effect:
            case do.Send(_, message):
                self._check_said(message)
                self._to_client(owner, message)
            case do.SendFinals(_, after, then):
                for message in (*self.finals[after + 1 :], *then):
                    self._to_client(owner, message)
            case do.Note(changes):
                self._write(changes)
            case do.PutPart(start, end, data):
                self._put(owner, start, end, data)
            case do.ReadAudio(start, end):
                self._answer(owner, ev.AudioRead(start, self._stored(start, end)))
            case do.OpenStream(stream):
                self._open(owner, stream)
            case do.Feed(stream, start, data):
                self._feed(owner, stream, start, data)
            case do.EndStream(stream):
                self._end(owner, stream)
            case do.AbortStream(stream):
                owner.recognisers.pop(stream, None)
            case do.StoreFinal(start, end, final):
                self._store_final(owner, start, end, final)
            case do.WriteStop(end, client_sha256):
                stopping = SessionChanges(
                    state=SessionState.STOPPING, end_offset=end, client_sha256=client_sha256
                )
                self._step(owner, stopping, ev.StopStored())
            case do.Seal(end, gaps, sha256):
                digest = sha256 or hashlib.sha256(self._stored(0, end)).hexdigest()
                sealed = SessionChanges(state=SessionState.SEALED, samples=end, sha256=digest, gaps=gaps)
                self._step(owner, sealed, ev.Sealed(end, digest, gaps))
            case do.Commit(transcript):
                self.rows[SESSION] = transcript
                committed = SessionChanges(
                    state=SessionState.COMMITTED, transcript=transcript, transcription_id=7
                )
                self._step(owner, committed, ev.Committed(7))
            case do.Compact():
                self.is_compacted = True
            case _:
                pass

    def _step(self, owner: Owner, changes: SessionChanges, done: ev.Event) -> None:
        if self.chance(self.faults.step_fails):
            self._answer(owner, ev.StepFailed())
            return
        self._write(changes)
        is_lost = self.chance(self.faults.step_fails)
        self._answer(owner, ev.StepFailed() if is_lost else done)

    def _write(self, changes: SessionChanges) -> None:
        written = {f.name: getattr(changes, f.name) for f in fields(changes)}
        self.meta = replace(self.meta, **{k: v for k, v in written.items() if v is not None})

    # -- stores --------------------------------------------------------------------------------------

    def _put(self, owner: Owner, start: int, end: int, data: bytes) -> None:
        if self.chance(self.faults.part_fails):
            self._answer(owner, ev.PartFailed(start, end))
            return
        assert self.parts.setdefault((start, end), data) == data, "a part was written twice with other bytes"
        is_lost = self.chance(self.faults.part_answer_lost)
        self._answer(owner, ev.PartFailed(start, end) if is_lost else ev.PartStored(start, end))

    def _stored(self, start: int, end: int) -> bytes:
        whole = bytearray(2 * end)
        for (part_start, part_end), data in self.parts.items():
            if part_start < end:
                whole[2 * part_start : 2 * min(part_end, end)] = data[: 2 * (min(part_end, end) - part_start)]
        return bytes(whole[2 * start :])

    def _truly_durable(self) -> int:
        until = 0
        for start, end in sorted(self.parts):
            if start <= until:
                until = max(until, end)
        return until

    def _store_final(self, owner: Owner, start: int, end: int, final: Final | None) -> None:
        is_repeat = final is not None and final.segment < len(self.finals)
        if not self.chance(self.faults.final_fails) and not is_repeat and start == self.final_until:
            self.final_until = end
            if final is not None:
                assert final.segment == len(self.finals), "I4: segments are dense"
                self.finals.append(final)
        if self.chance(self.faults.final_fails):
            self._answer(owner, ev.FinalFailed())  # done or not, nobody knows
        elif self.final_until >= end and (final is None or final in self.finals):
            self._answer(owner, ev.FinalStored())
        else:
            self._answer(owner, ev.FinalFailed())

    # -- recognition ---------------------------------------------------------------------------------

    def _open(self, owner: Owner, stream: int) -> None:
        if self.chance(self.faults.refuse_open):
            self._answer(owner, ev.StreamEnded(stream, Ended(StreamEnd.UNAVAILABLE, "model")))
            return
        self.streams_opened += 1
        owner.recognisers[stream] = ModelRecogniser()
        self._answer(owner, ev.StreamOpened(stream, None))

    def _feed(self, owner: Owner, stream: int, start: int, data: bytes) -> None:
        recogniser = owner.recognisers.get(stream)
        if recogniser is None:
            return
        if self.chance(self.faults.blocked):
            self._to_session_later(owner, ev.StreamBlocked(stream, start))
            self._answer(owner, ev.StreamWritable(stream))
            owner.deaf.add(stream)  # what follows in this batch is not taken either
            self.at(0.0, lambda: owner.deaf.discard(stream))
            return
        if stream in owner.deaf:
            return
        if self.chance(self.faults.reset_per_feed):
            del owner.recognisers[stream]
            self._answer(owner, ev.StreamEnded(stream, Ended(StreamEnd.RESET, "model")))
            return
        results = recogniser.feed(data)
        if results:
            self._answer_in_order(owner, ev.StreamResults(stream, tuple(results)))

    def _to_session_later(self, owner: Owner, event: ev.Event) -> None:
        self.at(0.0, lambda: self._tell(owner, event))

    def _answer_in_order(self, owner: Owner, event: ev.Event) -> None:
        self.at(0.1, lambda: self._tell(owner, event))  # the same delay for all keeps a stream's order

    def _end(self, owner: Owner, stream: int) -> None:
        recogniser = owner.recognisers.pop(stream, None)
        if recogniser is None:
            return
        results = recogniser.finish()
        if results:
            self._answer_in_order(owner, ev.StreamResults(stream, tuple(results)))
        self._answer_in_order(owner, ev.StreamEnded(stream, Ended(StreamEnd.CLEAN, "")))

    # -- invariants ----------------------------------------------------------------------------------

    def _check_said(self, message: object) -> None:
        match message:
            case Ack(durable=durable):
                assert durable <= self._truly_durable(), "I1: acknowledged before it was durable"
            case Final():
                assert message in self.finals, "a final was said before it was stored"
            case Stored(samples=samples):
                assert self._truly_durable() >= samples, "stored was said too early"
            case _:
                pass

    def check_end(self) -> None:
        """Assert the invariants of a finished session."""
        client = self.client
        whole = speech(0, client.total)
        assert self._stored(0, client.total) == whole, "I3: stored bytes differ from what was sent"
        assert client.saved is not None
        assert client.saved.sha256 == hashlib.sha256(whole).hexdigest()
        assert client.stored is None or client.stored.sha256 == client.saved.sha256
        assert client.saved.gaps == ()
        assert len(self.rows) == 1, "I5: one record"
        seen = [client.finals[segment] for segment in sorted(client.finals)]
        assert seen == self.finals, "the client saw every stored final"
        if self.rows[SESSION] is TranscriptState.COMPLETE:
            words = " ".join(final.text for final in self.finals).split()
            assert words == [f"w{number:06d}" for number in range(client.total // 4000)], (
                "I4: every word once"
            )


def _start() -> Start:
    return Start(
        "r",
        "22222222-2222-4222-8222-222222222222",
        Encoding.PCM,
        Quality.LOW,
        RATE_HZ,
        CLIENT,
        Specialty.PRIMARYCARE,
        Conversation.DICTATION,
        False,
        None,
    )
