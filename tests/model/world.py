"""One session in a hostile world, in virtual time: a client, a wire, and one owner after another.

The core is the shipped one. What is truly stored is kept apart, so that the invariants are checked against
the truth and not against what anyone says.
"""

from __future__ import annotations

from functools import partial

from contract.audio import Quality, Range
from contract.records import ConnectionId, SessionId, SessionState, TaskId, TranscriptState, UserId
from contract.replies import Ready
from contract.wire import Conversation, Resume, Specialty, Start
from streaming_task.core import events as ev
from streaming_task.core.ending import saved_message_of
from streaming_task.core.events import SessionMessage
from streaming_task.core.ownership import SessionMeta, SessionTerms
from tests.model.client import CLIENT, ModelClient
from tests.model.faults import Faults
from tests.model.owner import BEGAN_AT, LIMITS, Owner
from tests.model.schedule import Schedule
from tests.model.speech import SAMPLES, WORD_S, Medium
from tests.model.stores import Stores

CONNECTION = ConnectionId("c1")
SESSION = SessionId("s1")
WIRE_S = 0.02
TICK_S = 0.2
FENCED_AFTER_S = 4.0  # an owner cut off from DynamoDB is silent from then on
EXIT_WITHIN_S = 20.0
OVERDUE_S = 3600.0
FOR_EVER = 1e12  # Unix seconds


class World:
    """Runs one schedule to its end."""

    def __init__(self, seed: int, faults: Faults, seconds: float = 20.0, medium: Medium = SAMPLES) -> None:
        self.medium = medium
        self.faults = faults
        self.schedule = Schedule(seed)
        self.stores = Stores(SessionMeta(_terms(medium), TaskId("t1"), 1, SessionState.OPEN), medium.coding)
        self.client = ModelClient(SESSION, seconds, self._to_server, medium)
        self.takeovers = 0
        self.leaves = 0
        self.dropped = 0  # died, or were not gone in time
        self._owners: list[Owner] = []  # that ever were
        self._owner: Owner | None = self._new_owner(self.stores.meta, None)
        self._zombies: list[Owner] = []

    @property
    def streams_opened(self) -> int:
        """Count the streams of all owners."""
        return sum(owner.streams_opened for owner in self._owners)

    def run(self) -> None:
        """Run until the client has its record and nothing is left to do; assert the invariants throughout."""
        assert self._owner is not None
        self._owner.tell(ev.MessageTaken(CONNECTION, FOR_EVER, _start(self.medium)))
        self._client_tick()
        if self.faults.kill_per_s or self.faults.leave_per_s or self.faults.cut_off_per_s:
            self.schedule.at(1.0, self._strike)
        if self.faults.stores_away_per_s:
            self.schedule.at(1.0, self._send_stores_away)
        while not self._is_over:
            self.schedule.step()
            assert self.schedule.now <= OVERDUE_S, "the session never came to its end"
        self._check_end()

    @property
    def _is_over(self) -> bool:
        return self.client.is_done and self.stores.meta.is_finished

    def _check_end(self) -> None:
        client = self.client
        whole = self.medium.speech(0, client.total)
        count = round(client.total / self.medium.rate_hz / WORD_S)
        words = [f"w{number:06d}" for number in range(count)]
        self.stores.check_end(whole, words)
        assert client.saved is not None
        assert client.saved.sha256 == self.stores.meta.sha256
        assert client.saved.gaps == ()
        assert client.stored is None or client.stored.sha256 == client.saved.sha256
        seen = [client.finals[segment] for segment in sorted(client.finals)]
        assert seen == self.stores.finals[: len(seen)], "I4: the client saw what is stored"
        if client.saved.transcript is TranscriptState.COMPLETE:
            assert len(seen) == len(self.stores.finals), "I4: the client saw every final"

    # -- the wire ------------------------------------------------------------------------------------

    def _client_tick(self) -> None:
        self.client.tick(self.schedule.now)
        self.schedule.at(TICK_S, self._client_tick)

    def _to_server(self, message: object) -> None:
        schedule, faults = self.schedule, self.faults
        if schedule.chance(faults.drop):
            return
        for _ in range(2 if schedule.chance(faults.duplicate) else 1):
            event = ev.MessageTaken(CONNECTION, FOR_EVER, message)  # type: ignore[arg-type]
            delay_s = WIRE_S + schedule.random.random() * faults.delay_s
            schedule.at(delay_s, partial(self._to_an_owner, event))

    def _to_an_owner(self, event: ev.MessageTaken) -> None:
        """Bring a message to whom it finds: tasks may not know yet whose the session is."""
        zombies = [zombie for zombie in self._zombies if not zombie.is_dead]
        if zombies and self.schedule.chance(0.3):
            self.schedule.random.choice(zombies).tell(event)
        elif self._owner is not None:
            self._owner.tell(event)
        elif self.stores.meta.state is SessionState.COMMITTED:
            self._answer_from_stores(event.message)

    def _answer_from_stores(self, message: SessionMessage) -> None:
        """Do as a task does that finds a session committed, and nobody's."""
        meta = self.stores.meta
        saved = saved_message_of(meta)
        if isinstance(message, Resume):
            self._to_client(meta.epoch, Ready(message.ref, saved.samples, LIMITS.message()))
            for final in self.stores.finals[message.last_segment + 1 :]:
                self._to_client(meta.epoch, final)
        self._to_client(meta.epoch, saved)

    def _to_client(self, epoch: int, message: object) -> None:
        if not self.schedule.chance(self.faults.drop):
            self.schedule.at(WIRE_S, lambda: self.client.hear(message, epoch, self.schedule.now))

    # -- owners --------------------------------------------------------------------------------------

    def _new_owner(self, meta: SessionMeta, stored: list[Range] | None) -> Owner:
        owner = Owner(
            self.schedule,
            self.stores,
            self.faults,
            meta=meta,
            medium=self.medium,
            stored=stored,
            say=self._to_client,
            on_close=self._closed,
        )
        self._owners.append(owner)
        return owner

    def _strike(self) -> None:
        owner, schedule, faults = self._owner, self.schedule, self.faults
        if owner is not None and not owner.is_dead:
            if schedule.chance(faults.kill_per_s):
                self._kill(owner)
            elif schedule.chance(faults.leave_per_s):
                self.leaves += 1
                owner.tell(ev.Leaving())
                schedule.at(EXIT_WITHIN_S, lambda: self._drop(owner))
            elif schedule.chance(faults.cut_off_per_s):
                owner.is_cut_off = True
                schedule.at(FENCED_AFTER_S, lambda: self._drop(owner))
        schedule.at(1.0, self._strike)

    def _kill(self, owner: Owner) -> None:
        if self.schedule.chance(self.faults.zombie):
            self._zombies.append(owner)  # it goes on until a fence stops it
            self._owner = None
            self._take_over_within(8.0)
        else:
            self._drop(owner)

    def _drop(self, owner: Owner) -> None:
        if owner.is_dead:
            return
        owner.is_dead = True
        self.dropped += 1
        if owner is self._owner:
            self._owner = None
            self._take_over_within(8.0)

    def _closed(self, owner: Owner) -> None:
        if owner is self._owner:  # it has let go: released, or left for the next sweep
            self._owner = None
            self._take_over_within(1.0)

    def _take_over_within(self, most_s: float) -> None:
        self.schedule.at(self.schedule.random.uniform(0.05, most_s), self._take_over)

    def _take_over(self) -> None:
        if self._owner is not None or self.stores.meta.is_finished:
            return
        self.takeovers += 1
        meta = self.stores.claim()
        self._owner = self._new_owner(meta, self._stored(meta))
        self._owner.tell(ev.Tick())

    def _stored(self, meta: SessionMeta) -> list[Range]:
        if meta.samples is not None:
            return [(0, meta.samples)]
        return list(self.stores.parts) if meta.left is None else list(meta.left)

    # -- stores --------------------------------------------------------------------------------------

    def _send_stores_away(self) -> None:
        if self.schedule.chance(self.faults.stores_away_per_s):
            self.stores.away_until = self.schedule.now + self.schedule.random.uniform(1.0, 15.0)
        self.schedule.at(1.0, self._send_stores_away)


def _terms(medium: Medium) -> SessionTerms:
    return SessionTerms(
        SESSION,
        UserId("u1"),
        medium.encoding,
        Quality.LOW,
        medium.rate_hz,
        "PRIMARYCARE",
        "DICTATION",
        False,
        None,
        BEGAN_AT,
    )


def _start(medium: Medium) -> Start:
    return Start(
        "r",
        "22222222-2222-4222-8222-222222222222",
        medium.encoding,
        Quality.LOW,
        medium.rate_hz,
        CLIENT,
        Specialty.PRIMARYCARE,
        Conversation.DICTATION,
        False,
        None,
    )
