"""What the numbers on the dashboard mean, told by events and effects alone."""

from __future__ import annotations

import pytest

from contract.metrics import Metric
from contract.records import ConnectionId, TranscriptState
from contract.replies import Ack, Final, Partial
from contract.wire import Audio
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.meter import MARKS, Counted, SessionMeter
from streaming_task.core.results import Ended, StreamEnd

RATE = 16_000
CONNECTION = ConnectionId("c")


@pytest.fixture
def meter() -> SessionMeter:
    """Watch a session whose beginning is counted already."""
    meter = SessionMeter(rate_hz=RATE, epoch=1)
    meter.saw(ev.Tick(), [], 0.0)
    return meter


def audio(second: float, length_s: float = 0.2) -> ev.MessageTaken:
    """Give a message whose audio begins at that second of the session."""
    data = bytes(round(length_s * RATE) * 2)
    message = Audio(session_id="s", offset=round(second * RATE), data=data, ref=None)
    return ev.MessageTaken(CONNECTION, 1e12, message)


def partial(end_ms: int) -> do.Send:
    """Give the sending of a partial that ends there."""
    return do.Send(CONNECTION, Partial(0, 1, 0, end_ms, "text", None))


def final(end_ms: int) -> do.Send:
    """Give the sending of a final that ends there."""
    return do.Send(CONNECTION, Final(0, 0, end_ms, "text", 0, None, (), ()))


def ack(durable_s: float) -> do.Send:
    """Give the sending of an acknowledgement."""
    return do.Send(CONNECTION, Ack(received=10**9, durable=round(durable_s * RATE)))


def values(counted: list[Counted], metric: Metric) -> list[float]:
    """Give what was counted of one metric."""
    return [round(value, 3) for name, value in counted if name is metric]


@pytest.mark.parametrize(("epoch", "metric"), [(1, Metric.SESSIONS_STARTED), (2, Metric.TAKEOVERS)])
def test_a_session_is_begun_or_taken_over_once(epoch: int, metric: Metric) -> None:
    """A later owner's session is not another session."""
    meter = SessionMeter(rate_hz=RATE, epoch=epoch)

    assert meter.saw(ev.Tick(), [], 0.0) == [(metric, 1.0)]
    assert meter.saw(ev.Tick(), [], 1.0) == []


@pytest.mark.parametrize("said", [partial(300), final(300)])
def test_latency_runs_from_the_message_that_completed_the_text(meter: SessionMeter, said: do.Send) -> None:
    """300 ms of audio were whole with the second message, not with the first."""
    meter.saw(audio(0.0), [], 10.0)
    meter.saw(audio(0.2), [], 10.2)
    meter.saw(audio(0.4), [], 10.4)

    counted = meter.saw(ev.StreamResults(0, ()), [said], 10.9)

    assert values(counted, Metric.TRANSCRIPTION_LATENCY) == [700.0]


def test_a_repeat_makes_no_text_younger(meter: SessionMeter) -> None:
    """What a client sends again arrived when it came first."""
    meter.saw(audio(0.0), [], 10.0)
    meter.saw(audio(0.0), [], 15.0)

    assert values(meter.saw(ev.Tick(), [partial(100)], 16.0), Metric.TRANSCRIPTION_LATENCY) == [6000.0]


def test_text_of_audio_that_another_owner_heard_is_not_measured(meter: SessionMeter) -> None:
    """Nobody here knows when it came."""
    assert meter.saw(ev.Tick(), [partial(100), ack(1.0)], 16.0) == []


def test_lag_is_that_of_the_audio_that_waited_longest_once_for_each_advance(meter: SessionMeter) -> None:
    """A heartbeat repeats what was said; it would make every pause a delay."""
    for second in (0.0, 1.0, 2.0, 3.0):
        meter.saw(audio(second, 1.0), [], 10.0 + second)

    first = meter.saw(ev.PartStored(0, RATE), [ack(2.0)], 12.5)
    again = meter.saw(ev.Tick(), [ack(2.0)], 17.5)
    second_part = meter.saw(ev.Tick(), [ack(4.0)], 18.0)

    assert values(first, Metric.ACK_LAG) == [2500.0]
    assert again == []
    assert values(second_part, Metric.ACK_LAG) == [6000.0]


def test_parts_and_gaps_and_the_recordings_length_are_counted(meter: SessionMeter) -> None:
    """Each as it becomes true."""
    assert meter.saw(ev.PartStored(0, 1), [], 1.0) == [(Metric.PARTS_STORED, 1.0)]
    sealed = ev.Sealed(samples=90 * RATE, sha256="", gaps=((1, 2), (5, 6)))
    assert meter.saw(sealed, [], 2.0) == [(Metric.SESSION_DURATION, 90.0), (Metric.GAPS, 2.0)]


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (StreamEnd.CLEAN, []),
        (StreamEnd.RESET, [Metric.STREAMS_REOPENED]),
        (StreamEnd.EARLY, [Metric.STREAMS_REOPENED]),
        (StreamEnd.LIMIT_EXCEEDED, [Metric.QUOTA_REFUSALS, Metric.STREAMS_REOPENED]),
    ],
)
def test_a_stream_is_reopened_after_a_failure_not_after_a_rest(
    meter: SessionMeter, end: StreamEnd, expected: list[Metric]
) -> None:
    """A pause ends a stream too, and is nobody's fault."""
    counted = meter.saw(ev.StreamEnded(0, Ended(end, "code")), [], 1.0)
    counted += meter.saw(ev.Tick(), [do.OpenStream(1)], 2.0)

    assert [metric for metric, _ in counted] == expected


def test_a_stream_that_hung_is_reopened(meter: SessionMeter) -> None:
    """It is dropped without having ended."""
    meter.saw(ev.Tick(), [do.AbortStream(0)], 1.0)

    assert meter.saw(ev.Tick(), [do.OpenStream(1)], 2.0) == [(Metric.STREAMS_REOPENED, 1.0)]


def test_only_a_transcript_that_is_left_open_is_pending(meter: SessionMeter) -> None:
    """As it is committed."""
    assert meter.saw(ev.Tick(), [do.Commit(TranscriptState.COMPLETE)], 1.0) == []
    pending = meter.saw(ev.Tick(), [do.Commit(TranscriptState.PENDING)], 1.0)
    assert pending == [(Metric.TRANSCRIPTS_PENDING, 1.0)]


def test_a_long_session_keeps_a_bounded_memory_of_arrivals(meter: SessionMeter) -> None:
    """What came long ago counts as old as the oldest that is remembered."""
    for number in range(5 * MARKS):
        meter.saw(audio(number * 0.2), [], number * 0.2)

    assert len(meter._ends) == len(meter._arrived_at) < 2 * MARKS
    now = 5 * MARKS * 0.2
    recent, ancient = (
        values(meter.saw(ev.Tick(), [partial(end_ms)], now), Metric.TRANSCRIPTION_LATENCY)
        for end_ms in (round((now - 0.2) * 1000), 1000)
    )
    assert recent[0] < 1000
    assert ancient[0] >= MARKS * 0.2 * 1000


def test_audio_that_nobody_looks_at_any_more_is_not_measured(meter: SessionMeter) -> None:
    """Half a sample after the end is answered like anything else then, and must break nothing."""
    late = Audio(session_id="s", offset=0, data=b"\x00", ref=None)

    assert meter.saw(ev.MessageTaken(CONNECTION, 1e12, late), [], 0.0) == []
