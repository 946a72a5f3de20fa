"""The ports between tasks, in memory: who owns a session, and the way from one task to another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from contract.audio import Ranges
from contract.records import SessionId, SessionState, TaskId, work_key
from streaming_task.core.leases import Lease
from streaming_task.core.ownership import SessionMeta, Unfinished
from streaming_task.ports import Forwarded, NotConnected, NotTheOwner
from tests.fakes.ports import FakeSessions
from tests.fakes.turnstile import Turnstile

TAKEN = 200


class FakeOwnership:
    """Implements `Ownership`, beside the sessions that are owned."""

    def __init__(self, sessions: FakeSessions) -> None:
        self._sessions = sessions
        self.claims = Turnstile()

    async def claim(self, seen: SessionMeta, owner: TaskId) -> SessionMeta | None:
        """Take a session over, if it is still as it was seen."""
        async with self.claims:
            there = self._sessions.metas.get(seen.terms.session_id)
            if there is None or (there.epoch, there.owner) != (seen.epoch, seen.owner):
                return None
            claimed = replace(there, epoch=there.epoch + 1, owner=owner)
            self._sessions.metas[seen.terms.session_id] = claimed
            epoch, stored = self._sessions.left.get(seen.terms.session_id, (0, None))
            return replace(claimed, left=stored if epoch == there.epoch else None)

    async def release(self, session_id: SessionId, epoch: int, stored: Ranges | None) -> None:
        """Leave a session to whoever claims it."""
        self._sessions.metas[session_id] = replace(self._sessions.fence(session_id, epoch), owner=None)
        self._sessions.left[session_id] = (epoch, stored)

    async def unfinished(self, state: SessionState, shard: int) -> list[Unfinished]:
        """List what is left to be done."""
        return [
            Unfinished(session_id, meta.owner)
            for session_id, meta in self._sessions.metas.items()
            if meta.state is state
            and work_key(state, session_id) == f"{state}#{shard}"
            and not meta.is_finished
        ]


class FakePeers:
    """Implements `Peers`: `doors` are the tasks that can be reached."""

    def __init__(self) -> None:
        self.doors: dict[TaskId, Callable[[Forwarded], Awaitable[int]]] = {}
        self.forwarded: list[tuple[TaskId, Forwarded]] = []

    async def forward(self, to: Lease, message: Forwarded) -> None:
        """Give a message to another task."""
        if to.task_id not in self.doors:
            raise NotConnected("refused")
        self.forwarded.append((to.task_id, message))
        if await self.doors[to.task_id](message) != TAKEN:
            raise NotTheOwner("421")
