"""One kept HTTP/1.1 connection: a request out, its answer in, one at a time. It does not retry or watch time.

An answer must tell its length or come in chunks, as every server that keeps connections does; one that ends
with its connection is taken for cut off. Whatever is not understood ends the connection.
"""

from __future__ import annotations

import asyncio
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from streaming_task.http_client.answers import Answer, ConnectionLost

PIECE_BYTES = 256 * 1024  # of a body; more at once would hold up the loop while it is encrypted
HIGH_WATER_BYTES = 512 * 1024  # of what the peer has not taken yet
MOST_HEAD_BYTES = 64 * 1024  # a status line and headers; S3 and its like stay below a tenth of it
LOST, UNASKED, TOO_LARGE, NOT_HTTP = "connection_lost", "unasked_answer", "answer_too_large", "not_http"


class HttpConnection(asyncio.Protocol):
    """Asks one request after another; `is_open` tells whether the next one may be asked."""

    def __init__(self, most_answer_bytes: int) -> None:
        self._most_answer_bytes = most_answer_bytes
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = HttpResponseParser(self)
        self._answer: asyncio.Future[Answer] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._received_bytes = 0  # since the request, of whatever kind
        self._has_head = False
        self._is_amid = False  # an answer has begun and is not whole
        self._fault: str | None = None
        self.is_open = False
        self.idle_since = 0.0  # the loop's time; for whoever keeps it

    async def ask(self, head: bytes, body: bytes) -> Answer:
        """Send a request and give its answer; a caller that goes before that ends the connection.

        Raises:
            ConnectionLost: there is no whole answer.
        """
        transport = self._transport
        if not self.is_open or transport is None:
            raise ConnectionLost(LOST)
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._answer = answer
        self._received_bytes = 0
        is_sent = False
        try:
            if len(body) <= PIECE_BYTES:
                transport.write(head + body)
                is_sent = True
            else:
                transport.write(head)
                is_sent = await self._write_in_pieces(transport, body, answer)
            return await answer
        finally:
            self._answer = None
            if answer.done() and not answer.cancelled():
                answer.exception()  # looked at, whoever is left to hear of it
            is_unsent = not is_sent or (self.is_open and transport.get_write_buffer_size() > 0)
            if is_unsent or not answer.done() or answer.cancelled():
                self.abort()  # the peer waits for the rest of the body, or its answer is to come yet

    def abort(self) -> None:
        """End the connection at once; harmless when repeated."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    async def _write_in_pieces(
        self, transport: asyncio.Transport, body: bytes, answer: asyncio.Future[Answer]
    ) -> bool:
        """Write the body as the peer takes it; False: its answer came first, the rest is not sent."""
        for first in range(0, len(body), PIECE_BYTES):
            if self._writable is not None:
                await asyncio.wait((self._writable, answer), return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return False
            transport.write(body[first : first + PIECE_BYTES])
        return True

    # asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its bases
        self._transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self.is_open = False
        self.resume_writing()
        self._fail(LOST)

    def eof_received(self) -> bool:
        """End at once: who has said all there is takes no further request, and perhaps nothing of this one.

        To be closed only when all is written, as the transport would, may be never.
        """
        self._break(LOST)
        return False

    def pause_writing(self) -> None:
        """Send no more for now."""
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        """Send on."""
        if self._writable is not None:
            self._writable.set_result(None)
            self._writable = None

    def data_received(self, data: bytes) -> None:
        """Take a piece of an answer."""
        if self._answer is None:
            self._break(UNASKED)
            return
        self._received_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self._break(self._fault or NOT_HTTP)
        else:
            if self._is_amid and self._answer.done():
                self._break(UNASKED)  # the next request would meet the rest of it
            elif self._received_bytes > MOST_HEAD_BYTES + (self._most_answer_bytes if self._has_head else 0):
                self._break(TOO_LARGE)  # the parser alone would gather a head without bound

    # the parser calls these

    def on_message_begin(self) -> None:
        """Begin an answer."""
        self._is_amid = True
        self._has_head = False
        self._headers, self._body, self._body_bytes = {}, [], 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """Begin the body."""
        self._has_head = True

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._body_bytes += len(body)
        if self._body_bytes > self._most_answer_bytes:
            self._fault = TOO_LARGE
            raise ValueError(TOO_LARGE)  # stops the parser, which gives it back as its own error
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Give the answer to who asked."""
        self._is_amid = False
        status = self._parser.get_status_code()
        if status < 200:
            return  # not the answer yet
        if not self._parser.should_keep_alive():
            self.is_open = False
        if self._answer is None or self._answer.done():
            self._fault = UNASKED
            raise ValueError(UNASKED)  # stops the parser
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._answer.set_result(Answer(status, self._headers, body))

    def _break(self, code: str) -> None:
        self._fail(code)
        self.abort()

    def _fail(self, code: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionLost(code))
