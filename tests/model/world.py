"""One session in a hostile world, in virtual time: every answer late, some lost, stores and streams failing.

The core is the shipped one. The world keeps what is truly stored, so that the invariants are checked against
the truth and not against what anyone says.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

from contract.audio import Encoding, Quality
from contract.records import ConnectionId, SessionId, SessionState, TaskId, TranscriptState, UserId
from contract.replies import Ack, Final, Stored
from contract.wire import Conversation, Refusal, Specialty, Start
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.ownership import SessionMeta, SessionTerms
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
        meta = SessionMeta(terms, TaskId("t1"), 1, SessionState.OPEN)
        self.session = Session(meta, LIMITS, 0.0, Random(seed))
        self.client = ModelClient(SESSION, seconds, self._to_server)
        # what is truly stored
        self.parts: dict[tuple[int, int], bytes] = {}
        self.finals: list[Final] = []
        self.final_until = 0
        self.commits: list[TranscriptState] = []
        self.sealed_sha256: str | None = None
        self.is_compacted = False
        self._recognisers: dict[int, ModelRecogniser] = {}
        self._deaf: set[int] = set()
        self._ticks_now = (0.0, 0)
        self.streams_opened = 0

    # -- time ----------------------------------------------------------------------------------------

    def at(self, delay_s: float, action: Callable[[], None]) -> None:
        """Do something later."""
        heapq.heappush(self._queue, (self.now + delay_s, next(self._order), action))

    def chance(self, probability: float) -> bool:
        """Throw the dice."""
        return self.random.random() < probability

    def run(self, until_s: float = 600.0) -> None:
        """Run until the client has everything, or fail."""
        self._to_session(ev.MessageTaken(CONNECTION, 1e12, _start()))
        self._client_tick()
        while self._queue and not (self.client.is_done and self.is_compacted):
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

    def _to_client(self, message: object) -> None:
        if not self.chance(self.faults.drop):
            self.at(0.02, lambda: self.client.hear(message, self.now))

    # -- the session ---------------------------------------------------------------------------------

    def _to_session(self, event: ev.Event) -> None:
        try:
            effects = self.session.handle(event, self.now, self.now)
        except Refusal:
            return
        for effect in effects:
            self._perform(effect)
        due_at = self.session.next_due_at(self.now, self.now)
        if due_at is not None:
            self.at(max(0.0, due_at - self.now), lambda: self._tick_if_due(due_at))

    def _tick_if_due(self, due_at: float) -> None:
        next_at = self.session.next_due_at(self.now, self.now)
        if next_at is not None and next_at <= due_at:
            at, count = self._ticks_now
            self._ticks_now = (self.now, count + 1 if at == self.now else 1)
            assert self._ticks_now[1] < 20, "the session asks for ticks and does nothing with them"
            self._to_session(ev.Tick())

    def _answer(self, event: ev.Event, delay_s: float = 0.05) -> None:
        self.at(delay_s * (0.5 + self.random.random()), lambda: self._to_session(event))

    def _perform(self, effect: do.Effect) -> None:
        match effect:
            case do.Send(_, message):
                self._check_said(message)
                self._to_client(message)
            case do.SendFinals(_, after, then):
                for message in (*self.finals[after + 1 :], *then):
                    self._to_client(message)
            case do.PutPart(start, end, data):
                self._put(start, end, data)
            case do.ReadAudio(start, end):
                self._answer(ev.AudioRead(start, self._stored(start, end)))
            case do.OpenStream(stream):
                self._open(stream)
            case do.Feed(stream, start, data):
                self._feed(stream, start, data)
            case do.EndStream(stream):
                self._end(stream)
            case do.AbortStream(stream):
                self._recognisers.pop(stream, None)
            case do.StoreFinal(start, end, final):
                self._store_final(start, end, final)
            case do.WriteStop():
                self._step(ev.StopStored())
            case do.Seal(end, gaps, sha256):
                self.sealed_sha256 = sha256
                self._step(ev.Sealed(end, sha256 or hashlib.sha256(self._stored(0, end)).hexdigest(), gaps))
            case do.Commit(transcript):
                if not self.chance(self.faults.step_fails):
                    self.commits.append(transcript)
                    self._answer(ev.Committed(7))
                else:
                    self._answer(ev.StepFailed())
            case do.Compact():
                self.is_compacted = True
            case _:
                pass

    def _step(self, done: ev.Event) -> None:
        self._answer(ev.StepFailed() if self.chance(self.faults.step_fails) else done)

    # -- stores --------------------------------------------------------------------------------------

    def _put(self, start: int, end: int, data: bytes) -> None:
        if self.chance(self.faults.part_fails):
            self._answer(ev.PartFailed(start, end))
            return
        assert self.parts.setdefault((start, end), data) == data, "a part was written twice with other bytes"
        is_lost = self.chance(self.faults.part_answer_lost)
        self._answer(ev.PartFailed(start, end) if is_lost else ev.PartStored(start, end))

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

    def _store_final(self, start: int, end: int, final: Final | None) -> None:
        is_repeat = final is not None and final.segment < len(self.finals)
        if not self.chance(self.faults.final_fails) and not is_repeat and start == self.final_until:
            self.final_until = end
            if final is not None:
                assert final.segment == len(self.finals), "I4: segments are dense"
                self.finals.append(final)
        if self.chance(self.faults.final_fails):
            self._answer(ev.FinalFailed())  # done or not, nobody knows
        elif self.final_until >= end and (final is None or final in self.finals):
            self._answer(ev.FinalStored())
        else:
            self._answer(ev.FinalFailed())

    # -- recognition ---------------------------------------------------------------------------------

    def _open(self, stream: int) -> None:
        if self.chance(self.faults.refuse_open):
            self._answer(ev.StreamEnded(stream, Ended(StreamEnd.UNAVAILABLE, "model")))
            return
        self.streams_opened += 1
        self._recognisers[stream] = ModelRecogniser()
        self._answer(ev.StreamOpened(stream, None))

    def _feed(self, stream: int, start: int, data: bytes) -> None:
        recogniser = self._recognisers.get(stream)
        if recogniser is None:
            return
        if self.chance(self.faults.blocked):
            self._to_session_later(ev.StreamBlocked(stream, start))
            self._answer(ev.StreamWritable(stream))
            self._deaf.add(stream)  # what follows in this batch is not taken either
            self.at(0.0, lambda: self._deaf.discard(stream))
            return
        if stream in self._deaf:
            return
        if self.chance(self.faults.reset_per_feed):
            del self._recognisers[stream]
            self._answer(ev.StreamEnded(stream, Ended(StreamEnd.RESET, "model")))
            return
        results = recogniser.feed(data)
        if results:
            self._answer_in_order(ev.StreamResults(stream, tuple(results)))

    def _to_session_later(self, event: ev.Event) -> None:
        self.at(0.0, lambda: self._to_session(event))

    def _answer_in_order(self, event: ev.Event) -> None:
        self.at(0.1, lambda: self._to_session(event))  # the same delay for all keeps a stream's order

    def _end(self, stream: int) -> None:
        recogniser = self._recognisers.pop(stream, None)
        if recogniser is None:
            return
        results = recogniser.finish()
        if results:
            self._answer_in_order(ev.StreamResults(stream, tuple(results)))
        self._answer_in_order(ev.StreamEnded(stream, Ended(StreamEnd.CLEAN, "")))

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
        assert len(self.commits) == 1, "I5: one record"
        seen = [client.finals[segment] for segment in sorted(client.finals)]
        assert seen == self.finals, "the client saw every stored final"
        if self.commits[0] is TranscriptState.COMPLETE:
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
