"""A session is carried over as many connections as it takes, and over none once it is done."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from contract.audio import Quality
from tools.client_session import ClientSession, Terms
from tools.live_connection import LiveConnection, NeverConnected, NotAllowed, fetch_ticket

REQUEST = "22222222-2222-4222-8222-222222222222"
PAGE = "11111111-1111-4111-8111-111111111111"
ORIGIN = "http://localhost:5000"

Serving = Callable[[ServerConnection], Awaitable[None]]


def session_of(samples: int) -> ClientSession:
    """Make a session whose client has spoken and stopped."""
    session = ClientSession(Terms(REQUEST, PAGE, Quality.MEDIUM, 16_000))
    session.capture(b"\x01\x02" * samples)
    session.finish()
    return session


async def say(socket: ServerConnection, **message: Any) -> None:
    await socket.send(json.dumps({"session_id": "s1", "epoch": 1} | message))


async def save_everything(socket: ServerConnection) -> None:
    """Be a server that works: take audio, and answer `stop` with `saved`."""
    at = 0
    async for text in socket:
        message = json.loads(text)
        match message["type"]:
            case "start" | "resume":
                await say(socket, type="ready", next_offset=at)
            case "audio":
                at = message["offset"] + 3200
                await say(socket, type="ack", received=at, durable=at)
            case "stop":
                samples = message["end_offset"]
                await say(socket, type="stored", samples=samples, sha256="x")
                await say(
                    socket,
                    type="saved",
                    samples=samples,
                    sha256="x",
                    segments=0,
                    transcript="complete",
                    gaps=[],
                )
            case _:
                pass


@asynccontextmanager
async def served(*servings: Serving, refusals: int = 0) -> AsyncIterator[tuple[str, list[Request]]]:
    """Serve each connection in its own way, the last of them for ever; refuse the first few handshakes."""
    requests: list[Request] = []
    taken: list[Serving] = []

    def refuse(connection: ServerConnection, request: Request) -> Response | None:
        requests.append(request)
        return connection.respond(403, "") if len(requests) <= refusals else None

    async def handle(socket: ServerConnection) -> None:
        serving = servings[min(len(taken), len(servings) - 1)]
        taken.append(serving)
        await serving(socket)

    server: Server
    async with serve(handle, "127.0.0.1", 0, process_request=refuse) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/", requests


def connection_to(
    url: str,
    session: ClientSession,
    tickets: list[str] | None = None,
    on_trouble: Callable[[str], None] = lambda _: None,
) -> LiveConnection:
    """Make a connection whose tickets are numbered."""
    given = tickets if tickets is not None else []

    async def ticket() -> tuple[str, str]:
        given.append(f"ticket{len(given)}")
        return given[-1], url

    return LiveConnection(session, ticket=ticket, origin=ORIGIN, on_trouble=on_trouble)


async def test_a_session_is_carried_to_its_end() -> None:
    """One connection, and none once everything was said and heard."""
    session = session_of(3200)
    async with served(save_everything) as (url, requests):
        connection = connection_to(url, session)

        await connection.run()

    assert session.is_done
    assert connection.connections == 1
    assert requests[0].path == "/?ticket=ticket0"
    assert requests[0].headers["Origin"] == ORIGIN


async def test_a_connection_that_is_cut_is_followed_by_another() -> None:
    """Each with a ticket of its own; the audio that was lost with the first is sent over the second."""

    async def cut(socket: ServerConnection) -> None:
        await socket.recv()
        await say(socket, type="ready", next_offset=0)
        await socket.recv()
        socket.transport.abort()

    session = session_of(6400)
    tickets: list[str] = []
    async with served(cut, save_everything) as (url, _):
        connection = connection_to(url, session, tickets)

        await connection.run()

    assert session.is_done
    assert connection.connections == 2
    assert tickets == ["ticket0", "ticket1"]


async def test_a_server_that_closes_politely_is_come_back_to() -> None:
    """The gateway ends connections in good order after two hours: that is not the end of the session."""

    async def close(socket: ServerConnection) -> None:
        await socket.recv()

    session = session_of(3200)
    async with served(close, save_everything) as (url, _):
        connection = connection_to(url, session)

        await connection.run()

    assert session.is_done
    assert connection.connections == 2


async def test_a_refused_handshake_is_tried_again_with_a_fresh_ticket() -> None:
    """A ticket may have been spent by a handshake whose answer was lost."""
    session = session_of(3200)
    tickets: list[str] = []
    told: list[str] = []
    async with served(save_everything, refusals=1) as (url, requests):
        await connection_to(url, session, tickets, told.append).run()

    assert session.is_done
    assert told == ["the WebSocket was refused (403)"]
    assert [request.path for request in requests] == ["/?ticket=ticket0", "/?ticket=ticket1"]


async def test_a_user_who_is_not_allowed_ends_it() -> None:
    """Trying again with a refused token would be knocking at a closed door for ever."""

    async def ticket() -> tuple[str, str]:
        raise NotAllowed("the server refused the access token (401)")

    with pytest.raises(NotAllowed):
        await LiveConnection(session_of(0), ticket=ticket, origin=ORIGIN).run()


async def test_a_server_that_was_never_there_is_given_up_with_the_reason() -> None:
    """A mistyped address is told within seconds, not after the time that saving may take."""

    async def ticket() -> tuple[str, str]:
        raise OSError("nobody listens")

    connection = LiveConnection(session_of(0), ticket=ticket, origin=ORIGIN, first_within_s=0.0)

    with pytest.raises(NeverConnected, match="cannot be reached: nobody listens"):
        await connection.run()


async def test_a_server_that_was_there_once_is_never_given_up() -> None:
    """The audio is here only: an outage of any length ends in another connection."""
    session = session_of(6400)

    async def cut(socket: ServerConnection) -> None:
        await socket.recv()
        socket.transport.abort()

    async with served(cut, save_everything) as (url, _):
        calls: list[str] = []

        async def ticket() -> tuple[str, str]:
            calls.append(url)
            if len(calls) == 2:
                raise OSError("away")
            return "ticket", url

        await LiveConnection(session, ticket=ticket, origin=ORIGIN, first_within_s=0.0).run()

    assert session.is_done
    assert len(calls) == 3


async def test_a_broken_server_is_not_mistaken_for_a_bad_network() -> None:
    """A final that changes ends the tool with the reason, and closes the socket."""
    closed = asyncio.Event()

    async def change_a_final(socket: ServerConnection) -> None:
        await socket.recv()
        await say(socket, type="ready", next_offset=0)
        for text in ("one", "two"):
            await say(socket, type="final", segment=0, text=text)
        await socket.wait_closed()
        closed.set()

    async with served(change_a_final) as (url, _):
        with pytest.raises(ExceptionGroup) as broken:
            await connection_to(url, session_of(0)).run()
        await closed.wait()

    assert broken.group_contains(ValueError, match="changed")


# -- tickets ----------------------------------------------------------------------------------------------


@contextmanager
def ticket_server(status: int, body: bytes) -> Iterator[tuple[str, list[str]]]:
    """Answer every request in one way; give the address, and what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(f"{self.path} {self.headers['Authorization']}")
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def test_a_ticket_is_fetched_with_the_token() -> None:
    """Whether or not the address ends with a slash."""
    with ticket_server(200, b'{"ticket": "t", "expires_in": 30, "websocket_url": "ws://x/"}') as (url, asked):
        tickets = [fetch_ticket(address, "token") for address in (url, f"{url}/")]

    assert tickets == [("t", "ws://x/")] * 2
    assert asked == ["/tickets Bearer token"] * 2


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_final(status: int) -> None:
    """The status is told, the token is not."""
    with (
        ticket_server(status, b"{}") as (url, _),
        pytest.raises(NotAllowed, match=rf"refused the access token \({status}\)"),
    ):
        fetch_ticket(url, "token")


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (502, b"<html>"), (200, b"<html>"), (200, b"[]"), (200, b"{}"), (200, b"null")],
)
def test_any_other_answer_is_worth_another_try(status: int, body: bytes) -> None:
    """A load balancer's page in place of the JSON is a bad moment, not the end of the tool."""
    with ticket_server(status, body) as (url, _), pytest.raises(OSError, match=r"no ticket|HTTP Error 50"):
        fetch_ticket(url, "token")


def test_an_address_where_nobody_listens_is_told_in_plain_words() -> None:
    """The reason alone, as it is shown to whoever typed the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(OSError, match="refused") as failure:
        fetch_ticket(f"http://127.0.0.1:{port}", "token")

    assert "urlopen" not in str(failure.value)


def test_only_http_is_asked_for_tickets() -> None:
    """The address is typed by hand."""
    with pytest.raises(NotAllowed, match="http"):
        fetch_ticket("file:///etc", "token")
