"""Take messages in: who is it, what is it, whose session is it. Owns the runners and known connections."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any

from contract.audio import Encoding
from contract.metrics import Metric
from contract.records import ConnectionId, SessionId, SessionState, TaskId, session_id_for
from contract.replies import Renewed, encode_without_session
from contract.wire import MESSAGES_PER_S, Code, Refusal, Renew, Start, parse_client_message
from streaming_task import ports
from streaming_task.answers import NOT_NOW, StoredAnswers
from streaming_task.core.admission import MessageRate, crowded
from streaming_task.core.events import Crowded, MessageTaken, SessionMessage
from streaming_task.core.ownership import FIRST_EPOCH, SessionMeta, SessionTerms
from streaming_task.core.session import Session
from streaming_task.core.vigil import SessionLimits
from streaming_task.runner import Services, SessionRunner

_log = logging.getLogger(__name__)

TAKEN, UNKNOWN_CONNECTION, TRY_AGAIN = 200, 403, 503
BUSY_RETRY_S = 5.0
FORGET_CONNECTION_AFTER_S = 900.0  # API Gateway closes a connection after 10 min without messages
REFUSALS_PER_S = 2  # of the message rate: a flood is not answered with a flood


@dataclass(slots=True)
class _Known:
    connection: ports.Connection
    rate: MessageRate
    refusals: float
    heard_at: float


class SessionDirectory:
    """Every session that this task owns, and every connection it has heard from."""

    def __init__(
        self,
        *,
        task_id: TaskId,
        services: Services,
        connections: ports.Connections,
        limits: SessionLimits,
        max_sessions: int,
    ) -> None:
        self._task_id = task_id
        self._services = services
        self._connections = connections
        self._limits = limits
        self._max_sessions = max_sessions
        self._answers = StoredAnswers(services.sessions, services.finals, services.pushes, limits.message())
        self._known: dict[ConnectionId, _Known] = {}
        self._finding: dict[ConnectionId, asyncio.Task[_Known | None]] = {}
        self._runners: dict[SessionId, SessionRunner] = {}
        self._opening: dict[SessionId, asyncio.Task[SessionRunner | SessionMeta]] = {}
        self._closing: set[SessionRunner] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_leaving = False
        self._crowded: frozenset[SessionId] = frozenset()

    @property
    def active(self) -> int:
        """Count the sessions that record."""
        return sum(1 for runner in self._runners.values() if runner.session.is_recording)

    @property
    def room(self) -> int:
        """Count the sessions that could be opened yet."""
        return 0 if self._is_leaving else max(0, self._max_sessions - self.active - len(self._opening))

    # -- connections ---------------------------------------------------------------------------------

    def message(self, connection_id: str, body: bytes) -> int | Awaitable[int]:
        """Take one message; give the HTTP status that says whether it was taken."""
        known = self._known.get(ConnectionId(connection_id))
        if known is None:
            return self._first_message(ConnectionId(connection_id), body)
        self._take(known, body)
        return TAKEN

    async def _first_message(self, connection_id: ConnectionId, body: bytes) -> int:
        finding = self._finding.get(connection_id)
        if finding is None:
            finding = asyncio.create_task(self._find(connection_id), name=f"find {connection_id}")
            self._finding[connection_id] = finding
        try:
            known = await asyncio.shield(finding)
        except ports.Unavailable as error:
            _log.warning("Connection not read", extra={"connection_id": connection_id, "code": error.code})
            return TRY_AGAIN
        if known is None:
            return UNKNOWN_CONNECTION
        self._take(known, body)
        return TAKEN

    async def _find(self, connection_id: ConnectionId) -> _Known | None:
        try:
            connection = await self._connections.find(connection_id)
            if connection is None:
                return None
            now = asyncio.get_running_loop().time()
            known = _Known(connection, MessageRate(now), 0.0, now)
            self._known[connection_id] = known
            return known
        finally:
            del self._finding[connection_id]

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
        now = asyncio.get_running_loop().time()
        for connection_id, known in list(self._known.items()):
            if now - known.heard_at >= FORGET_CONNECTION_AFTER_S:
                del self._known[connection_id]
                self._services.pushes.forget(connection_id)
        self._services.pushes.forget_gone(self._known)

    # -- messages ------------------------------------------------------------------------------------

    def _take(self, known: _Known, body: bytes) -> None:
        now = asyncio.get_running_loop().time()
        connection_id = known.connection.connection_id
        self._services.pushes.heard_from(connection_id)
        is_admitted = known.rate.admit(now)
        known.refusals = max(0.0, known.refusals - (now - known.heard_at) * REFUSALS_PER_S)
        known.heard_at = now
        if not is_admitted:
            if known.refusals < 1:
                known.refusals += 1
                self._refuse(
                    known,
                    Refusal(Code.RATE_LIMITED, f"At most {MESSAGES_PER_S} messages a second are taken."),
                )
            return
        try:
            message = parse_client_message(body)
        except Refusal as refusal:
            self._refuse(known, refusal)
            return
        match message:
            case Start():
                self._spawn(self._start(known, message), "start")
            case Renew():
                self._spawn(self._renew(known, message), "renew")
            case _:
                self._about_session(known, SessionId(message.session_id), message)

    def _about_session(self, known: _Known, session_id: SessionId, message: SessionMessage) -> None:
        runner = self._runners.get(session_id)
        if runner is not None and runner.session.meta.terms.user_id == known.connection.user_id:
            runner.post(_taken(known, message))
        else:
            self._spawn(self._answers.answer(known.connection, session_id, message), "answer")

    def _refuse(self, known: _Known, refusal: Refusal) -> None:
        connection_id = known.connection.connection_id
        runner = self._runners.get(SessionId(refusal.session_id or ""))
        if runner is not None and runner.session.meta.terms.user_id == known.connection.user_id:
            runner.refuse(connection_id, refusal)
        else:
            self._answers.refuse(connection_id, refusal.code, refusal.sentence, ref=refusal.ref)

    async def _renew(self, known: _Known, message: Renew) -> None:
        connection_id = known.connection.connection_id
        try:
            renewed = await self._connections.renew(known.connection, message.ticket)
        except ports.Unavailable:
            self._answers.refuse(connection_id, Code.INTERNAL, NOT_NOW, ref=message.ref, retry_after_s=1.0)
            return
        if renewed is None:
            sentence = "This ticket is not valid: ask for a fresh one."
            self._answers.refuse(connection_id, Code.AUTH_EXPIRED, sentence, ref=message.ref)
            return
        known.connection = renewed
        expires_in_s = max(0, round(renewed.authorised_until - time.time()))
        answer = Renewed(ref=message.ref, expires_in_s=expires_in_s)
        self._services.pushes.send(connection_id, "", Renewed, encode_without_session(answer))

    # -- starting ------------------------------------------------------------------------------------

    async def _start(self, known: _Known, message: Start) -> None:
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
            else:
                await self._answers.answer_from(connection, opened, message)
        except Refusal as refusal:
            retry_after_s = BUSY_RETRY_S if refusal.code is Code.BUSY else None
            if refusal.code is Code.BUSY:
                self._services.count(Metric.SESSIONS_REFUSED, 1.0)
            self._answers.refuse(
                connection.connection_id,
                refusal.code,
                refusal.sentence,
                ref=message.ref,
                retry_after_s=retry_after_s,
            )
        except ports.Unavailable as error:
            _log.warning("Session not opened", extra={"session_id": session_id, "code": error.code})
            self._answers.refuse(
                connection.connection_id, Code.INTERNAL, NOT_NOW, ref=message.ref, retry_after_s=1.0
            )

    async def _open(
        self, known: _Known, session_id: SessionId, message: Start, *, has_room: bool
    ) -> SessionRunner | SessionMeta:
        """Give the session's runner, or what the store says of it if it is not live here.

        Raises:
            Refusal: there is no room, or it asks for what there is not.
            Unavailable: the store did not answer well.
        """
        if has_room:
            meta = self._new_meta(known, session_id, message)
            there = await self._services.sessions.create(meta)
        else:
            there = await self._services.sessions.find(session_id)
            if there is None:
                raise _busy()
            meta = there
        if self._is_leaving:
            raise _busy()  # what was put meanwhile is found by its repeat
        if there is not None and (there.owner != self._task_id or there.state is not SessionState.OPEN):
            return there
        return self._run(meta if there is None else there)

    def _new_meta(self, known: _Known, session_id: SessionId, message: Start) -> SessionMeta:
        if message.encoding is not Encoding.PCM:
            raise Refusal(Code.UNSUPPORTED_AUDIO, "This server takes PCM audio only.")
        terms = SessionTerms(
            session_id=session_id,
            user_id=known.connection.user_id,
            encoding=message.encoding,
            quality=message.quality,
            sample_rate_hz=message.sample_rate_hz,
            specialty=message.specialty,
            conversation=message.conversation,
            speaker_labels=message.speaker_labels,
            vocabulary=message.vocabulary,
            started_at=time.time(),
        )
        return SessionMeta(
            terms=terms,
            owner=self._task_id,
            epoch=FIRST_EPOCH,
            state=SessionState.OPEN,
            connection_id=known.connection.connection_id,
            client=message.client,
        )

    def _run(self, meta: SessionMeta) -> SessionRunner:
        session_id = meta.terms.session_id
        now = asyncio.get_running_loop().time()
        session = Session(meta, self._limits, now, Random(session_id))  # noqa: S311 - jitter, not a secret
        runner = SessionRunner(session, self._services, lambda: self._close(session_id))
        self._runners[session_id] = runner
        _log.info("Session opened", extra={"session_id": session_id, "active": self.active})
        return runner

    def _close(self, session_id: SessionId) -> None:
        runner = self._runners.pop(session_id, None)
        if runner is not None:
            _log.info("Session closed", extra={"session_id": session_id, "active": self.active})
            self._closing.add(runner)
            self._spawn(self._settle(runner), "settle")

    async def _settle(self, runner: SessionRunner) -> None:
        try:
            await runner.settle(within_s=600.0)
        finally:
            self._closing.discard(runner)

    def fence(self) -> None:
        """Let go of every session at once: others may take this task for dead, so it must be silent."""
        for session_id, runner in list(self._runners.items()):
            _log.error("Session let go: the lease could not be kept", extra={"session_id": session_id})
            runner.abort()
            del self._runners[session_id]

    # -- leaving -------------------------------------------------------------------------------------

    async def leave(self, within_s: float) -> None:
        """Stop every session; wait for what is under way, at most for so long."""
        self._is_leaving = True
        runners = [*self._runners.values(), *self._closing]
        for runner in runners:
            runner.abort()
        await asyncio.gather(*(runner.settle(within_s) for runner in runners))
        await self._services.pushes.close(within_s)
        for task in (*self._tasks, *self._opening.values()):
            task.cancel()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            code = type(error).__name__
            _log.error("Session message broke", extra={"step": task.get_name(), "code": code})


def _taken(known: _Known, message: SessionMessage) -> MessageTaken:
    connection = known.connection
    return MessageTaken(connection.connection_id, connection.authorised_until, message)


def _busy() -> Refusal:
    return Refusal(Code.BUSY, "All places are taken just now: try again shortly.")
