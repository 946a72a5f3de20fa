"""Ask one origin over connections that are kept. It decides no retry but one: see `ask`.

An SDK or a framework costs several times as much for each request, and these are made for every message of
every session (docs/decisions/0003-thin-code-on-the-per-message-path.md).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from streaming_task.http_client.answers import Answer, ConnectionLost, NotReached, TookTooLong
from streaming_task.http_client.connection import LOST, HttpConnection

TLS_SHUTDOWN_S = 2.0  # a peer that does not answer our closing alert holds the socket no longer
PORTS = {"http": 80, "https": 443}


class HttpClient:
    """Keeps up to `connections` to one origin. Build it inside a running loop; TLS is checked by the system.

    A request beyond them waits for its turn within its own time. `keep_s` must be below the server's own
    patience with an idle connection, or requests meet its end. `connect_s` is for all that comes before a
    request: the name, its addresses one after another, TLS.
    """

    def __init__(
        self,
        url: str,
        *,
        connections: int,
        connect_s: float,
        keep_s: float,
        most_answer_bytes: int,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Use that address's origin: scheme, host and, unless it is the scheme's own, port; not its path."""
        parts = urlsplit(url)
        self.host = parts.netloc
        self._name = parts.hostname or ""
        self._port = parts.port or PORTS[parts.scheme]
        self._tls = None
        if parts.scheme == "https":
            self._tls = tls or ssl.create_default_context()
            self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._connect_s = connect_s
        self._keep_s = keep_s
        self._most_answer_bytes = most_answer_bytes
        self._loop = asyncio.get_running_loop()
        self._turns = asyncio.Semaphore(connections)
        self._idle: list[HttpConnection] = []
        self._used: set[HttpConnection] = set()
        self._is_closed = False

    async def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        within_s: float,
        may_repeat: bool = False,
    ) -> Answer:
        """Send a request and give its answer, whatever its status; all within so many seconds.

        `target` is as it travels; `headers` are with `host` and without the body's length. With `may_repeat`,
        what lost its connection is sent once more, over a new one: a kept connection may have been closed
        from the other side in the very moment. What was answered badly is not: it would be again.

        Raises:
            NotReached: no connection was to be had, at last: unless it was repeated, nothing was sent.
            ConnectionLost: there is no whole answer; what was done is not known.
            TookTooLong: likewise.
        """
        head = _head(method, target, headers, len(body))
        try:
            async with asyncio.timeout(within_s), self._turns:
                try:
                    return await self._ask(self._kept() or await self._connect(), head, body)
                except ConnectionLost as lost:
                    if not may_repeat or lost.code != LOST:
                        raise
                return await self._ask(await self._connect(), head, body)
        except TimeoutError as error:
            raise TookTooLong("timeout") from error

    def close(self) -> None:
        """End every connection, and keep none of those that are made yet.

        A request that may be repeated loses its connection by this, and may make one more; within its time.
        """
        self._is_closed = True
        for connection in [*self._idle, *self._used]:
            connection.abort()
        self._idle.clear()

    async def _ask(self, connection: HttpConnection, head: bytes, body: bytes) -> Answer:
        self._used.add(connection)
        try:
            return await connection.ask(head, body)
        finally:
            self._used.discard(connection)
            if connection.is_open and not self._is_closed:
                connection.idle_since = self._loop.time()
                self._idle.append(connection)
            else:
                connection.abort()

    def _kept(self) -> HttpConnection | None:
        """Give the connection that was used last: the others may grow old, and few be enough."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open and self._loop.time() < connection.idle_since + self._keep_s:
                return connection
            connection.abort()
        return None

    async def _connect(self) -> HttpConnection:
        """Connect within `connect_s`; an address that says nothing leaves no time for the one after it."""
        connection = HttpConnection(self._most_answer_bytes)
        is_made = False
        try:
            async with asyncio.timeout(self._connect_s):
                await self._loop.create_connection(
                    lambda: connection,
                    self._name,
                    self._port,
                    ssl=self._tls,
                    server_hostname=self._name if self._tls is not None else None,
                    ssl_shutdown_timeout=TLS_SHUTDOWN_S if self._tls is not None else None,
                )
            is_made = True
        except TimeoutError as error:
            raise NotReached("connect_timeout") from error
        except ssl.SSLError as error:
            raise NotReached("tls") from error
        except OSError as error:
            raise NotReached("not_connected") from error
        finally:
            if not is_made:
                connection.abort()  # given up in the moment it was made, uvloop would say nothing to it
        return connection


def _head(method: str, target: str, headers: Mapping[str, str], body_bytes: int) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *[f"{name}: {value}" for name, value in headers.items()]]
    if body_bytes or method != "GET":
        lines.append(f"content-length: {body_bytes}")
    head = "\r\n".join(lines) + "\r\n\r\n"
    if head.count("\n") != len(lines) + 1 or head.count("\r") != len(lines) + 1:
        raise ValueError("A header holds the end of a line.")
    return head.encode("latin-1")
