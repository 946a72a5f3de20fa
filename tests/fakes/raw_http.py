"""An HTTP server that says exactly the bytes a test wants, or nothing, or cuts. Loopback only."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.fakes.http_requests import TakenRequest, read_request

CUT = b"\0cut"  # at the end of what is scripted: close after it


def answer(status: int, body: bytes = b"{}", headers: str = "") -> bytes:
    """Write an answer."""
    return f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body


OK = answer(200)


class RawHttpServer:
    """Answers each request with what is scripted next, `b""` with nothing; after that with 200 and `{}`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._script: deque[bytes] = deque()
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()
        self.requests: list[TakenRequest] = []
        self.connections = 0
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def running(cls, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawHttpServer]:
        """Serve for as long as the context lasts."""
        server = cls(tls)
        await server.start()
        try:
            yield server
        finally:
            await server.stop()

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"https://localhost:{port}" if self._tls is not None else f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        """End every connection and listen no more."""
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def script(self, *answers: bytes) -> None:
        """Say these, in order, to the next requests."""
        self._script.extend(answers)

    def say_unasked(self, said: bytes) -> None:
        """Say something on every connection."""
        for writer in self._writers:
            writer.write(said)

    async def left_alone(self) -> None:
        """Wait until every client has ended its connections."""
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def asked(self, times: int) -> None:
        """Wait until so many requests have come."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.requests) >= times)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self._writers.add(writer)
        serving = asyncio.current_task()
        assert serving is not None
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)
        try:
            while True:
                request = await read_request(reader, number)
                async with self._changed:
                    self.requests.append(request)
                    self._changed.notify_all()
                said = self._script.popleft() if self._script else OK
                writer.write(said.removesuffix(CUT))
                if said.endswith(CUT):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
