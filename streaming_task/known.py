"""The connections this task has heard from: who is at the other end, and how much they may say."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from contract.records import ConnectionId
from streaming_task import ports
from streaming_task.core.admission import MessageRate

FORGET_AFTER_S = 900.0  # API Gateway closes a connection after 10 min without messages
REFUSALS_PER_S = 2  # of the message rate: a flood is not answered with a flood


@dataclass(slots=True)
class Known:
    """A connection whose record was read."""

    connection: ports.Connection
    rate: MessageRate
    refusals: float
    heard_at: float

    def admit(self, now: float) -> bool:
        """Take one message, if there is room for it."""
        is_admitted = self.rate.admit(now)
        self.refusals = max(0.0, self.refusals - (now - self.heard_at) * REFUSALS_PER_S)
        self.heard_at = now
        return is_admitted

    def may_be_refused(self) -> bool:
        """Tell whether one more refusal is worth saying."""
        if self.refusals >= 1:
            return False
        self.refusals += 1
        return True


class KnownConnections:
    """Reads each connection's record once, consistently, however many messages wait for it."""

    def __init__(self, connections: ports.Connections) -> None:
        self._connections = connections
        self._known: dict[ConnectionId, Known] = {}
        self._finding: dict[ConnectionId, asyncio.Task[Known | None]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, connection_id: object) -> bool:
        return connection_id in self._known

    def get(self, connection_id: ConnectionId) -> Known | None:
        """Give what is known already."""
        return self._known.get(connection_id)

    async def find(self, connection_id: ConnectionId) -> Known | None:
        """Read a connection's record; None: there is none.

        Raises:
            Unavailable: it could not be read.
        """
        finding = self._finding.get(connection_id)
        if finding is None:
            finding = asyncio.create_task(self._find(connection_id), name=f"find {connection_id}")
            self._finding[connection_id] = finding
        return await asyncio.shield(finding)

    async def _find(self, connection_id: ConnectionId) -> Known | None:
        try:
            connection = await self._connections.find(connection_id)
            if connection is None:
                return None
            now = asyncio.get_running_loop().time()
            known = Known(connection, MessageRate(now), 0.0, now)
            self._known[connection_id] = known
            return known
        finally:
            del self._finding[connection_id]

    async def renew(self, known: Known, ticket: str) -> bool:
        """Spend a ticket on a connection; False: it is no good.

        Raises:
            Unavailable: it could not be said.
        """
        renewed = await self._connections.renew(known.connection, ticket)
        if renewed is not None:
            known.connection = renewed
        return renewed is not None

    def forget_the_silent(self) -> list[ConnectionId]:
        """Drop what is known of connections that cannot be open any more; give them."""
        now = asyncio.get_running_loop().time()
        silent = [name for name, known in self._known.items() if now - known.heard_at >= FORGET_AFTER_S]
        for connection_id in silent:
            del self._known[connection_id]
        return silent
