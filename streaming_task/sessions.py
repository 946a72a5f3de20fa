"""Take messages in: who is it, what is it, whose session is it. Owns the runners and known connections."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable
from random import Random

from contract.metrics import Metric
from contract.records import ConnectionId, SessionId, TaskId, UserId, session_id_for
from contract.replies import Renewed, encode_without_session
from contract.wire import MESSAGES_PER_S, Code, Refusal, Renew, Start, parse_client_message, refusal_of
from streaming_task import ports
from streaming_task.answers import NOT_NOW, StoredAnswers
from streaming_task.core.admission import crowded
from streaming_task.core.events import Crowded, Leaving, MessageTaken, SessionMessage, Tick
from streaming_task.core.leases import LeaseBoard
from streaming_task.core.ownership import SessionMeta
from streaming_task.core.room import Room
from streaming_task.core.session import Session
from streaming_task.core.vigil import SessionLimits
from streaming_task.errands import Errands
from streaming_task.known import Known, KnownConnections
from streaming_task.openings import new_meta
from streaming_task.record_steps import Services
from streaming_task.routing import Routed, Routing, Stored
from streaming_task.runner import SessionRunner

_log = logging.getLogger(__name__)

TAKEN, UNKNOWN_CONNECTION, TRY_AGAIN = 200, 403, 503
BUSY_RETRY_S = 5.0
LAST_WORDS_S = 2.0  # to give up what took too long, then for what is under way, then for what is said
LINGER_S = 2.0  # a balancer sends messages to a task that leaves until it has noticed
SETTLE_WITHIN_S = 600.0  # a recording of half an hour is compacted in seconds, but waits its turn


class SessionDirectory:
    """Every session that this task owns, and every connection it has heard from."""

    def __init__(
        self,
        *,
        task_id: TaskId,
        services: Services,
        connections: ports.Connections,
        peers: ports.Peers,
        leases: ports.Leases,
        board: LeaseBoard,
        limits: SessionLimits,
        room: Room,
    ) -> None:
        self._task_id = task_id
        self._services = services
        self._limits = limits
        self._room = room
        self._answers = StoredAnswers(services.sessions, services.finals, services.pushes, limits.message())
        self.known = KnownConnections(connections)
        self.routing = Routing(
            task_id=task_id,
            sessions=services.sessions,
            ownership=services.ownership,
            audio=services.audio,
            peers=peers,
            leases=leases,
            board=board,
            answers=self._answers,
            find_here=self._find_here,
            adopt=self._run,
        )
        self._runners: dict[SessionId, SessionRunner] = {}
        self._opening: dict[SessionId, asyncio.Task[SessionRunner | None]] = {}
        self._closing: set[SessionRunner] = set()
        self._errands = Errands("Session message broke")
        self._none_left = asyncio.Event()
        self._crowded: frozenset[SessionId] = frozenset()

    @property
    def active(self) -> int:
        """Count the sessions that record."""
        return len(self.recording)

    @property
    def recording(self) -> tuple[SessionRunner, ...]:
        """Give the sessions that record."""
        return tuple(runner for runner in self._runners.values() if runner.session.is_recording)

    @property
    def users(self) -> frozenset[UserId]:
        """Name everyone who is connected or has a session here."""
        return self.known.users | {runner.session.meta.terms.user_id for runner in self.recording}

    @property
    def room(self) -> int:
        """Count the sessions that could be opened yet."""
        if not self.routing.may_own:
            return 0
        return self._room.left(self.active + len(self._opening), asyncio.get_running_loop().time())

    # -- messages ------------------------------------------------------------------------------------

    def message(self, connection_id: str, body: bytes) -> int | Awaitable[int]:
        """Take one message; give the HTTP status that says whether it was taken."""
        known = self.known.get(ConnectionId(connection_id))
        if known is None:
            return self._first_message(ConnectionId(connection_id), body)
        self._take(known, body)
        return TAKEN

    async def _first_message(self, connection_id: ConnectionId, body: bytes) -> int:
        try:
            known = await self.known.find(connection_id)
        except ports.Unavailable as error:
            _log.warning("Connection not read", extra={"connection_id": connection_id, "code": error.code})
            return TRY_AGAIN
        if known is None:
            return UNKNOWN_CONNECTION
        self._take(known, body)
        return TAKEN

    async def forwarded(self, hop: ports.Forwarded) -> int:
        """Take a message that another task took in; 421: its session is not here and not to be claimed."""
        try:
            known = self.known.get(hop.connection_id) or await self.known.find(hop.connection_id)
            message = None if known is None else parse_client_message(hop.body)
        except (ports.Unavailable, Refusal) as error:
            _log.warning("Session message not taken over", extra={"code": type(error).__name__})
            return TRY_AGAIN
        if known is None or message is None or isinstance(message, Renew):
            return UNKNOWN_CONNECTION
        known.heard_at = asyncio.get_running_loop().time()
        self._services.pushes.heard_from(hop.connection_id)
        if isinstance(message, Start):
            self._errands.run(self._start(known, message, hop.body, may_pass_on=False), "start")
            return TAKEN
        return await self.routing.take_hop(self._routed(known, hop.session_id, message, hop.body))

    def _take(self, known: Known, body: bytes) -> None:
        now = asyncio.get_running_loop().time()
        self._services.pushes.heard_from(known.connection.connection_id)
        if not known.admit(now):
            if known.may_be_refused():
                sentence = f"At most {MESSAGES_PER_S} messages a second are taken."
                self._refuse(known, refusal_of(body, Code.RATE_LIMITED, sentence))
            return
        try:
            message = parse_client_message(body)
            known.refuse_revoked(message)
        except Refusal as refusal:
            self._refuse(known, refusal)
            return
        match message:
            case Start():
                self._errands.run(self._start(known, message, body, may_pass_on=True), "start")
            case Renew():
                self._errands.run(self._renew(known, message), "renew")
            case _:
                self._about_session(known, SessionId(message.session_id), message, body)

    def _about_session(
        self, known: Known, session_id: SessionId, message: SessionMessage, body: bytes
    ) -> None:
        runner = self._find_here(session_id, known.connection.user_id)
        if runner is not None:
            runner.post(_taken(known, message))
        elif self.routing.enqueue(self._routed(known, session_id, message, body)):
            self._errands.run(self.routing.work(session_id), "route")

    def _routed(self, known: Known, session_id: SessionId, message: SessionMessage, body: bytes) -> Routed:
        return Routed(
            known.connection, session_id, message, body, lambda runner: runner.post(_taken(known, message))
        )

    def _find_here(self, session_id: SessionId, user_id: UserId) -> SessionRunner | None:
        runner = self._runners.get(session_id)
        return runner if runner is not None and runner.session.meta.terms.user_id == user_id else None

    def relieve(self) -> None:
        """Let the largest sessions take no audio while the task as a whole holds too much."""
        held = {session_id: runner.session.bytes_not_durable for session_id, runner in self._runners.items()}
        named = crowded(held)
        for session_id in named ^ self._crowded:
            runner = self._runners.get(session_id)
            if runner is not None:
                runner.post(Crowded(session_id in named))
        self._crowded = named

    def forget_the_silent(self) -> None:
        """Drop what is known of connections that cannot be open any more."""
        for connection_id in self.known.forget_the_silent():
            self._services.pushes.forget(connection_id)
        self._services.pushes.forget_gone(self.known)

    def _refuse(self, known: Known, refusal: Refusal) -> None:
        runner = self._find_here(SessionId(refusal.session_id or ""), known.connection.user_id)
        if runner is not None:
            runner.refuse(known.connection.connection_id, refusal)
        else:
            self.routing.refuse(known.connection, refusal)

    async def _renew(self, known: Known, message: Renew) -> None:
        connection_id = known.connection.connection_id
        try:
            is_renewed = await self.known.renew(known, message.ticket)
        except ports.Unavailable:
            self._answers.refuse(connection_id, Code.INTERNAL, NOT_NOW, ref=message.ref, retry_after_s=1.0)
            return
        if not is_renewed:
            sentence = "This ticket is not valid: ask for a fresh one."
            self._answers.refuse(connection_id, Code.AUTH_EXPIRED, sentence, ref=message.ref)
            return
        expires_in_s = max(0, round(known.connection.authorised_until - time.time()))
        answer = Renewed(ref=message.ref, expires_in_s=expires_in_s)
        self._services.pushes.send(connection_id, "", Renewed, encode_without_session(answer))

    # -- starting ------------------------------------------------------------------------------------

    async def _start(self, known: Known, message: Start, body: bytes, *, may_pass_on: bool) -> None:
        connection = known.connection
        session_id = session_id_for(connection.user_id, message.request_id)
        runner = self._runners.get(session_id)
        if runner is not None:
            runner.post(_taken(known, message))
            return
        opening = self._opening.get(session_id)
        if opening is None:
            opening = asyncio.create_task(
                self._open(known, session_id, message, has_room=self.room > 0), name=f"open {session_id}"
            )
            self._opening[session_id] = opening
            opening.add_done_callback(lambda _: self._opening.pop(session_id))
        try:
            opened = await asyncio.shield(opening)  # shared by the repeats of one start
            if isinstance(opened, SessionRunner):
                opened.post(_taken(known, message))
            elif self.routing.enqueue(self._routed(known, session_id, message, body)):
                await self.routing.work(session_id)
        except Refusal as refusal:
            is_busy = refusal.code is Code.BUSY
            if is_busy and may_pass_on and await self.routing.pass_on(connection, session_id, body):
                return
            if is_busy:
                self._services.count(Metric.SESSIONS_REFUSED, 1.0)
            self._answers.refuse(
                connection.connection_id,
                refusal.code,
                refusal.sentence,
                ref=message.ref,
                retry_after_s=BUSY_RETRY_S if is_busy else None,
            )
        except ports.Unavailable as error:
            _log.warning("Session not opened", extra={"session_id": session_id, "code": error.code})
            self._answers.not_now(connection, message)

    async def _open(
        self, known: Known, session_id: SessionId, message: Start, *, has_room: bool
    ) -> SessionRunner | None:
        """Give the session's runner; None: it was opened before, and is not live here.

        Raises:
            Refusal: there is no room.
            Unavailable: the store did not answer well.
        """
        meta = new_meta(self._task_id, known.connection, session_id, message)
        if has_room:
            there = await self._services.sessions.create(meta)
        else:
            there = await self._services.sessions.find(session_id)
            if there is None:
                raise _busy()
        if not self.routing.may_own:
            raise _busy()  # what was put meanwhile is found by its repeat
        return None if there is not None else self._run(meta, None)

    def _run(self, meta: SessionMeta, stored: Stored | None) -> SessionRunner:
        session_id = meta.terms.session_id
        now = asyncio.get_running_loop().time()
        random = Random(f"{session_id} {meta.epoch}")  # noqa: S311 - jitter, not a secret
        coding = self._services.coding(meta.terms.encoding)
        session = Session(meta, self._limits, now, random, stored=stored, coding=coding)
        runner = SessionRunner(
            session,
            self._services,
            on_close=lambda: self._close(session_id),
            on_reclaim=lambda: self._errands.run(self.routing.claim_anew(session_id), "claim anew"),
        )
        self._runners[session_id] = runner
        _log.info("Session opened", extra={"session_id": session_id, "active": self.active})
        if stored is not None:  # nobody need say anything for it to go on
            runner.post(Leaving() if self.routing.is_leaving else Tick())
        return runner

    def _close(self, session_id: SessionId) -> None:
        runner = self._runners.pop(session_id, None)
        if runner is not None:
            _log.info("Session closed", extra={"session_id": session_id, "active": self.active})
            self._closing.add(runner)
            self._errands.run(self._settle(runner), "settle")
        if self.routing.is_leaving and not self._runners:
            self._none_left.set()

    async def _settle(self, runner: SessionRunner) -> None:
        try:
            await runner.settle(within_s=SETTLE_WITHIN_S)
        finally:
            self._closing.discard(runner)

    def fence(self) -> None:
        """Let go of every session and take none: others may take this task for dead: it must be silent."""
        self.routing.is_fenced = True
        for session_id, runner in list(self._runners.items()):
            _log.error("Session let go: the lease could not be kept", extra={"session_id": session_id})
            runner.drop()
            del self._runners[session_id]

    def lift_fence(self) -> None:
        """Take sessions again: the lease is kept."""
        self.routing.is_fenced = False

    async def leave(self, within_s: float) -> None:
        """Hand every session over, within so long; then give up what is left, and let last words be said."""
        self.routing.is_leaving = True
        linger_s = LINGER_S if self._runners else 0.0
        for patience_s in (within_s, LAST_WORDS_S):  # the second time they go as they are
            for runner in list(self._runners.values()):
                runner.post(Leaving())
            if self._runners:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._none_left.wait(), patience_s)
        await asyncio.sleep(linger_s)  # clients answer `moved`, and some of it comes here
        runners = [*self._runners.values(), *self._closing]
        for runner in runners:
            runner.abort()
        await asyncio.gather(*(runner.settle(LAST_WORDS_S) for runner in runners))
        await self._services.pushes.close(LAST_WORDS_S)
        self._errands.call_off()
        for opening in self._opening.values():
            opening.cancel()


def _taken(known: Known, message: SessionMessage) -> MessageTaken:
    return MessageTaken(known.connection.connection_id, known.connection.authorised_until, message)


def _busy() -> Refusal:
    return Refusal(Code.BUSY, "All places are taken just now: try again shortly.")
