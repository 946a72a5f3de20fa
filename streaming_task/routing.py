"""Bring a message to its session's owner: here, one hop away, or here after a claim."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from contract.audio import Range
from contract.object_keys import parts_prefix
from contract.records import SessionId, SessionState, TaskId, UserId
from contract.wire import Code, Refusal
from streaming_task import ports
from streaming_task.answers import StoredAnswers
from streaming_task.core.events import SessionMessage
from streaming_task.core.leases import Lease, LeaseBoard
from streaming_task.core.ownership import SessionMeta
from streaming_task.owners import Owner, Owners
from streaming_task.runner import SessionRunner

_log = logging.getLogger(__name__)

WAITING = 64  # messages of one session; more are dropped: the client sends again what nobody acknowledged
TAKEN, NOT_THE_OWNER = 200, 421
READS_AT_ONCE = 8  # of owners, and claims: a task that takes a hundred sessions up asks for few at a time

Stored = list[Range]
Adopt = Callable[[SessionMeta, Stored], SessionRunner]


@dataclass(frozen=True, slots=True)
class Routed:
    """A message on its way; `deliver` gives it to the runner that is found."""

    connection: ports.Connection
    session_id: SessionId
    message: SessionMessage
    body: bytes
    deliver: Callable[[SessionRunner], None]


class Routing:
    """Knows where sessions are that are not here, as far as it was told."""

    def __init__(
        self,
        *,
        task_id: TaskId,
        sessions: ports.Sessions,
        ownership: ports.Ownership,
        audio: ports.AudioStore,
        peers: ports.Peers,
        leases: ports.Leases,
        board: LeaseBoard,
        answers: StoredAnswers,
        find_here: Callable[[SessionId, UserId], SessionRunner | None],
        adopt: Adopt,
    ) -> None:
        self._task_id = task_id
        self._sessions = sessions
        self._ownership = ownership
        self._audio = audio
        self._peers = peers
        self._leases = leases
        self._board = board
        self._answers = answers
        self._find_here = find_here
        self._adopt = adopt
        self._owners = Owners()
        self._queues: dict[SessionId, deque[Routed]] = {}
        self._claiming: dict[SessionId, asyncio.Lock] = {}
        # Without it, taking up what a lost lease let go of would be what loses the lease again.
        self._turns = asyncio.Semaphore(READS_AT_ONCE)
        self.is_leaving = False
        self.is_fenced = False  # the lease could not be kept

    @property
    def may_own(self) -> bool:
        """Tell whether this task may take sessions at all."""
        return not self.is_leaving and not self.is_fenced

    # -- messages taken in here ----------------------------------------------------------------------

    def enqueue(self, routed: Routed) -> bool:
        """Queue a message; True: nobody works on its session's queue yet, so `work` must be run."""
        queue = self._queues.get(routed.session_id)
        if queue is not None:
            if len(queue) < WAITING:
                queue.append(routed)
            return False
        self._queues[routed.session_id] = deque([routed])
        return True

    def refuse(self, connection: ports.Connection, refusal: Refusal) -> None:
        """Refuse a message about no session here; name its session while its owner is known.

        A client does not hear what bears an older epoch than it has seen: in doubt none is named.
        """
        session_id = SessionId(refusal.session_id or "")
        owner = self._owners.get(session_id)
        is_theirs = owner is not None and owner.user_id == connection.user_id
        # Who has signed out says nothing that would be forwarded, so that a new owner would never be noticed.
        is_noticed = refusal.code is not Code.AUTH_EXPIRED
        if owner is not None and is_theirs and is_noticed and self._alive(owner.lease.task_id) is not None:
            self._answers.refuse_about(connection.connection_id, session_id, owner.epoch, refusal)
        else:
            self._answers.refuse(connection.connection_id, refusal.code, refusal.sentence, ref=refusal.ref)

    async def work(self, session_id: SessionId) -> None:
        """Bring every queued message of a session where it belongs, in order."""
        queue = self._queues[session_id]
        try:
            while queue:
                await self._bring(queue.popleft())
        finally:
            del self._queues[session_id]

    async def _bring(self, routed: Routed) -> None:
        here = self._find_here(routed.session_id, routed.connection.user_id)
        if here is not None:
            routed.deliver(here)
            return
        try:
            for _ in range(2):  # a stale owner answers 421: read again, and try once more
                owner = self._owners.get(routed.session_id)
                if owner is not None and self._alive(owner.lease.task_id) is not None:
                    if await self._forward(routed, owner):
                        return
                    continue
                if await self._find_out(routed):
                    return
        except ports.Unavailable as error:
            _log.warning("Session not found out", extra={"code": error.code})
            self._answers.not_now(routed.connection, routed.message)

    async def _forward(self, routed: Routed, owner: Owner) -> bool:
        """Forward a message; False: that was not the owner, or it cannot be reached and may have gone."""
        hop = ports.Forwarded(routed.connection.connection_id, routed.session_id, owner.epoch, routed.body)
        try:
            await self._peers.forward(owner.lease, hop)
        except ports.NotTheOwner:
            self._owners.forget(routed.session_id)
            return False
        except ports.Unreachable as error:
            about = {"session_id": routed.session_id, "code": error.code, "peer": owner.lease.task_id}
            _log.warning("Session message not forwarded", extra=about)
            if isinstance(error, ports.NotConnected):  # who only is slow has a lease that tells
                self._board.failed(owner.lease.task_id, self._now())
            elif self._alive(owner.lease.task_id) is not None:
                return True  # lost on its way: the client sends it again
            self._owners.forget(routed.session_id)
            return False
        return True

    async def _find_out(self, routed: Routed) -> bool:
        """Read who owns the session and act on it; False: try again with what is known now."""
        if self.is_fenced and self._roomiest() is None:
            return True  # nobody could take it, and to find that out would keep a slow table slow
        meta = await self._find(routed.session_id)
        if meta is None or meta.terms.user_id != routed.connection.user_id:
            self._answers.not_found(routed.connection, routed.message)
            return True
        if meta.state is SessionState.COMMITTED:
            await self._answers.answer_from(routed.connection, meta, routed.message)
            return True
        if meta.owner is not None and meta.owner != self._task_id:
            await self._look_for(meta.owner)
            lease = self._alive(meta.owner)
            if lease is not None:
                owner = Owner(lease, meta.epoch, meta.terms.user_id)
                self._owners.put(routed.session_id, owner)
                return await self._forward(routed, owner)
        if not self.may_own:
            return await self._forward_to_the_roomiest(routed, meta)
        runner = await self.claim(meta)
        if runner is None:
            return False
        routed.deliver(runner)
        return True

    async def _forward_to_the_roomiest(self, routed: Routed, meta: SessionMeta) -> bool:
        lease = self._roomiest()
        return lease is None or await self._forward(routed, Owner(lease, meta.epoch, meta.terms.user_id))

    def _roomiest(self) -> Lease | None:
        return self._board.with_most_room(self._now(), but=self._task_id)

    async def _find(self, session_id: SessionId) -> SessionMeta | None:
        async with self._turns:
            return await self._sessions.find(session_id)

    # -- messages that had their hop -----------------------------------------------------------------

    async def take_hop(self, routed: Routed) -> int:
        """Take a forwarded message if the session is here or may be claimed; 421 otherwise."""
        here = self._find_here(routed.session_id, routed.connection.user_id)
        if here is None:
            try:
                meta = await self._find(routed.session_id)
                is_theirs = meta is not None and meta.terms.user_id == routed.connection.user_id
                if meta is not None and is_theirs and await self._may_claim(meta):
                    here = await self.claim(meta)
            except ports.Unavailable as error:
                _log.warning("Session not found out", extra={"code": error.code})
        if here is None:
            return NOT_THE_OWNER
        routed.deliver(here)
        return TAKEN

    async def _may_claim(self, meta: SessionMeta) -> bool:
        return meta.state is not SessionState.COMMITTED and await self.is_nobodys(meta.owner)

    # -- claims --------------------------------------------------------------------------------------

    async def claim(self, meta: SessionMeta) -> SessionRunner | None:
        """Take an unfinished session over and run it; None: another was faster, or this task may not.

        Raises:
            Unavailable: the store did not answer well.
        """
        session_id = meta.terms.session_id
        lock = self._claiming.setdefault(session_id, asyncio.Lock())
        try:
            async with lock, self._turns:
                if (here := self._find_here(session_id, meta.terms.user_id)) is not None:
                    return here
                if self.is_fenced:
                    return None
                claimed = await self._ownership.claim(meta, self._task_id)
                if claimed is None:
                    return None
                self._owners.forget(session_id)
                stored = await self._stored(claimed)
                if self.is_fenced:
                    return None  # it is claimed once more by whoever may own it
                about = {"session_id": session_id, "epoch": claimed.epoch, "state": claimed.state}
                _log.info("Session taken over", extra=about)
                return self._adopt(claimed, stored)
        finally:
            if not lock.locked():
                self._claiming.pop(session_id, None)

    async def claim_anew(self, session_id: SessionId) -> None:
        """Take a session over that this task owned until now, unless it is another's; a sweep does else."""
        try:
            meta = await self._find(session_id)
            if meta is not None and await self.may_sweep(meta):
                await self.claim(meta)
        except ports.Unavailable as error:
            _log.warning("Session not claimed anew", extra={"session_id": session_id, "code": error.code})

    async def _stored(self, meta: SessionMeta) -> Stored:
        if meta.samples is not None:
            return [(0, meta.samples)]  # sealed: what the gaps leave out is told by the gaps
        if meta.left is not None:
            return list(meta.left)  # in hand: a hundred sessions at once would wait for their lists
        parts = await self._audio.list_parts(parts_prefix(meta.terms.user_id, meta.terms.session_id))
        return [(part.start, part.end) for part in parts]

    async def may_sweep(self, meta: SessionMeta) -> bool:
        """Tell whether something is left to be done for a session that is nobody's.

        Raises:
            Unavailable: the leases could not be read.
        """
        is_here = self._find_here(meta.terms.session_id, meta.terms.user_id) is not None
        return not is_here and not meta.is_finished and await self.is_nobodys(meta.owner)

    async def is_nobodys(self, owner: TaskId | None) -> bool:
        """Tell whether this task may claim what has that owner: none, itself, or one that is dead or gone.

        Raises:
            Unavailable: the leases could not be read.
        """
        if not self.may_own:
            return False
        if owner is None or owner == self._task_id:
            return True
        await self._look_for(owner)
        return self._alive(owner) is None

    async def _look_for(self, task_id: TaskId) -> None:
        """Read the leases again for a task that nothing is known of yet."""
        if not self._board.is_known(task_id):
            self._board.observe(await self._leases.list(), self._now())
            self._board.has_no_lease(task_id)

    async def pass_on(self, connection: ports.Connection, session_id: SessionId, body: bytes) -> bool:
        """Pass a start on to the task with most room, once; False: none has any."""
        lease = self._roomiest()
        if lease is None or lease.room == 0:
            return False
        try:
            await self._peers.forward(lease, ports.Forwarded(connection.connection_id, session_id, 0, body))
        except (ports.NotTheOwner, ports.Unreachable) as error:
            _log.warning("Session start not passed on", extra={"code": error.code})
            return False
        return True

    def _alive(self, task_id: TaskId) -> Lease | None:
        return self._board.alive(task_id, self._now())

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
