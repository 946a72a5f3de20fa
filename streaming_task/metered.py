"""Ports that count their failures by origin, and what they take. They change nothing of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar, assert_never, cast

from contract.metrics import Metric, Origin
from contract.records import ConnectionId
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.metrics import MetricsSink
from streaming_task.ports import (
    Delivered,
    Failed,
    Gateway,
    Gone,
    PushResult,
    Throttled,
    Unavailable,
)

_Port = TypeVar("_Port")


def metered(port: _Port, origin: Origin, sink: MetricsSink) -> _Port:
    """Count every `Unavailable` of a port's methods, whichever it has, as an error of that origin."""
    return cast(_Port, _Metered(port, partial(sink.fail, origin)))


class _Metered:
    def __init__(self, port: object, count: Callable[[], None]) -> None:
        self._port = port
        self._count = count

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        @wraps(method)
        async def counted(*arguments: Any, **named: Any) -> Any:
            try:
                return await method(*arguments, **named)
            except Unavailable:
                self._count()
                raise

        self.__dict__[name] = counted  # made once
        return counted


class MeteredGateway:
    """Implements `Gateway`: how long a message took, and how often it was not taken."""

    def __init__(
        self, gateway: Gateway, sink: MetricsSink, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._gateway = gateway
        self._sink = sink
        self._monotonic = monotonic

    async def push(self, connection_id: ConnectionId, message: str) -> PushResult:
        """Post one text message to a connection."""
        began_at = self._monotonic()
        result = await self._gateway.push(connection_id, message)
        match result:
            case Delivered():
                self._sink.add(Metric.PUSH_TIME, (self._monotonic() - began_at) * 1000)
            case Throttled() | Failed():
                self._sink.fail(Origin.WEBSOCKET)
            case Gone():
                pass  # clients come and go
            case _:
                assert_never(result)
        return result


class StreamMeter:
    """Implements `StreamObserver`: what is fed, which is paid for, and how streams fail."""

    def __init__(self, sink: MetricsSink) -> None:
        self._sink = sink

    def opened(self) -> None:
        """Count nothing: the session does."""

    def fed(self, seconds: float) -> None:
        """Count it."""
        self._sink.add(Metric.AUDIO_TRANSCRIBED, seconds)

    def ended(self, ended: Ended) -> None:
        """Count what is a failure of Transcribe's; a full quota the session counts as what it is."""
        if ended.end not in (StreamEnd.CLEAN, StreamEnd.LIMIT_EXCEEDED):
            self._sink.fail(Origin.TRANSCRIBE)

    def closed(self) -> None:
        """Count nothing."""
