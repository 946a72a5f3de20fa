"""When the session of a leaving task is given up: once nothing of it is under way, or time is up. Pure."""

from __future__ import annotations

from contract.wire import Audio, Stop
from streaming_task.core.effects import Effect, Release
from streaming_task.core.ending import Ending
from streaming_task.core.events import SessionMessage
from streaming_task.core.recognition import Recognition
from streaming_task.core.recording import Recording
from streaming_task.core.transcript import Transcript

DRAIN_S = 3.0  # a stream's last words are not worth more silence: the next owner hears the same audio again
MOST_RANGES = 100  # a few kilobytes of an item that may have 400; nearly always it is one range


class Departure:
    """Waits until the store has all that is here, then gives the session up, once."""

    def __init__(self, *, knows_store: bool) -> None:
        """Begin; `knows_store`: nobody else can have stored what is not known here."""
        self._knows_store = knows_store
        self._began_at: float | None = None
        self._is_overdue = False
        self._has_released = False

    @property
    def is_under_way(self) -> bool:
        """Tell whether the task is leaving."""
        return self._began_at is not None

    def begin(self, now: float) -> None:
        """Note that the task is leaving; told again, that it can wait no longer."""
        self._is_overdue = self.is_under_way
        self._began_at = now if self._began_at is None else self._began_at

    def leaves(self, message: SessionMessage) -> bool:
        """Tell whether a message is the next owner's to take.

        Audio that was stored as it comes would put the hand-over off for as long as the client speaks; and an
        end at the last audio that came would leave out what was not taken here.
        """
        is_its = isinstance(message, Audio) or (isinstance(message, Stop) and message.end_offset is None)
        return is_its and self.is_under_way

    def next_due_at(self, now: float) -> float | None:
        """Give when the open stream has had its time; None: it has, or nobody leaves."""
        drained_by = None if self._began_at is None else self._began_at + DRAIN_S
        return None if drained_by is None or now >= drained_by else drained_by

    def advance(
        self,
        recording: Recording,
        transcript: Transcript,
        recognition: Recognition,
        ending: Ending,
        now: float,
    ) -> list[Effect]:
        """Give the session up, if that can be done now."""
        if self._began_at is None or self._has_released:
            return []
        effects: list[Effect] = recognition.cut_off() if self.next_due_at(now) is None else []
        is_settled = (
            recording.all_durable
            and transcript.is_settled
            and recognition.has_left
            and ending.is_between_steps  # another owner could not know how a step ended
        )
        if not is_settled and not self._is_overdue:
            return effects
        self._has_released = True
        stored = recording.stored_ranges
        can_tell = is_settled and self._knows_store and len(stored) <= MOST_RANGES
        return [*effects, Release(stored if can_tell else None)]
