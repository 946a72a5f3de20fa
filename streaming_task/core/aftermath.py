"""After the record: the parts become one recording, and then nothing is left to be done. Pure.

Until then the session stays on the sweeper's list: it does not depend on the task that committed it.
"""

from __future__ import annotations

from contract.records import RecordingState, SessionState
from streaming_task.core.effects import Compact, Effect, Finish
from streaming_task.core.ending import Ending
from streaming_task.core.ownership import SessionMeta

ANSWERS_FOR_S = 60.0  # a committed session is kept so long to answer from memory
RETRY_S = 5.0  # never on the critical path, so never in a hurry


class Aftermath:
    """Walks a committed session to where it may be forgotten."""

    def __init__(self, meta: SessionMeta) -> None:
        """Begin where the session's last owner left it."""
        self._recording = meta.recording
        self._is_under_way = False
        self._is_finished = False
        self._retry_at: float | None = None
        self._answers_until: float | None = None  # None: an earlier owner was there to be asked

    # -- what happened -------------------------------------------------------------------------------

    def committed(self, now: float) -> None:
        """Note that the record was written just now: its client may ask again."""
        self._answers_until = now + ANSWERS_FOR_S

    def compacted(self, recording: RecordingState) -> None:
        """Note what became of the parts."""
        self._recording = recording
        self._is_under_way = False

    def finished(self) -> None:
        """Note that the sweeper does not look for the session any more."""
        self._is_finished = True
        self._is_under_way = False

    def failed(self, now: float) -> None:
        """Note that the step under way failed or may have: it is taken again later, here or elsewhere."""
        self._is_under_way = False
        self._retry_at = now + RETRY_S

    # -- what to do ----------------------------------------------------------------------------------

    def advance(self, ending: Ending, now: float) -> list[Effect]:
        """Take the next step, if it can be taken now."""
        is_waiting = self._retry_at is not None and now < self._retry_at
        if ending.state is not SessionState.COMMITTED or self._is_under_way or is_waiting:
            return []
        if self._recording is None:
            step: Effect = Compact(may_delete=not ending.contradicts_client)
        elif ending.is_complete and not self._is_finished:
            step = Finish()
        else:
            return []
        self._is_under_way = True
        self._retry_at = None
        return [step]

    def is_over(self, ending: Ending, now: float, *, has_given_up: bool) -> bool:
        """Tell whether the session may be forgotten here; what is left is for the next sweep.

        `has_given_up`: the recogniser has, so that a pending transcript stays so.
        """
        if self._is_under_way or not ending.is_between_steps:
            return False
        if self._answers_until is not None:
            return now >= self._answers_until
        has_failed = self._retry_at is not None and not ending.is_pending
        return self._is_finished or has_failed or (ending.is_pending and has_given_up)

    def next_due_at(self) -> float | None:
        """Give when something may be due, if nothing else happens; None: an answer is awaited, or nothing."""
        if self._is_under_way:
            return None
        times = [time for time in (self._retry_at, self._answers_until) if time is not None]
        return min(times, default=None)
