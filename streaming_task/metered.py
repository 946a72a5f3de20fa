"""Ports that count their failures by origin, and what they take. They change nothing of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar, assert_never, cast

from contract.audio import bytes_in
from contract.metrics import Metric, Origin
from contract.records import ConnectionId
from streaming_task.core.results import Ended, RecognisedResult, StreamEnd
from streaming_task.metrics import MetricsSink
from streaming_task.ports import (
    Delivered,
    Failed,
    Gateway,
    Gone,
    PushResult,
    Recognition,
    RecognitionStream,
    StreamRefused,
    StreamSettings,
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


class MeteredRecognition:
    """Implements `Recognition`: what is fed, which is paid for, and how streams fail."""

    def __init__(self, recognition: Recognition, sink: MetricsSink) -> None:
        self._recognition = recognition
        self._sink = sink

    async def open(self, settings: StreamSettings) -> RecognitionStream:
        """Open a stream.

        Raises:
            StreamRefused: it did not open.
        """
        try:
            stream = await self._recognition.open(settings)
        except StreamRefused as refused:
            _count_end(refused.ended, self._sink)
            raise
        is_pcm = settings.encoding == "pcm"  # of anything else, bytes tell nothing of the time
        return _MeteredStream(stream, self._sink, bytes_in(settings.sample_rate_hz) if is_pcm else None)


class _MeteredStream:
    def __init__(self, stream: RecognitionStream, sink: MetricsSink, bytes_per_s: int | None) -> None:
        self._stream = stream
        self._sink = sink
        self._bytes_per_s = bytes_per_s
        self._has_ended = False
        self.expires_at = stream.expires_at
        self.writable = stream.writable
        self.end = stream.end
        self.abort = stream.abort

    def send_audio(self, audio: bytes) -> bool:
        is_taken = self._stream.send_audio(audio)
        if is_taken and self._bytes_per_s is not None:
            self._sink.add(Metric.AUDIO_TRANSCRIBED, len(audio) / self._bytes_per_s)
        return is_taken

    async def read(self) -> tuple[RecognisedResult, ...] | Ended:
        heard = await self._stream.read()
        if isinstance(heard, Ended) and not self._has_ended:
            self._has_ended = True
            _count_end(heard, self._sink)
        return heard


def _count_end(ended: Ended, sink: MetricsSink) -> None:
    # A full quota is not Transcribe's failure; the session counts it as what it is.
    if ended.end not in (StreamEnd.CLEAN, StreamEnd.LIMIT_EXCEEDED):
        sink.fail(Origin.TRANSCRIBE)
