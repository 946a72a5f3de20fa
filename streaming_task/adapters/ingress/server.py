"""Listen, watch the connections' time, and leave in good order. It says nothing of statuses."""

from __future__ import annotations

import asyncio

from streaming_task.adapters.ingress.connection import IngressConnection
from streaming_task.adapters.ingress.handler import Handler, IngressLimits, IsGoodHop, trust_nobody

BACKLOG = 1024  # connections that the kernel keeps while the loop is busy
LOOKS_PER_LIMIT = 4  # a limit is kept to within a quarter of itself


class Ingress:
    """The task's HTTP server. Build it inside a running loop; `is_good_hop` checks what other tasks send."""

    def __init__(
        self,
        handler: Handler,
        limits: IngressLimits | None = None,
        *,
        is_good_hop: IsGoodHop = trust_nobody,
    ) -> None:
        self._handler = handler
        self._is_good_hop = is_good_hop
        self._limits = limits or IngressLimits()
        self._loop = asyncio.get_running_loop()
        self._connections: set[IngressConnection] = set()
        self._server: asyncio.Server | None = None
        self._look: asyncio.TimerHandle | None = None
        self._is_draining = False
        self._all_closed = asyncio.Event()
        self._all_closed.set()

    async def start(self, host: str, port: int) -> int:
        """Listen, on any free port if `port` is 0; give the port.

        Raises:
            OSError: the port is not to be had.
        """
        self._server = await self._loop.create_server(self._connect, host, port, backlog=BACKLOG)
        self._watch()
        return int(self._server.sockets[0].getsockname()[1])

    def drain(self) -> None:
        """Go on answering, but let every answer be its connection's last: peers come back to another task."""
        self._is_draining = True
        for connection in self._connections:
            connection.drain()

    async def stop(self, grace_s: float) -> None:
        """Accept nothing more, finish what is under way within the grace, and drop the rest."""
        self.drain()
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close_if_idle()
        try:
            async with asyncio.timeout(grace_s):
                await self._all_closed.wait()
        except TimeoutError:
            for connection in list(self._connections):
                connection.abort()
        finally:
            if self._look is not None:
                self._look.cancel()

    def _connect(self) -> IngressConnection:
        is_surplus = len(self._connections) >= self._limits.connections
        connection = IngressConnection(
            self._handler, self._is_good_hop, self._limits, self._disconnect, is_surplus=is_surplus
        )
        if self._is_draining:
            connection.drain()
        self._connections.add(connection)
        self._all_closed.clear()
        return connection

    def _disconnect(self, connection: IngressConnection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._all_closed.set()

    def _watch(self) -> None:
        now = self._loop.time()
        for connection in list(self._connections):
            connection.expire(now)
        limits = self._limits
        shortest_s = min(limits.head_s, limits.body_s, limits.write_s, limits.idle_s, limits.linger_s)
        self._look = self._loop.call_later(shortest_s / LOOKS_PER_LIMIT, self._watch)
