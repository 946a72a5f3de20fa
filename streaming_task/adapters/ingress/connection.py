"""One TCP connection to the ingress: requests in, answers out in the same order, never more than it can hold.

Time is not watched here but by the server, which asks every connection now and then to `expire`: a timer for
each request would cost more than parsing it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import cast

from streaming_task.adapters.ingress import answers
from streaming_task.adapters.ingress.handler import Handler, IngressLimits, IsGoodHop
from streaming_task.adapters.ingress.requests import HOP_PATH, Malformed, Phase, Request, RequestReader

HIGH_WATER_BYTES = 64 * 1024  # of answers that the peer has not read
HEALTH_PATHS = (b"/healthz", b"/readyz")
FORGED = 403

_log = logging.getLogger(__name__)


class IngressConnection(asyncio.Protocol):
    """Serves one connection until either side has had enough of it."""

    def __init__(
        self,
        handler: Handler,
        is_good_hop: IsGoodHop,
        limits: IngressLimits,
        closed: Callable[[IngressConnection], None],
        *,
        is_surplus: bool,
    ) -> None:
        self._is_surplus = is_surplus
        self._handler = handler
        self._is_good_hop = is_good_hop
        self._limits = limits
        self._closed = closed
        self._reader = RequestReader(limits)
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()
        self._steps_seen = 0
        self._answering: asyncio.Task[None] | None = None
        self._malformed: int | None = None
        self._is_read_paused = False
        self._is_write_paused = False
        self._is_draining = False
        self._is_lingering = False
        self._has_eof = False

    # asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or end at once if there are too many connections already."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its bases
        self._transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        if self._is_surplus:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything; an answer that is being made is for nobody."""
        self._reader.arrived.clear()
        if self._answering is not None:
            self._answering.cancel()
        self._closed(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and answer the requests that they complete."""
        if self._is_lingering or self._malformed is not None:
            return
        try:
            self._reader.feed(data)
        except Malformed as fault:
            self._malformed = fault.status
        if self._reader.steps != self._steps_seen:
            self._steps_seen = self._reader.steps
            self._since = self._loop.time()
        self._answer_arrived()

    def eof_received(self) -> bool:
        """Keep the way back open while an answer is owed."""
        self._has_eof = True
        return self._owes_answers()

    def pause_writing(self) -> None:
        """Stop answering: the peer does not read."""
        self._is_write_paused = True
        self._since = self._loop.time()

    def resume_writing(self) -> None:
        """Go on answering."""
        self._is_write_paused = False
        self._since = self._loop.time()
        self._answer_arrived()

    # the server calls these

    def expire(self, now: float) -> None:
        """End the connection if what it is in the middle of has taken too long; `now` is the loop's time."""
        waited_s = now - self._since
        if self._is_write_paused:
            if waited_s > self._limits.write_s:
                self._transport.abort()
        elif self._is_lingering:
            if waited_s > self._limits.linger_s:
                self._transport.abort()
        elif self._answering is not None:
            return  # has a limit of its own
        elif self._reader.phase is Phase.BETWEEN:
            is_fresh = self._reader.steps == 0
            if waited_s > (self._limits.head_s if is_fresh else self._limits.idle_s):
                self._transport.close()
        elif waited_s > (self._limits.head_s if self._reader.phase is Phase.HEAD else self._limits.body_s):
            self._refuse(408)

    def drain(self) -> None:
        """Let every answer from now on be the connection's last."""
        self._is_draining = True

    def close_if_idle(self) -> None:
        """End now if nothing is under way."""
        if self._reader.phase is Phase.BETWEEN and not self._owes_answers():
            self._transport.close()

    def abort(self) -> None:
        """End now."""
        self._transport.abort()

    # answering

    def _owes_answers(self) -> bool:
        return bool(self._reader.arrived) or self._answering is not None or self._malformed is not None

    def _answer_arrived(self) -> None:
        arrived = self._reader.arrived
        while arrived and self._answering is None and not self._is_write_paused and not self._is_lingering:
            self._answer(arrived.popleft())
        can_refuse = not arrived and self._answering is None and not self._is_write_paused
        if self._malformed is not None and can_refuse and not self._is_lingering:
            self._refuse(self._malformed)
        self._hold_reading(bool(arrived) or self._answering is not None or self._is_write_paused)
        if self._has_eof and not self._owes_answers():
            self._transport.close()

    def _hold_reading(self, hold: bool) -> None:
        if hold == self._is_read_paused or self._transport.is_closing():
            return
        self._is_read_paused = hold
        if hold:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _answer(self, request: Request) -> None:
        last = self._is_draining or not request.keeps_alive
        if request.path == b"/messages":
            self._answer_message(request, last)
        elif request.path == HOP_PATH:
            self._answer_forwarded(request, last)
        elif request.path not in HEALTH_PATHS:
            self._send(answers.bare(404, last=last), last)
        elif request.method != b"GET":
            self._send(answers.bare(405, last=last, allow="GET"), last)
        else:
            is_health = request.path == HEALTH_PATHS[0]
            status, body = self._handler.health() if is_health else self._handler.readiness()
            self._send(answers.with_json(status, body, last=last), last)

    def _answer_message(self, request: Request, last: bool) -> None:
        if request.method != b"POST":
            self._send(answers.bare(405, last=last, allow="POST"), last)
            return
        if request.connection_id is None:
            self._send(answers.bare(400, last=last), last)
            return
        try:
            status = self._handler.message(request.connection_id, request.body)
        except Exception as error:  # noqa: BLE001 - one message's defect must not end the others' connection
            status = _status_of_defect(error)
        about = {"connection_id": request.connection_id, "size_bytes": len(request.body)}
        _log.debug("Message taken in", extra=about)
        self._answer_with(status, last)

    def _answer_forwarded(self, request: Request, last: bool) -> None:
        if request.method != b"POST":
            self._send(answers.bare(405, last=last, allow="POST"), last)
            return
        if request.hop is None:
            self._send(answers.bare(400, last=last), last)
            return
        message, signature = request.hop
        try:
            is_good = self._is_good_hop(message, signature)
            status = self._handler.forwarded(message) if is_good else FORGED
        except Exception as error:  # noqa: BLE001 - as above
            status = _status_of_defect(error)
        self._answer_with(status, last)

    def _answer_with(self, status: int | Awaitable[int], last: bool) -> None:
        if isinstance(status, int):
            self._send(answers.bare(status, last=last), last)
        else:
            self._answering = self._loop.create_task(self._answer_later(status, last), name="ingress-answer")

    async def _answer_later(self, status_to_come: Awaitable[int], last: bool) -> None:
        try:
            async with asyncio.timeout(self._limits.answer_s):
                status = await status_to_come
        except TimeoutError:
            status = 503
        except Exception as error:  # noqa: BLE001 - as above
            status = _status_of_defect(error)
        self._answering = None
        self._since = self._loop.time()
        last = last or self._is_draining
        self._send(answers.bare(status, last=last), last)
        self._answer_arrived()

    def _send(self, answer: bytes, last: bool) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(answer)
        if last:
            self._reader.arrived.clear()
            self._linger()

    def _refuse(self, status: int) -> None:
        self._malformed = None
        self._send(answers.bare(status, last=True), last=True)

    def _linger(self) -> None:
        # Closing with unread bytes in the socket resets it, and the peer may lose the answer.
        self._is_lingering = True
        self._since = self._loop.time()
        if self._has_eof or not self._transport.can_write_eof():
            self._transport.close()
        else:
            self._transport.write_eof()


def _status_of_defect(error: Exception) -> int:
    _log.error("message not handled", extra={"error": type(error).__name__})
    return 500
