"""Keep a client session connected: tickets, WebSocket, reconnects. The session decides what is said."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException
from websockets.typing import Origin

from tools.client_session import ClientSession

TICK_S = 0.05
TICKET_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0  # a connection that is given up will not answer; the audio waits for the next one
BACKOFF_FIRST_S = 0.25
BACKOFF_MOST_S = 8.0
FIRST_CONNECTION_WITHIN_S = 20.0  # who was never there will not come back: most likely the address is wrong


class NotAllowed(Exception):
    """The server refuses this user, for good; the text says what it answered."""


class NeverConnected(Exception):
    """No connection came about, though a first one was tried for long enough; the text says why."""


def fetch_ticket(api_url: str, token: str) -> tuple[str, str]:
    """Get a ticket and the WebSocket's address. Blocking.

    Raises:
        NotAllowed: the token is not accepted.
        OSError: the server could not be reached or did not answer well.
    """
    if urllib.parse.urlsplit(api_url).scheme not in ("http", "https"):
        raise NotAllowed("the API's address must begin with http:// or https://")
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        f"{api_url.rstrip('/')}/tickets", method="POST", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TICKET_TIMEOUT_S) as answer:  # noqa: S310
            reply = json.load(answer)
            return str(reply["ticket"]), str(reply["websocket_url"])
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            raise NotAllowed(f"the server refused the access token ({error.code})") from None
        raise
    except urllib.error.URLError as error:
        raise OSError(str(error.reason)) from error  # its own text is not for people
    except (http.client.HTTPException, ValueError, LookupError, TypeError) as error:
        raise OSError("the server's answer is no ticket") from error


class LiveConnection:
    """Carries what a session says and hears, over as many connections as it takes."""

    def __init__(
        self,
        session: ClientSession,
        *,
        ticket: Callable[[], Awaitable[tuple[str, str]]],
        origin: str,
        on_message: Callable[[], None] = lambda: None,
        on_trouble: Callable[[str], None] = lambda _: None,
        first_within_s: float = FIRST_CONNECTION_WITHIN_S,
    ) -> None:
        self._session = session
        self._first_within_s = first_within_s
        self._ticket = ticket
        self._origin = origin
        self._on_message = on_message
        self._on_trouble = on_trouble
        self.connections = 0

    async def run(self) -> None:
        """Stay connected until the session has nothing left to say or hear.

        Raises:
            NotAllowed: the server refuses this user.
            NeverConnected: there was no connection within `first_within_s`.
        """
        failures = 0
        give_up_at = time.monotonic() + self._first_within_s
        while self._session.needs_connection:
            try:
                async with self._open() as socket:
                    failures = 0
                    await self._talk(socket)
            except (OSError, WebSocketException, TimeoutError) as error:
                failures += 1
                why = str(error) or type(error).__name__
                self._on_trouble(why)
                if self.connections == 0 and time.monotonic() >= give_up_at:
                    raise NeverConnected(f"the server cannot be reached: {why}") from error
            if self._session.needs_connection:
                most_s = min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2 ** min(failures, 8))
                await asyncio.sleep(random.uniform(0, most_s))  # noqa: S311 - full jitter, not a secret

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[ClientConnection]:
        ticket, url = await self._ticket()
        address = f"{url}?{urllib.parse.urlencode({'ticket': ticket})}"
        try:
            async with connect(
                address,
                origin=Origin(self._origin),
                open_timeout=CONNECT_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                ping_interval=None,
                compression=None,
                proxy=None,
                max_queue=256,
            ) as socket:
                self.connections += 1
                yield socket
        except InvalidStatus as refused:
            raise OSError(f"the WebSocket was refused ({refused.response.status_code})") from refused
        except InvalidHandshake as refused:
            raise OSError("the WebSocket was refused") from refused

    async def _talk(self, socket: ClientConnection) -> None:
        session = self._session
        try:
            for message in session.connected(time.monotonic()):
                await socket.send(message)
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(self._listen(socket), name="listen")
                group.create_task(self._speak(socket, listening), name="speak")
        except* (WebSocketException, OSError):
            self._on_trouble("the connection was lost")  # the next one goes on where this one ended
        finally:
            session.disconnected()

    async def _speak(self, socket: ClientConnection, listening: asyncio.Task[None]) -> None:
        session = self._session
        while session.needs_connection and not listening.done():
            now = time.monotonic()
            if session.is_dead(now):
                break
            for message in session.due(now):
                await socket.send(message)
            await asyncio.sleep(TICK_S)
        listening.cancel()

    async def _listen(self, socket: ClientConnection) -> None:
        async for text in socket:
            for message in self._session.hear(str(text), time.monotonic()):
                await socket.send(message)
            self._on_message()
