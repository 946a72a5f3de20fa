"""When a session has been left alone long enough to be ended for the client. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from contract.records import ConnectionId
from contract.replies import Limits
from contract.wire import BUFFER_BYTES, MAX_MESSAGE_BYTES, MESSAGES_PER_S

LIFE_S = 4 * 3600.0  # pauses included
OTHERS_SILENT_S = 30.0


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session may be quiet, may last, and may wait."""

    idle_s: float
    duration_s: float
    seal_s: float  # without the client, after a stop
    silence_s: float  # without audio, before the recogniser is parked
    commit_retry_s: float

    def message(self) -> Limits:
        """Say which limits a client must keep to."""
        return Limits(
            idle_s=round(self.idle_s),
            duration_s=round(self.duration_s),
            buffer_bytes=BUFFER_BYTES,
            message_bytes=MAX_MESSAGE_BYTES,
            messages_per_s=MESSAGES_PER_S,
        )


class Vigil:
    """Watches for the client: its messages, its audio, and the limits it runs into."""

    def __init__(self, limits: SessionLimits, now: float, started_at: float) -> None:
        self._limits = limits
        self._heard_at = now  # last message
        self._progress_at = now  # last new audio, or the stop
        self._audio_from: dict[ConnectionId, float] = {}
        self._limit_hit_at: float | None = None
        self._ended_at: float | None = None
        self._dies_at = started_at + LIFE_S  # Unix seconds

    def heard(self, now: float) -> None:
        """Note a message of an authorised client."""
        self._heard_at = now

    def progressed(self, now: float) -> None:
        """Note new audio, audio that must wait, or the stop."""
        self._progress_at = now

    def sent_audio(self, connection_id: ConnectionId, now: float) -> None:
        """Note that a connection sends audio."""
        self._audio_from[connection_id] = now

    def is_only_source(self, connection_id: ConnectionId, now: float) -> bool:
        """Tell whether no other connection has sent audio for so long that none holds any."""
        return all(
            other == connection_id or now >= sent_at + OTHERS_SILENT_S
            for other, sent_at in self._audio_from.items()
        )

    def hit_limit(self, now: float) -> None:
        """Note that the client speaks past the longest duration."""
        if self._limit_hit_at is None:
            self._limit_hit_at = now

    def end_now(self, now: float) -> None:
        """Wait for the client no longer: whoever it is may not go on."""
        if self._ended_at is None:
            self._ended_at = now

    def is_abandoned(self, now: float, wall: float) -> bool:
        """Tell whether an open session must be ended without its client."""
        return (
            self._ended_at is not None
            or now >= self._heard_at + self._limits.idle_s
            or wall >= self._dies_at
            or (self._limit_hit_at is not None and now >= self._limit_hit_at + self._limits.seal_s)
        )

    def has_waited_enough(self, now: float) -> bool:
        """Tell whether audio that is missing after the stop is given up."""
        return now >= self.gives_up_at

    def abandoned_at(self, now: float, wall: float) -> float:
        """Give when `is_abandoned` will be true, if nothing else happens."""
        times = [self._heard_at + self._limits.idle_s, now + max(0.0, self._dies_at - wall)]
        if self._limit_hit_at is not None:
            times.append(self._limit_hit_at + self._limits.seal_s)
        return min(times) if self._ended_at is None else self._ended_at

    @property
    def gives_up_at(self) -> float:
        """Give when `has_waited_enough` will be true, if nothing else happens.

        That is some time without the client, or, if it is there and has nothing to give, a longer one.
        """
        if self._ended_at is not None:
            return self._ended_at
        without_client = max(self._heard_at, self._progress_at) + self._limits.seal_s
        return min(without_client, self._progress_at + max(self._limits.idle_s, self._limits.seal_s))
