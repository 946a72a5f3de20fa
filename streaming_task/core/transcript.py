"""The transcript: results become finals, numbered densely, each stored before it is said. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from contract.replies import Entity, Final, Item, Partial
from streaming_task.core.results import RecognisedResult
from streaming_task.core.timeline import Timeline

RETRY_FIRST_S = 0.25
RETRY_MOST_S = 5.0


@dataclass(frozen=True, slots=True)
class Step:
    """One advance of `final_until` from start to end, with the final that covers it, if any."""

    start: int
    end: int
    final: Final | None


class Transcript:
    """Numbers and queues the finals of a session; one store is under way at a time."""

    def __init__(self, *, final_until: int = 0, segments: int = 0) -> None:
        self.final_until = final_until  # stored
        self.segments = segments  # stored
        self._planned_until = final_until  # stored or waiting to be
        self._planned_segments = segments
        self._waiting: deque[Step] = deque()
        self._is_storing = False
        self._failures = 0
        self._retry_at: float | None = None
        self._revision = 0

    @property
    def planned_until(self) -> int:
        """Give where the next stream must begin: everything below is stored or waits to be."""
        return self._planned_until

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing waits to be stored."""
        return not self._waiting

    def heard(
        self, result: RecognisedResult, *, stream: int, timeline: Timeline, fed_until: int
    ) -> Partial | None:
        """Take a result; give the partial to say, or queue the final."""
        if result.is_partial:
            return self._partial(result, timeline)
        end = min(fed_until, max(timeline.sample(result.end_s), self._planned_until))
        if result.text:
            self._plan(end, _final(result, self._planned_segments, stream, timeline))
            return None
        self._plan(end, None)
        return self._partial(result, timeline)  # takes back what partials said of these sounds

    def covered(self, until: int) -> None:
        """Note that a stream drained: what it was fed has all the text it will ever have."""
        if until > self._planned_until:
            self._plan(until, None)

    def _plan(self, end: int, final: Final | None) -> None:
        end = max(end, self._planned_until)
        self._waiting.append(Step(self._planned_until, end, final))
        self._planned_until = end
        if final is not None:
            self._planned_segments += 1
            self._revision = 0

    def _partial(self, result: RecognisedResult, timeline: Timeline) -> Partial:
        self._revision += 1
        return Partial(
            segment=self._planned_segments,
            revision=self._revision,
            start_ms=timeline.ms(result.start_s),
            end_ms=timeline.ms(result.end_s),
            text=result.text,
            speaker=_speaker(result),
        )

    # -- storing -------------------------------------------------------------------------------------

    def due(self, now: float) -> Step | None:
        """Give the step to store now, if none is under way."""
        if self._is_storing or not self._waiting or (self._retry_at is not None and now < self._retry_at):
            return None
        self._is_storing = True
        self._retry_at = None
        return self._waiting[0]

    def stored(self) -> Final | None:
        """Note that the step under way is stored; give the final that may now be said."""
        step = self._waiting.popleft()
        self._is_storing = False
        self._failures = 0
        self.final_until = step.end
        if step.final is not None:
            self.segments += 1
        return step.final

    def failed(self, now: float) -> None:
        """Note that the step under way may or may not be stored: the same one is stored again later."""
        self._is_storing = False
        self._retry_at = now + min(RETRY_MOST_S, RETRY_FIRST_S * 2**self._failures)
        self._failures += 1

    def next_due_at(self) -> float | None:
        """Give when `due` may next have something, if nothing else happens."""
        return self._retry_at


def _final(result: RecognisedResult, segment: int, stream: int, timeline: Timeline) -> Final:
    return Final(
        segment=segment,
        start_ms=timeline.ms(result.start_s),
        end_ms=timeline.ms(result.end_s),
        text=result.text,
        stream=stream,
        speaker=_speaker(result),
        items=tuple(
            Item(
                text=item.text,
                kind=item.kind,
                start_ms=timeline.ms(item.start_s),
                end_ms=timeline.ms(item.end_s),
                confidence=item.confidence,
                speaker=item.speaker,
            )
            for item in result.items
        ),
        entities=tuple(
            Entity(
                text=entity.text,
                category=entity.category,
                start_ms=timeline.ms(entity.start_s),
                end_ms=timeline.ms(entity.end_s),
                confidence=entity.confidence,
            )
            for entity in result.entities
        ),
    )


def _speaker(result: RecognisedResult) -> str | None:
    """Name the speaker, if one spoke it all."""
    speakers = {item.speaker for item in result.items if item.kind == "word"}
    return speakers.pop() if len(speakers) == 1 else None
