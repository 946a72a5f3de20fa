"""Speak HTTP/1.1 as a server on one connection: whole requests in, whole answers out, in order.

Knows no route. A handler answers at once or later, or takes the connection over for a WebSocket.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

import httptools

HEADERS_LIMIT_BYTES = 32 * 1024
BODY_LIMIT_BYTES = 1024 * 1024  # above the largest that is answered in detail
PIPELINE_LIMIT = 16  # requests waiting on one connection before it is not read


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A whole request; `target` as it came over the wire."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    is_upgrade: bool
    is_last: bool

    @property
    def path(self) -> str:
        """Give the target without its query, still encoded."""
        return self.target.partition("?")[0]


RequestHandler = Callable[[HttpRequest, "HttpConnection"], None]


class HttpConnection(asyncio.Protocol):
    """Serve one TCP connection; each request is answered before the next is handed on."""

    def __init__(self, handler: RequestHandler, open_connections: set[HttpConnection]) -> None:
        self.last_used_at = 0.0
        self.is_answering = False
        self._handler = handler
        self._open_connections = open_connections
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._requests: deque[HttpRequest] = deque()
        self._is_serving = False
        self._is_last = False
        self._is_paused = False
        self._is_closing = False
        self._begin_request()

    @property
    def peer_ip(self) -> str:
        """Give the client's address, empty once it is gone."""
        peer = self._transport.get_extra_info("peername") if self._transport else None
        return str(peer[0]) if peer else ""

    @property
    def is_gone(self) -> bool:
        """Say whether the client left, or another protocol took the connection over."""
        return self._transport is None

    def respond(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None, *, close: bool = False
    ) -> None:
        """Answer the request at hand and go on to the next."""
        transport = self._transport
        self.is_answering = False
        if transport is None:
            return
        lines = [f"HTTP/1.1 {status} {_phrase(status)}\r\n"]
        if status != HTTPStatus.NO_CONTENT:
            lines.append(f"content-length: {len(body)}\r\n")
        if body:
            lines.append("content-type: application/json\r\n")
        lines += [f"{name}: {value}\r\n" for name, value in (headers or {}).items()]
        self._is_closing = self._is_closing or self._is_last or close
        lines.append("connection: close\r\n\r\n" if self._is_closing else "\r\n")
        transport.write("".join(lines).encode("latin-1") + body)
        self.last_used_at = self._loop.time()
        if self._is_closing:
            transport.close()
        else:
            self._serve_next()

    def hand_over(self) -> asyncio.Transport | None:
        """Give the connection away; None if the client is gone already."""
        transport, self._transport = self._transport, None
        self._open_connections.discard(self)
        return transport

    def close(self) -> None:
        """Close the connection, whatever it is doing."""
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self.last_used_at = self._loop.time()
        self._open_connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes in."""
        if self._is_closing:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # nothing but the handshake may have come before it is answered
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST)
        self._serve_next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what is left to answer."""
        self._transport = None
        self._requests.clear()
        self._open_connections.discard(self)

    # httptools' callbacks

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        self._target += url
        self._count_header_bytes(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))
        self._count_header_bytes(len(name) + len(value))

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._body.append(body)
        self._body_bytes += len(body)
        if self._body_bytes > BODY_LIMIT_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def on_message_complete(self) -> None:
        """Queue a whole request."""
        if not self._is_closing:
            request = HttpRequest(
                method=self._parser.get_method().decode(),
                target=self._target.decode("latin-1"),
                headers=self._headers,
                body=self._body[0] if len(self._body) == 1 else b"".join(self._body),
                is_upgrade=self._parser.should_upgrade(),
                is_last=not self._parser.should_keep_alive(),
            )
            self._requests.append(request)
            if len(self._requests) >= PIPELINE_LIMIT and not self._is_paused and self._transport is not None:
                self._is_paused = True
                self._transport.pause_reading()
        self._begin_request()

    def _begin_request(self) -> None:
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._header_bytes = 0
        self._body: list[bytes] = []
        self._body_bytes = 0

    def _count_header_bytes(self, count: int) -> None:
        self._header_bytes += count
        if self._header_bytes > HEADERS_LIMIT_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _refuse(self, status: HTTPStatus) -> None:
        self._requests.clear()
        if not self._is_closing:
            self.respond(status, close=True)

    def _serve_next(self) -> None:
        if self._is_serving:
            return  # an answer given at once: the loop below goes on
        self._is_serving = True
        while self._requests and not self.is_answering and not self._is_closing:
            if self._transport is None:
                break
            request = self._requests.popleft()
            if self._is_paused and len(self._requests) < PIPELINE_LIMIT:
                self._is_paused = False
                self._transport.resume_reading()
            self.is_answering = True
            self._is_last = request.is_last
            self._handler(request, self)
        self._is_serving = False


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Status"
