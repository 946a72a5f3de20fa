"""Failures are counted by whose they are, and everything passes through unchanged."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from contract.metrics import Origin
from contract.records import ConnectionId
from streaming_task.core.results import Ended, RecognisedResult, StreamEnd
from streaming_task.metered import MeteredGateway, MeteredRecognition, metered
from streaming_task.metrics import MetricsSink
from streaming_task.ports import (
    Delivered,
    Failed,
    Fenced,
    Gone,
    PushResult,
    RecognitionStream,
    StreamRefused,
    StreamSettings,
    Throttled,
    Unavailable,
)

SETTINGS = StreamSettings("id", 16_000, "pcm", "PRIMARYCARE", "DICTATION", False, None)
CONNECTION = ConnectionId("c")


class Tally(MetricsSink):
    """Keeps what is counted, to look at."""

    def __init__(self) -> None:
        super().__init__("test", lambda _: None)
        self.failures: list[Origin] = []
        self.added: list[tuple[str, float]] = []

    def add(self, name: str, value: float = 1.0) -> None:
        self.added.append((name, value))

    def fail(self, origin: Origin) -> None:
        self.failures.append(origin)


class Port:
    """A port that fails as it is told."""

    def __init__(self, failure: Exception | None) -> None:
        self._failure = failure

    async def call(self, one: int, *, two: int) -> int:
        if self._failure is not None:
            raise self._failure
        return one + two


async def test_what_works_is_not_counted() -> None:
    """Arguments and answers are those of the port."""
    tally = Tally()

    assert await metered(Port(None), Origin.S3, tally).call(1, two=2) == 3
    assert tally.failures == []


async def test_an_unavailable_port_is_an_error_of_its_origin() -> None:
    """And stays the error that it is."""
    tally = Tally()
    port = metered(Port(Unavailable("SlowDown")), Origin.S3, tally)

    for _ in range(2):
        with pytest.raises(Unavailable, match="SlowDown"):
            await port.call(1, two=2)

    assert tally.failures == [Origin.S3, Origin.S3]


async def test_a_refusal_that_the_protocol_foresees_is_no_error() -> None:
    """Losing a session to a newer owner is how it must be."""
    tally = Tally()

    with pytest.raises(Fenced):
        await metered(Port(Fenced("epoch")), Origin.DYNAMODB, tally).call(1, two=2)

    assert tally.failures == []


class Gateway:
    """Says what it is told to."""

    def __init__(self, result: PushResult) -> None:
        self._result = result

    async def push(self, connection_id: ConnectionId, message: str) -> PushResult:
        return self._result


@pytest.mark.parametrize(
    ("result", "failures", "timed"),
    [
        (Delivered(), [], [("PushTime", 250.0)]),
        (Gone(), [], []),
        (Throttled(), [Origin.WEBSOCKET], []),
        (Failed("500"), [Origin.WEBSOCKET], []),
    ],
)
async def test_a_push_is_timed_or_counted(
    result: PushResult, failures: list[Origin], timed: list[tuple[str, float]]
) -> None:
    """A client that went is neither."""
    tally = Tally()
    clock = iter([10.0, 10.25])
    gateway = MeteredGateway(Gateway(result), tally, monotonic=lambda: next(clock))

    assert await gateway.push(CONNECTION, "text") == result
    assert (tally.failures, tally.added) == (failures, timed)


class Stream:
    """A stream that takes audio or not, and ends as it is told."""

    def __init__(self, end: StreamEnd = StreamEnd.CLEAN, *, is_full: bool = False) -> None:
        self.expires_at: float | None = 5.0
        self._is_full = is_full
        self._answers: Sequence[tuple[RecognisedResult, ...] | Ended] = [(), Ended(end, "code")]
        self._read = 0
        self.calls: list[str] = []

    def send_audio(self, audio: bytes) -> bool:
        return not self._is_full

    async def writable(self) -> None:
        self.calls.append("writable")

    def end(self) -> None:
        self.calls.append("end")

    async def read(self) -> tuple[RecognisedResult, ...] | Ended:
        answer = self._answers[min(self._read, 1)]
        self._read += 1
        return answer

    def abort(self) -> None:
        self.calls.append("abort")


class Recognition:
    """Opens one stream, or refuses."""

    def __init__(self, stream: Stream | None, refused: StreamEnd = StreamEnd.UNAVAILABLE) -> None:
        self._stream = stream
        self._refused = refused

    async def open(self, settings: StreamSettings) -> RecognitionStream:
        if self._stream is None:
            raise StreamRefused(Ended(self._refused, "code"))
        return self._stream


async def test_audio_is_counted_in_seconds_as_it_is_taken() -> None:
    """That is what AWS charges for."""
    tally = Tally()
    stream = await MeteredRecognition(Recognition(Stream()), tally).open(SETTINGS)
    full = await MeteredRecognition(Recognition(Stream(is_full=True)), tally).open(SETTINGS)

    assert stream.send_audio(bytes(6400))
    assert not full.send_audio(bytes(6400))

    assert tally.added == [("AudioTranscribed", 0.2)]


async def test_a_stream_is_the_stream_in_all_else() -> None:
    """It is only watched."""
    inner = Stream()
    stream = await MeteredRecognition(Recognition(inner), Tally()).open(SETTINGS)

    stream.end()
    await stream.writable()
    stream.abort()

    assert stream.expires_at == 5.0
    assert inner.calls == ["end", "writable", "abort"]


@pytest.mark.parametrize(
    ("end", "failures"),
    [
        (StreamEnd.CLEAN, []),
        (StreamEnd.LIMIT_EXCEEDED, []),
        (StreamEnd.RESET, [Origin.TRANSCRIBE]),
        (StreamEnd.INTERNAL, [Origin.TRANSCRIBE]),
    ],
)
async def test_a_stream_fails_once(end: StreamEnd, failures: list[Origin]) -> None:
    """However often its end is read; a full quota is no failure of Transcribe's."""
    tally = Tally()
    stream = await MeteredRecognition(Recognition(Stream(end)), tally).open(SETTINGS)

    for _ in range(4):
        await stream.read()

    assert tally.failures == failures


async def test_a_stream_that_does_not_open_is_a_failure() -> None:
    """And the session hears of it as before."""
    tally = Tally()

    with pytest.raises(StreamRefused):
        await MeteredRecognition(Recognition(None), tally).open(SETTINGS)

    assert tally.failures == [Origin.TRANSCRIBE]
