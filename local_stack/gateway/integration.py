"""Send messages to the balancer over kept-alive HTTP/1.1 connections, many at a time.

Callbacks, not tasks: this is the path of every message. Nothing is retried, since a POST may have been done.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import httptools

from local_stack.gateway.core import IntegrationFailure

logger = logging.getLogger(__name__)

WAITING_LIMIT = 4096  # requests without a connection; the next one fails at once

Outcome = int | IntegrationFailure
OutcomeHandler = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class PoolSize:
    """Bound the connections: `steady` are opened before one is reused; none outlives `max_age_s`."""

    steady: int
    most: int
    max_age_s: float


class _Exchange:
    """One request and, in time, its outcome."""

    __slots__ = ("_answered", "backend", "request", "timer")

    def __init__(self, request: bytes, answered: OutcomeHandler) -> None:
        self.request = request
        self.backend: _Backend | None = None
        self.timer: asyncio.TimerHandle | None = None
        self._answered: OutcomeHandler | None = answered

    @property
    def is_finished(self) -> bool:
        return self._answered is None

    def finish(self, outcome: Outcome) -> None:
        answered, self._answered = self._answered, None
        if self.timer is not None:
            self.timer.cancel()
        if answered is not None:
            answered(outcome)


class _Backend(asyncio.Protocol):
    """One connection to the balancer, with at most one exchange on it."""

    def __init__(self, pool: Integration, opened_at: float) -> None:
        self.opened_at = opened_at
        self.exchange: _Exchange | None = None
        self.transport: asyncio.Transport | None = None
        self._pool = pool
        self._parser = httptools.HttpResponseParser(self)
        self._is_complete = False
        self._is_kept = False

    def send(self, exchange: _Exchange) -> None:
        assert self.transport is not None
        self.exchange = exchange
        exchange.backend = self
        self.transport.write(exchange.request)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()
            return
        if self._is_complete:
            self._is_complete = False
            exchange, self.exchange = self.exchange, None
            status = self._parser.get_status_code()
            if not self._is_kept or exchange is None:  # an answer nobody asked for: never trust it again
                self.close()
            else:
                self._pool.returned(self)
            if exchange is not None:
                exchange.finish(status)

    def on_message_complete(self) -> None:
        self._is_complete = True
        self._is_kept = self._parser.should_keep_alive()

    def connection_lost(self, exc: Exception | None) -> None:
        self.close()

    def close(self) -> None:
        transport, self.transport = self.transport, None
        if transport is not None:
            transport.abort()
        exchange, self.exchange = self.exchange, None
        self._pool.lost(self)
        if exchange is not None:
            exchange.finish(IntegrationFailure.UNREACHABLE)


class Integration:
    """Pool the connections; every request ends in exactly one call of its `answered`."""

    def __init__(self, host: str, port: int, timeout_s: float, size: PoolSize) -> None:
        self._host = host
        self._port = port
        self._timeout_s = timeout_s
        self._size = size
        self._loop = asyncio.get_running_loop()
        self._idle: deque[_Backend] = deque()
        self._backends: set[_Backend] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._waiting: deque[_Exchange] = deque()
        self._is_closed = False

    @property
    def authority(self) -> str:
        """Give the `host` header's value."""
        return f"{self._host}:{self._port}"

    def send(self, request: bytes, answered: OutcomeHandler) -> None:
        """Send a whole request; `answered` gets its status, or why there is none."""
        exchange = _Exchange(request, answered)
        if self._is_closed or len(self._waiting) >= WAITING_LIMIT:
            exchange.finish(IntegrationFailure.UNREACHABLE)
            return
        exchange.timer = self._loop.call_later(self._timeout_s, self._time_out, exchange)
        count = len(self._backends) + len(self._opening)
        backend = self._take_idle() if count >= min(self._size.steady, self._size.most) else None
        if backend is not None:
            backend.send(exchange)
        elif count < self._size.most:
            self._begin_opening(exchange)
        else:
            self._waiting.append(exchange)

    async def close(self) -> None:
        """Close every connection; what was under way fails."""
        self._is_closed = True
        for task in list(self._opening):
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        for backend in list(self._backends):
            backend.close()
        while self._waiting:
            self._waiting.popleft().finish(IntegrationFailure.UNREACHABLE)

    def returned(self, backend: _Backend) -> None:
        """Take back a connection whose exchange is done."""
        if self._loop.time() - backend.opened_at > self._size.max_age_s:
            backend.close()
            return
        exchange = self._next_waiting()
        if exchange is not None:
            backend.send(exchange)
        else:
            self._idle.append(backend)

    def lost(self, backend: _Backend) -> None:
        """Forget a connection; one who waited for it gets a new one."""
        if backend not in self._backends:
            return
        self._backends.discard(backend)
        if backend.exchange is None and backend in self._idle:
            self._idle.remove(backend)
        exchange = None if self._is_closed else self._next_waiting()
        if exchange is not None:
            self._begin_opening(exchange)

    def _begin_opening(self, exchange: _Exchange) -> None:
        task = self._loop.create_task(self._open_for(exchange), name="gateway-open-integration")
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    def _take_idle(self) -> _Backend | None:
        oldest_allowed = self._loop.time() - self._size.max_age_s
        while self._idle:
            backend = self._idle.popleft()
            if backend.transport is not None and not backend.transport.is_closing():
                if backend.opened_at >= oldest_allowed:
                    return backend
                backend.close()
        return None

    def _next_waiting(self) -> _Exchange | None:
        while self._waiting:
            exchange = self._waiting.popleft()
            if not exchange.is_finished:
                return exchange
        return None

    async def _open_for(self, exchange: _Exchange) -> None:
        opened_at = self._loop.time()
        try:
            async with asyncio.timeout(self._timeout_s):
                _, backend = await self._loop.create_connection(
                    lambda: _Backend(self, opened_at), self._host, self._port
                )
        except (OSError, TimeoutError) as error:
            logger.warning("integration unreachable", extra={"error": type(error).__name__})
            exchange.finish(IntegrationFailure.UNREACHABLE)
            return
        except asyncio.CancelledError:
            exchange.finish(IntegrationFailure.UNREACHABLE)
            raise
        if backend.transport is None:  # lost before it could be used
            exchange.finish(IntegrationFailure.UNREACHABLE)
            return
        self._backends.add(backend)
        if exchange.is_finished:
            self.returned(backend)
        else:
            backend.send(exchange)

    def _time_out(self, exchange: _Exchange) -> None:
        backend = exchange.backend
        if backend is not None and backend.exchange is exchange:
            backend.exchange = None  # its answer may still come: the connection is of no more use
            backend.close()
        exchange.finish(IntegrationFailure.TIMED_OUT)
