"""Cut the bytes of one connection into requests, within limits. No socket, no clock.

A fault ends the connection, since where the next request begins is not known any more; requests that came
whole before it are still good.
"""

from __future__ import annotations

import re
from collections import deque
from enum import Enum, auto
from typing import NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from contract.records import ConnectionId, SessionId
from streaming_task.adapters.ingress.handler import IngressLimits
from streaming_task.ports import Forwarded

BAD_REQUEST = 400
TOO_LARGE = 413
HEAD_TOO_LARGE = 431
MESSAGE_HEADERS = frozenset({b"x-connection-id", b"x-message-id", b"x-request-id"})
HOP_HEADERS = frozenset({b"x-connection-id", b"x-session-id", b"x-epoch", b"x-signature"})
HOP_PATH = b"/forwarded"

_KEPT_HEADERS = MESSAGE_HEADERS | HOP_HEADERS
_CONNECTION_ID = re.compile(rb"[A-Za-z0-9_=+/-]{1,128}")  # what API Gateway gives is base64
_SESSION_ID = re.compile(rb"[A-Za-z0-9-]{1,64}")
_EPOCH = re.compile(rb"0|[1-9][0-9]{0,14}")  # one way to write each, as it is signed
_SIGNATURE = re.compile(rb"[0-9a-f]{64}")


class SignedHop(NamedTuple):
    """A forwarded message, and the signature that it came with, unchecked."""

    message: Forwarded
    signature: str


class Request(NamedTuple):
    """A whole request.

    `connection_id` is None unless all three headers of a message are there and good, `hop` unless all four of
    a forwarded one are.
    """

    method: bytes
    path: bytes
    connection_id: str | None
    body: bytes
    keeps_alive: bool
    hop: SignedHop | None


class Malformed(Exception):
    """The bytes are no request that we take; `status` is the HTTP status that says so."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Phase(Enum):
    """What the reader is in the middle of."""

    BETWEEN = auto()
    HEAD = auto()
    BODY = auto()


class RequestReader:
    """Appends the requests of one connection to `arrived` as they become whole."""

    def __init__(self, limits: IngressLimits) -> None:
        self.arrived: deque[Request] = deque()
        self.phase = Phase.BETWEEN
        self.steps = 0  # grows with every change of phase
        self._limits = limits
        self._parser = HttpRequestParser(self)
        self._refusal: int | None = None
        self._url = b""
        self._head_bytes = 0
        self._found: dict[bytes, bytes] = {}
        self._repeats = False
        self._body: list[bytes] = []
        self._body_bytes = 0

    def feed(self, received: bytes) -> None:
        """Take bytes as they came.

        Raises:
            Malformed: they are no good; nothing may be fed any more.
        """
        try:
            self._parser.feed_data(received)
        except (HttpParserError, HttpParserUpgrade) as error:
            raise Malformed(self._refusal or BAD_REQUEST) from error
        if self.phase is Phase.HEAD:
            # The parser holds back a header that is not whole yet: count it too.
            self._head_bytes += len(received)
            if self._head_bytes > self._limits.head_bytes:
                raise Malformed(HEAD_TOO_LARGE)

    # The parser calls the rest.

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._enter(Phase.HEAD)
        self._url = b""
        self._head_bytes = 0
        self._found = {}
        self._repeats = False
        self._body = []
        self._body_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        self._url += url
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._count_head(len(name) + len(value))
        name = name.lower()
        if name in _KEPT_HEADERS:
            self._repeats = self._repeats or name in self._found
            self._found[name] = value
        elif name == b"content-length" and value.isdigit() and int(value) > self._limits.body_bytes:
            self._refuse(TOO_LARGE)

    def on_headers_complete(self) -> None:
        """Go on to the body."""
        self._enter(Phase.BODY)

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._body_bytes += len(body)
        if self._body_bytes > self._limits.body_bytes:
            self._refuse(TOO_LARGE)
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Put the request where it is waited for."""
        self._enter(Phase.BETWEEN)
        path = self._url.partition(b"?")[0]
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        request = Request(
            self._parser.get_method(),
            path,
            self._connection_id(),
            body,
            self._parser.should_keep_alive() and not self._parser.should_upgrade(),
            self._hop(body) if path == HOP_PATH else None,
        )
        self._body = []
        self.arrived.append(request)

    def _connection_id(self) -> str | None:
        if self._repeats or not self._found.keys() >= MESSAGE_HEADERS:
            return None
        given = self._found[b"x-connection-id"]
        return given.decode("ascii") if _CONNECTION_ID.fullmatch(given) else None

    def _hop(self, body: bytes) -> SignedHop | None:
        if self._repeats or not self._found.keys() >= HOP_HEADERS:
            return None
        connection_id = _CONNECTION_ID.fullmatch(self._found[b"x-connection-id"])
        session_id = _SESSION_ID.fullmatch(self._found[b"x-session-id"])
        epoch = _EPOCH.fullmatch(self._found[b"x-epoch"])
        signature = _SIGNATURE.fullmatch(self._found[b"x-signature"])
        if connection_id is None or session_id is None or epoch is None or signature is None:
            return None
        message = Forwarded(
            connection_id=ConnectionId(connection_id[0].decode("ascii")),
            session_id=SessionId(session_id[0].decode("ascii")),
            epoch=int(epoch[0]),
            body=body,
        )
        return SignedHop(message, signature[0].decode("ascii"))

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self.steps += 1

    def _count_head(self, count: int) -> None:
        self._head_bytes += count
        if self._head_bytes > self._limits.head_bytes:
            self._refuse(HEAD_TOO_LARGE)

    def _refuse(self, status: int) -> None:
        self._refusal = status
        raise Malformed(status)  # stops the parser, which gives it back as its own error
