"""Warn a client once of each limit that it comes near, or of what it may not see. Pure."""

from __future__ import annotations

from contract.audio import from_seconds
from contract.replies import Warn, WarningCode
from contract.wire import BUFFER_BYTES
from streaming_task.core.recording import Recording

DURATION_NEAR_S = 120.0  # before the limit; a tenth of a limit that is lower
AUTH_NEAR_S = 120.0  # before the authorisation runs out

_SENTENCES = {
    WarningCode.DURATION_NEAR: "The session is close to its longest duration.",
    WarningCode.BUFFER_HALF: "Storing is slow: half of what may wait is waiting.",
    WarningCode.AUTH_EXPIRING: "Your sign-in expires soon.",
}
NO_SPEECH = Warn(code=WarningCode.SILENCE, message="No speech is heard.")


class Warnings:
    """Remembers what was warned of."""

    def __init__(self, duration_s: float, rate_hz: int) -> None:
        self._near = from_seconds(duration_s - min(DURATION_NEAR_S, duration_s / 10), rate_hz)
        self._said: set[WarningCode] = set()

    def due(self, recording: Recording, authorised_until: float, wall: float) -> list[Warn]:
        """Give the warnings to say now; `authorised_until` and `wall` are Unix seconds."""
        near = {
            WarningCode.DURATION_NEAR: recording.received_end >= self._near,
            WarningCode.BUFFER_HALF: recording.bytes_not_durable >= BUFFER_BYTES // 2,
            WarningCode.AUTH_EXPIRING: wall >= authorised_until - AUTH_NEAR_S,
        }
        fresh = [code for code, is_near in near.items() if is_near and code not in self._said]
        self._said = {code for code, is_near in near.items() if is_near}  # who recovers is warned anew
        return [Warn(code=code, message=_SENTENCES[code]) for code in fresh]
