"""When the session of a leaving task may be given up: once nothing of it is under way. Pure."""

from __future__ import annotations

from streaming_task.core.effects import Effect, Release
from streaming_task.core.ending import Ending
from streaming_task.core.recognition import Recognition
from streaming_task.core.recording import Recording
from streaming_task.core.transcript import Transcript

MOST_RANGES = 100  # nearly always it is one


class Departure:
    """Waits until the store has all that is here, then gives the session up, once."""

    def __init__(self) -> None:
        self.is_under_way = False
        self._has_released = False

    def begin(self) -> None:
        """Note that the task is leaving."""
        self.is_under_way = True

    def advance(
        self, recording: Recording, transcript: Transcript, recognition: Recognition, ending: Ending
    ) -> list[Effect]:
        """Give the session up, if that can be done now."""
        if not self.is_under_way or self._has_released:
            return []
        is_settled = (
            recording.all_durable
            and transcript.is_settled
            and recognition.has_left
            and ending.is_between_steps  # another owner could not know how a step ended
        )
        if not is_settled:
            return []
        self._has_released = True
        stored = recording.stored_ranges
        return [Release(stored if len(stored) <= MOST_RANGES else None)]
