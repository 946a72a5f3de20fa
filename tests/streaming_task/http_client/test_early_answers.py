"""A connection whose request has not left, or whose server has ended, is never handed out again."""

from __future__ import annotations

import asyncio
import socket

import pytest

from streaming_task.http_client import ConnectionLost, HttpClient
from streaming_task.http_client.connection import PIECE_BYTES, HttpConnection
from tests.fakes.raw_http import OK, answer

LONG_S = 30.0
HEAD = b"POST / HTTP/1.1\r\n\r\n"
SMALL_BUFFER_BYTES = 4096  # of a socket; the system takes it for its least


class FullTransport(asyncio.Transport):
    """Keeps what is written, and has no room for more from the first byte on, unless it is roomy."""

    def __init__(self, protocol: HttpConnection, *, is_roomy: bool = False) -> None:
        super().__init__()
        self._protocol = protocol
        self._is_full = is_roomy
        self.unsent_bytes = 0
        self.written_bytes = 0
        self.is_aborted = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Have limits of its own."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take it, and be full."""
        self.written_bytes += len(data)
        if not self._is_full:
            self._is_full = True
            self._protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        """Tell what the peer has not taken."""
        return self.unsent_bytes

    def abort(self) -> None:
        """Be gone."""
        self.is_aborted = True


def connected(*, is_roomy: bool = False) -> tuple[HttpConnection, FullTransport]:
    """Make a connection that is open."""
    connection = HttpConnection(1024 * 1024)
    transport = FullTransport(connection, is_roomy=is_roomy)
    connection.connection_made(transport)
    return connection, transport


async def begun(connection: HttpConnection, body: bytes) -> asyncio.Task[object]:
    """Ask, as far as that goes at once."""
    asking: asyncio.Task[object] = asyncio.create_task(connection.ask(HEAD, body))
    await asyncio.sleep(0)
    return asking


async def test_a_connection_that_the_server_has_ended_is_not_open() -> None:
    """However long the transport would still take to say that it is lost."""
    connection, transport = connected()

    stays = connection.eof_received()

    assert not stays
    assert not connection.is_open
    assert transport.is_aborted


async def test_an_end_amid_the_answer_is_told_at_once() -> None:
    """What is unsent may stay so for ever: nobody reads it."""
    connection, _ = connected()
    asking = await begun(connection, bytes(PIECE_BYTES))
    connection.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")

    connection.eof_received()
    await asyncio.sleep(0)

    with pytest.raises(ConnectionLost) as lost:
        asking.result()
    assert lost.value.code == "connection_lost"


async def test_an_end_after_the_answer_leaves_the_answer() -> None:
    """It came whole; the connection is what has ended."""
    connection, _ = connected()
    asking = await begun(connection, b"body")

    connection.data_received(OK)
    connection.eof_received()

    assert await asking
    assert not connection.is_open


async def test_a_caller_that_goes_as_the_answer_comes_leaves_no_half_sent_request() -> None:
    """In the same moment: the server would take the next request for the rest of this one's body."""
    connection, transport = connected()
    asking = await begun(connection, bytes(4 * PIECE_BYTES))
    sent_bytes = transport.written_bytes

    connection.data_received(answer(503, b""))
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    assert sent_bytes < 4 * PIECE_BYTES
    assert asking.cancelled()
    assert not connection.is_open
    assert transport.is_aborted


async def test_an_answer_to_half_a_request_is_the_answer_and_the_connections_end() -> None:
    """As above, for a caller that stays."""
    connection, transport = connected()
    asking = await begun(connection, bytes(4 * PIECE_BYTES))

    connection.data_received(answer(503, b""))

    assert await asking
    assert transport.is_aborted


async def test_a_request_that_has_not_left_yet_ends_its_connection_too() -> None:
    """It was written, but who has answered may read no more of it; the next request would wait behind it."""
    connection, transport = connected(is_roomy=True)
    asking = await begun(connection, b"body")
    transport.unsent_bytes = 1

    connection.data_received(answer(503, b""))

    assert await asking
    assert transport.is_aborted


async def test_a_large_request_that_was_sent_keeps_its_connection() -> None:
    """Only what is half sent is in nobody's order."""
    connection, transport = connected(is_roomy=True)
    asking = await begun(connection, bytes(4 * PIECE_BYTES))

    connection.data_received(OK)
    await asking

    assert transport.written_bytes == len(HEAD) + 4 * PIECE_BYTES
    assert connection.is_open


class RefusingServer:
    """Serves a first request; to the head of a second one says 503, ends its side and reads no more."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
        self._listening.setblocking(False)
        self._taken: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.connections = 0

    async def serve(self) -> None:
        """Serve two connections, the second without a refusal."""
        first = await self._accept()
        await self._answer(first, OK)
        await self._answer(first, answer(503, b""))
        first.shutdown(socket.SHUT_WR)
        await self._answer(await self._accept(), OK)

    def close(self) -> None:
        """End it all."""
        for taken in (*self._taken, self._listening):
            taken.close()

    async def _accept(self) -> socket.socket:
        taken, _ = await asyncio.get_running_loop().sock_accept(self._listening)
        self._taken.append(taken)
        self.connections += 1
        return taken

    async def _answer(self, taken: socket.socket, said: bytes) -> None:
        loop = asyncio.get_running_loop()
        head = b""
        while b"\r\n\r\n" not in head:
            head += await loop.sock_recv(taken, 64)
        await loop.sock_sendall(taken, said)


async def test_after_an_early_answer_and_its_end_the_next_request_has_a_new_connection() -> None:
    """A server in trouble answers 503, says no more and reads no more; the rest of the body is stuck here."""
    server = RefusingServer()
    serving = asyncio.create_task(server.serve())
    client = HttpClient(server.url, connections=1, connect_s=LONG_S, keep_s=LONG_S, most_answer_bytes=1024)
    headers = {"host": client.host}
    await client.ask("GET", "/", headers, within_s=LONG_S)
    transport = client._idle[0]._transport
    assert transport is not None
    outward: socket.socket = transport.get_extra_info("socket")
    outward.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER_BYTES)

    refused = await client.ask("POST", "/", headers, bytes(PIECE_BYTES), within_s=LONG_S)
    after = await client.ask("GET", "/", headers, within_s=LONG_S)
    client.close()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    server.close()

    assert (refused.status, after.status) == (503, 200)
    assert server.connections == 2
