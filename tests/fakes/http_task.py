"""A task's HTTP face for tests: it notes what it is sent and answers what the test wants. Loopback only."""

from __future__ import annotations

import asyncio

from local_stack.tcp_reset import reset
from tests.fakes.http_requests import TakenRequest, read_request


class FakeHttpTask:
    """Answer every POST with `status` (once `may_answer` is set), and `/readyz` with `ready_status`."""

    def __init__(self) -> None:
        self.status = 200
        self.ready_status = 200
        self.answer_headers = ""
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.requests: asyncio.Queue[TakenRequest] = asyncio.Queue()
        self.probes: asyncio.Queue[str] = asyncio.Queue()
        self.connections = 0
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Vanish as a killed process does: nobody listens, every connection is reset."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            reset(writer.transport)
        self.may_answer.set()
        await asyncio.gather(*self._serving, return_exceptions=True)

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
                status = self.ready_status
                if request.line.startswith("GET /readyz "):
                    self.probes.put_nowait(request.line)
                else:
                    self.requests.put_nowait(request)
                    await self.may_answer.wait()
                    status = self.status
                answer = f"HTTP/1.1 {status} X\r\ncontent-length: 5\r\n{self.answer_headers}\r\nhello"
                writer.write(answer.encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
