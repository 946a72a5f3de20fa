"""When to say what the recogniser does: at every change, and again and again while it is not live. Pure."""

from __future__ import annotations

from contract.replies import Status, Transcription

STATUS_EVERY_S = 5.0


class StatusReports:
    """Remembers what was said last."""

    def __init__(self, now: float) -> None:
        self.last: Status | None = None
        self._said_at = now

    def due(self, status: Status, now: float) -> Status | None:
        """Give the status if it is to be said now."""
        has_changed = self.last is None or status.transcription is not self.last.transcription
        is_due = status.transcription is not Transcription.LIVE and now >= self._said_at + STATUS_EVERY_S
        if not has_changed and not is_due:
            return None
        self.last, self._said_at = status, now
        return status

    @property
    def next_due_at(self) -> float | None:
        """Give when `due` may next say something unchanged."""
        is_live = self.last is not None and self.last.transcription is Transcription.LIVE
        return None if is_live else self._said_at + STATUS_EVERY_S
