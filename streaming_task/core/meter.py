"""What a session's events and effects mean in numbers. Pure: it watches, and changes nothing.

Latency is wall time on the task: from the arrival of the message that completed the last sample of a text to
the moment that the text is sent, and likewise from audio to the word that it is durable. The way through
API Gateway is measured apart, by whoever pushes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from contextlib import suppress

from contract.metrics import Metric
from contract.records import TranscriptState
from contract.replies import Ack, Final, Partial
from contract.wire import Audio
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.coding import PCM, Coding
from streaming_task.core.ownership import FIRST_EPOCH
from streaming_task.core.results import StreamEnd

Counted = tuple[Metric, float]

MARKS = 6000  # twenty minutes of messages; text later than that is counted from the oldest that is left


class SessionMeter:
    """Watches one session as one owner runs it."""

    def __init__(self, *, rate_hz: int, epoch: int, coding: Coding = PCM) -> None:
        self._rate_hz = rate_hz
        self._coding = coding
        self._epoch = epoch
        self._has_begun = False
        self._ends: list[int] = []  # growing: audio up to this sample ...
        self._arrived_at: list[float] = []  # ... was here at this time
        self._durable = 0
        self._has_failed = False  # the last stream did not end well

    def saw(self, event: ev.Event, effects: Sequence[do.Effect], now: float) -> list[Counted]:
        """Take an event and what the session made of it; give what is to be counted."""
        counted = self._began()
        self._note(event, now, counted)
        for effect in effects:
            self._weigh(effect, now, counted)
        return counted

    def _began(self) -> list[Counted]:
        if self._has_begun:
            return []
        self._has_begun = True
        is_new = self._epoch == FIRST_EPOCH
        return [(Metric.SESSIONS_STARTED if is_new else Metric.TAKEOVERS, 1.0)]

    def _note(self, event: ev.Event, now: float, counted: list[Counted]) -> None:
        match event:
            case ev.MessageTaken(message=Audio(offset=offset, data=data)):
                with suppress(ValueError):  # a session whose end is stored looks at no audio any more
                    self._mark(offset + self._coding.samples(data), now)
            case ev.PartStored():
                counted.append((Metric.PARTS_STORED, 1.0))
            case ev.StreamEnded(ended=ended):
                self._has_failed = ended.end is not StreamEnd.CLEAN
                if ended.end is StreamEnd.LIMIT_EXCEEDED:
                    counted.append((Metric.QUOTA_REFUSALS, 1.0))
            case ev.Sealed(samples=samples, gaps=gaps):
                counted.append((Metric.SESSION_DURATION, samples / self._rate_hz))
                if gaps:
                    counted.append((Metric.GAPS, float(len(gaps))))
            case _:
                pass

    def _weigh(self, effect: do.Effect, now: float, counted: list[Counted]) -> None:
        match effect:
            case do.Send(message=Ack(durable=durable)) if durable > self._durable:
                self._took(Metric.ACK_LAG, self._durable + 1, now, counted)  # the one that waited longest
                self._durable = durable
            case do.Send(message=Partial(end_ms=end_ms) | Final(end_ms=end_ms)):
                sample = end_ms * self._rate_hz // 1000
                self._took(Metric.TRANSCRIPTION_LATENCY, sample, now, counted)
            case do.OpenStream() if self._has_failed:
                counted.append((Metric.STREAMS_REOPENED, 1.0))
            case do.AbortStream():
                self._has_failed = True  # it hung, or the session is another's
            case do.Commit(transcript=TranscriptState.PENDING):
                counted.append((Metric.TRANSCRIPTS_PENDING, 1.0))
            case _:
                pass

    def _mark(self, end: int, now: float) -> None:
        if self._ends and end <= self._ends[-1]:
            return  # a repeat, or a hole filled late
        self._ends.append(end)
        self._arrived_at.append(now)
        if len(self._ends) >= 2 * MARKS:
            del self._ends[:MARKS]
            del self._arrived_at[:MARKS]

    def _took(self, metric: Metric, sample: int, now: float, counted: list[Counted]) -> None:
        index = bisect_left(self._ends, sample)
        if index < len(self._ends):  # else it came to another owner
            counted.append((metric, (now - self._arrived_at[index]) * 1000))
