"""When to say how far the audio has come, and what is missing. Pure."""

from __future__ import annotations

from contract.replies import Ack, Nack
from streaming_task.core.recording import Recording

ACK_WITHIN_S = 0.75  # the protocol allows a second; the rest is for the way to the client
HEARTBEAT_S = 5.0
NACK_AFTER_S = 0.6  # messages overtake each other by less than this in good order
NACK_EVERY_S = 1.0  # the protocol allows two a second
NACK_RANGES = 16


class Acknowledgement:
    """Collects reasons to acknowledge, so that many messages share one answer."""

    def __init__(self, now: float) -> None:
        self._ack_at: float | None = None
        self._said_at = now
        self._hole_since: float | None = None
        self._nacked_at = now - NACK_EVERY_S
        self._durable = 0
        self.beats = True  # until everything is stored

    def note(self, now: float) -> None:
        """Note a reason to acknowledge: audio, a duplicate, a stop, a resume."""
        if self._ack_at is None:
            self._ack_at = now + ACK_WITHIN_S

    def due(self, recording: Recording, now: float) -> list[Ack | Nack]:
        """Give what is to be said now."""
        said: list[Ack | Nack] = []
        if recording.durable != self._durable:
            self._durable = recording.durable
            self.note(now)
        if self._ack_at is None and self.beats and now >= self._said_at + HEARTBEAT_S:
            self._ack_at = now
        if self._ack_at is not None and self._ack_at <= now:
            self._ack_at = None
            self._said_at = now
            said.append(Ack(received=recording.received, durable=recording.durable))
        if nack := self._nack(recording, now):
            said.append(nack)
        return said

    def _nack(self, recording: Recording, now: float) -> Nack | None:
        if recording.received == recording.received_end and recording.end is None:
            self._hole_since = None
            return None
        missing = recording.missing()
        if not missing:
            self._hole_since = None
            return None
        if self._hole_since is None:
            self._hole_since = now
        if now < self._hole_since + NACK_AFTER_S or now < self._nacked_at + NACK_EVERY_S:
            return None
        self._nacked_at = now
        return Nack(missing=tuple(missing[:NACK_RANGES]))

    def next_due_at(self) -> float | None:
        """Give when `due` may next have something, if nothing else happens."""
        times: list[float] = []
        if self._ack_at is not None:
            times.append(self._ack_at)
        elif self.beats:
            times.append(self._said_at + HEARTBEAT_S)
        if self._hole_since is not None:
            times.append(max(self._hole_since + NACK_AFTER_S, self._nacked_at + NACK_EVERY_S))
        return min(times, default=None)
