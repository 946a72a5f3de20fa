"""One loopback port that speaks HTTP/1.1 and hands every request to one handler. Decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

HOST: Final = "127.0.0.1"
KEPT_ALIVE_S: Final = 75.0
ANSWERED_WITHIN_S: Final = 0.5  # what is under way when the port closes has so long to end

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class HttpPort:
    """Listen on a port until closed."""

    def __init__(self, handler: Handler, port: int, body_limit_bytes: int) -> None:
        """Prepare; port 0 takes a free one, a limit of 0 is none."""
        self._handler = handler
        self._port = port
        self._body_limit_bytes = body_limit_bytes
        self._runner: web.ServerRunner | None = None

    @property
    def number(self) -> int:
        """The port that is listened on."""
        return self._port

    async def open(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the port is taken.
        """
        loop = asyncio.get_running_loop()

        def request_of(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
            limit = self._body_limit_bytes
            return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=limit)

        server = web.Server(
            self._answer,
            request_factory=request_of,
            access_log=None,  # a path may hold a connection's id, a query a code
            keepalive_timeout=KEPT_ALIVE_S,
            auto_decompress=False,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=ANSWERED_WITHIN_S)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port).start()
        self._port = self._runner.addresses[0][1]

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Expect", "").lower() == "100-continue":
            # aiohttp leaves it to its routes, of which there are none here; boto would wait a second for it.
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        return await self._handler(request)

    async def close(self) -> None:
        """Stop listening and cut what is open."""
        if self._runner is not None:
            await self._runner.cleanup()
