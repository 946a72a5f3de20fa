"""HTTP/1.1 as clients may speak it: kept alive, pipelined, cut to pieces, too large, malformed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from local_stack.gateway.http_connection import BODY_LIMIT_BYTES, HttpConnection, HttpRequest


class Served:
    """A server whose answers the test can hold back."""

    def __init__(self) -> None:
        self.open: set[HttpConnection] = set()
        self.held: asyncio.Queue[tuple[HttpRequest, HttpConnection]] = asyncio.Queue()
        self.is_holding = False
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    def handle(self, request: HttpRequest, connection: HttpConnection) -> None:
        """Answer with what was asked for."""
        if self.is_holding:
            self.held.put_nowait((request, connection))
        else:
            connection.respond(200, f"{request.method} {request.path} {len(request.body)}".encode())

    async def answer(self) -> tuple[bytes, bytes]:
        """Read one answer: its head and its body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or b"0")
        return head, await self.reader.readexactly(length)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """Give a connection to a server."""
    served = Served()
    server = await asyncio.get_running_loop().create_server(
        lambda: HttpConnection(served.handle, served.open), "127.0.0.1", 0
    )
    served.reader, served.writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    yield served
    served.writer.transport.abort()
    server.close()


async def test_a_connection_is_kept_alive(served: Served) -> None:
    """Pushes come many to a connection."""
    for number in range(3):
        served.writer.write(f"POST /{number}?q HTTP/1.1\r\ncontent-length: 2\r\n\r\n{{}}".encode())

        assert (await served.answer())[1] == f"POST /{number} 2".encode()


async def test_pipelined_requests_are_answered_in_order(served: Served) -> None:
    """However many come at once, and whenever the answers are there."""
    served.is_holding = True
    served.writer.write(b"".join(b"GET /%d HTTP/1.1\r\n\r\n" % number for number in range(2000)))
    request, connection = await served.held.get()
    served.is_holding = False

    connection.respond(200, b"first " + request.path.encode())

    assert (await served.answer())[1] == b"first /0"
    for number in range(1, 2000):
        assert (await served.answer())[1] == b"GET /%d 0" % number


async def test_a_request_may_come_in_pieces(served: Served) -> None:
    """TCP cuts where it likes, bodies may be chunked."""
    for piece in (
        b"POST /pie",
        b"ces HTTP/1.1\r\ntransfer-en",
        b"coding: chunked\r\n\r\n3\r\nabc\r\n",
        b"0\r\n\r\n",
    ):
        served.writer.write(piece)
        await served.writer.drain()

    assert (await served.answer())[1] == b"POST /pieces 3"


async def test_a_client_may_ask_to_close(served: Served) -> None:
    """The answer is whole, then the connection ends."""
    served.writer.write(b"GET /last HTTP/1.1\r\nconnection: close\r\n\r\n")

    head, body = await served.answer()

    assert b"connection: close" in head
    assert body == b"GET /last 0"
    assert await served.reader.read() == b""
    assert not served.open


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 33_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"y" * 33_000 + b" HTTP/1.1\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % (BODY_LIMIT_BYTES + 1), 413),
    ],
)
async def test_what_cannot_be_served_is_refused_and_closed(served: Served, sent: bytes, status: int) -> None:
    """Nothing unbounded is kept for a client."""
    served.writer.write(sent + b"x" * (BODY_LIMIT_BYTES + 1 if status == 413 else 0))

    assert (await served.answer())[0].startswith(b"HTTP/1.1 %d " % status)
    assert served.held.empty()
