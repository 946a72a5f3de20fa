"""The client gives whole answers or says that there is none, and keeps only connections that are in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from streaming_task.http_client import Answer, ConnectionLost, HttpClient, NotReached, TookTooLong
from tests.fakes.raw_http import CUT, OK, RawHttpServer, answer

LONG_S = 30.0


@pytest.fixture
async def server() -> AsyncIterator[RawHttpServer]:
    """Serve."""
    async with RawHttpServer.running() as served:
        yield served


OpenClient = Callable[..., HttpClient]


@pytest.fixture
async def open_client(server: RawHttpServer) -> AsyncIterator[OpenClient]:
    """Build clients of the server, that keep one connection unless told otherwise."""
    opened: list[HttpClient] = []

    def build(url: str = "", **changes: Any) -> HttpClient:
        given: dict[str, Any] = {
            "connections": 1,
            "connect_s": LONG_S,
            "keep_s": LONG_S,
            "most_answer_bytes": 1024 * 1024,
        }
        client = HttpClient(url or server.url, **{**given, **changes})
        opened.append(client)
        return client

    yield build
    for client in opened:
        client.close()


@pytest.fixture
async def client(open_client: OpenClient) -> HttpClient:
    """Build one as it comes."""
    return open_client()


async def post(client: HttpClient, body: bytes = b"body", *, may_repeat: bool = False) -> Answer:
    """Ask for something with time enough."""
    headers = {"host": client.host, "x-name": "value"}
    return await client.ask("POST", "/a?b=c", headers, body, within_s=LONG_S, may_repeat=may_repeat)


async def test_a_request_arrives_as_it_was_given(server: RawHttpServer, client: HttpClient) -> None:
    """Line, headers and body, and the body's length."""
    await post(client)

    request = server.requests[0]
    assert request.line == "POST /a?b=c HTTP/1.1"
    assert request.headers == {"host": client.host, "x-name": "value", "content-length": "4"}
    assert request.body == b"body"


@pytest.mark.parametrize(
    ("said", "given"),
    [
        (
            answer(200, b"hello", "X-One: 1\r\n"),
            Answer(200, {b"content-length": b"5", b"x-one": b"1"}, b"hello"),
        ),
        (answer(404, b""), Answer(404, {b"content-length": b"0"}, b"")),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
            Answer(200, {b"transfer-encoding": b"chunked"}, b"hello"),
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Answer(204, {}, b"")),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, Answer(200, {b"content-length": b"2"}, b"{}")),
    ],
    ids=["length", "empty", "chunks", "none", "after-100"],
)
async def test_an_answer_comes_whole(
    server: RawHttpServer, client: HttpClient, said: bytes, given: Answer
) -> None:
    """However its length is told; and the connection serves the next request."""
    server.script(said)

    assert await post(client) == given
    await post(client)
    assert server.connections == 1


async def test_an_answer_that_is_the_connections_last_is_good(
    server: RawHttpServer, client: HttpClient
) -> None:
    """The next request goes over a new one."""
    server.script(answer(200, b"{}", "connection: close\r\n"))

    first, second = await post(client), await post(client)

    assert (first.status, second.status) == (200, 200)
    assert server.connections == 2


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (CUT, "connection_lost"),
        (b"HTTP/1.1 200 OK\r\ncontent-le" + CUT, "connection_lost"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf" + CUT, "connection_lost"),
        (b"HTTP/1.1 200 OK\r\n\r\nas long as it lasts" + CUT, "connection_lost"),
        (b"220 mail.example ESMTP\r\n", "not_http"),
        (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", "not_http"),
        (answer(200, bytes(1024 * 1024 + 1)), "answer_too_large"),
        (answer(200, b"{}", "x: " + "y" * 20 * 1024 * 1024 + "\r\n"), "answer_too_large"),
        (answer(200, b"{}", "x: y\r\n" * 200_000), "answer_too_large"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000 + OK, "answer_too_large"),
    ],
    ids=[
        "cut",
        "cut-head",
        "cut-body",
        "endless",
        "no-http",
        "upgrade",
        "too-large",
        "long-header",
        "many-headers",
        "not-yet",
    ],
)
async def test_what_is_no_whole_answer_is_a_lost_connection(
    server: RawHttpServer, client: HttpClient, said: bytes, code: str
) -> None:
    """And nothing of it is left for the next request, which goes over a new connection, but not again."""
    server.script(said)

    with pytest.raises(ConnectionLost) as lost:
        await post(client)
    after = await post(client)

    assert (lost.value.code, after.status) == (code, 200)
    assert (server.connections, len(server.requests)) == (2, 2)


@pytest.mark.parametrize(
    "stray", [OK, b"HTTP/1.1 200 OK\r\ncontent-le", b"x"], ids=["whole", "begun", "noise"]
)
async def test_what_comes_after_an_answer_is_nobodys_answer(
    server: RawHttpServer, client: HttpClient, stray: bytes
) -> None:
    """A connection that says more than it was asked would give each later request the wrong answer."""
    server.script(answer(200, b"first") + stray, answer(200, b"second"))

    first = await post(client)
    second = await post(client, may_repeat=True)

    assert (first.body, second.body) == (b"first", b"second")
    assert server.connections == 2


async def test_what_comes_between_requests_ends_the_connection(
    server: RawHttpServer, client: HttpClient
) -> None:
    """As above, if it comes later."""
    await post(client)
    server.say_unasked(answer(200, b"stray"))
    await server.left_alone()

    second = await post(client)

    assert second.body == b"{}"


async def test_a_kept_connection_that_was_closed_is_asked_once_more(
    server: RawHttpServer, client: HttpClient
) -> None:
    """For who says that the same request again does no harm."""
    server.script(OK, CUT)
    await post(client)

    assert (await post(client, may_repeat=True)).status == 200
    assert len(server.requests) == 3


async def test_a_second_loss_is_told(server: RawHttpServer, client: HttpClient) -> None:
    """Once more is once."""
    server.script(CUT, CUT)

    with pytest.raises(ConnectionLost):
        await post(client, may_repeat=True)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("said", "code"),
    [(b"220 mail.example ESMTP\r\n", "not_http"), (answer(200, bytes(2 * 1024 * 1024)), "answer_too_large")],
)
async def test_what_was_answered_badly_is_not_asked_for_again(
    server: RawHttpServer, client: HttpClient, said: bytes, code: str
) -> None:
    """It was no lost connection, and would be answered in the same way."""
    server.script(said)

    with pytest.raises(ConnectionLost) as lost:
        await post(client, may_repeat=True)

    assert (lost.value.code, len(server.requests)) == (code, 1)


async def test_a_server_that_hangs_is_a_timeout_and_loses_its_connection(
    server: RawHttpServer, client: HttpClient
) -> None:
    """Its answer may come yet, and must be nobody else's."""
    server.script(b"", answer(200, b"mine"))

    with pytest.raises(TookTooLong):
        await client.ask("GET", "/", {"host": client.host}, within_s=1.0)
    after = await post(client)

    assert after.body == b"mine"
    assert server.connections == 2


async def test_a_caller_that_goes_takes_the_connection_with_it(
    server: RawHttpServer, client: HttpClient
) -> None:
    """As with a timeout; and its turn is the next one's."""
    server.script(b"")
    asking = asyncio.create_task(post(client))
    await server.asked(1)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    await post(client)

    assert server.connections == 2


async def test_requests_beyond_the_connections_wait_for_their_turn(
    server: RawHttpServer, open_client: OpenClient
) -> None:
    """So many at once and no more."""
    client = open_client(connections=3)

    answers = await asyncio.gather(*(post(client, b"%d" % number) for number in range(30)))

    assert [one.status for one in answers] == [200] * 30
    assert {request.body for request in server.requests} == {b"%d" % number for number in range(30)}
    assert server.connections == 3


async def test_a_connection_is_kept_no_longer_than_the_server_may(
    server: RawHttpServer, open_client: OpenClient
) -> None:
    """It would be closed in the middle of a request."""
    client = open_client(keep_s=0.0)

    await post(client)
    await post(client)

    assert server.connections == 2


async def test_a_large_body_arrives_whole(server: RawHttpServer, client: HttpClient) -> None:
    """Piece by piece, as the server takes them."""
    body = bytes(range(256)) * 4 * 1024 * 8

    await post(client, body)

    assert server.requests[0].body == body


async def test_an_answer_before_the_body_was_sent_is_the_answer(open_client: OpenClient) -> None:
    """A server that refuses need not hear the rest, and gets no further request there."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(413, b""))
        await writer.drain()

    refusing = await asyncio.start_server(refuse, "127.0.0.1", 0)
    client = open_client(f"http://127.0.0.1:{refusing.sockets[0].getsockname()[1]}")

    refused = await post(client, bytes(32 * 1024 * 1024))
    refusing.close()

    assert refused.status == 413


async def test_nobody_listening_is_not_reached(open_client: OpenClient) -> None:
    """No connection, so nothing was sent: that is more than not to know."""
    with pytest.raises(NotReached) as refused:
        await post(open_client("http://127.0.0.1:1"))

    assert refused.value.code == "not_connected"


async def test_a_host_that_says_nothing_is_not_reached_in_time(
    server: RawHttpServer, open_client: OpenClient
) -> None:
    """No handshake comes from a server without TLS."""
    client = open_client(server.url.replace("http://", "https://"), connect_s=0.2)

    with pytest.raises(NotReached):
        await post(client)


@pytest.mark.parametrize("value", ["a\r\nx-forged: 1", "a\nb", "a\rb"])
async def test_no_header_holds_the_end_of_a_line(
    server: RawHttpServer, client: HttpClient, value: str
) -> None:
    """Whatever an id is made of, it makes no request of its own."""
    with pytest.raises(ValueError, match="header"):
        await client.ask("GET", "/", {"host": client.host, "x-id": value}, within_s=LONG_S)
    assert server.requests == []


async def test_closing_ends_what_is_under_way(server: RawHttpServer, client: HttpClient) -> None:
    """Nobody waits for an answer when the task has left."""
    server.script(b"")
    asking = asyncio.create_task(post(client))
    await server.asked(1)

    client.close()

    with pytest.raises(ConnectionLost):
        await asking
