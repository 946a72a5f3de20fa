"""Failures are counted by whose they are, and everything passes through unchanged."""

from __future__ import annotations

import pytest

from contract.metrics import Origin
from contract.records import ConnectionId
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.metered import MeteredGateway, StreamMeter, metered
from streaming_task.metrics import MetricsSink
from streaming_task.ports import (
    Delivered,
    Failed,
    Fenced,
    Gone,
    PushResult,
    Throttled,
    Unavailable,
)

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


@pytest.mark.parametrize(
    ("end", "failures"),
    [
        (StreamEnd.CLEAN, []),
        (StreamEnd.LIMIT_EXCEEDED, []),
        (StreamEnd.RESET, [Origin.TRANSCRIBE]),
        (StreamEnd.INTERNAL, [Origin.TRANSCRIBE]),
    ],
)
def test_a_stream_that_ends_badly_is_a_failure(end: StreamEnd, failures: list[Origin]) -> None:
    """A full quota is no failure of Transcribe's."""
    tally = Tally()

    StreamMeter(tally).ended(Ended(end, "code"))

    assert tally.failures == failures


def test_audio_is_counted_in_seconds() -> None:
    """That is what AWS charges for."""
    tally = Tally()

    StreamMeter(tally).fed(0.2)

    assert tally.added == [("AudioTranscribed", 0.2)]
