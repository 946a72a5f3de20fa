"""How much one connection, and the task as a whole, may take on. Pure."""

from __future__ import annotations

from contract.wire import MESSAGE_BURST, MESSAGES_PER_S


class MessageRate:
    """A token bucket: 40 messages a second sustained, bursts of 100."""

    __slots__ = ("_at", "_tokens")

    def __init__(self, now: float) -> None:
        self._tokens = float(MESSAGE_BURST)
        self._at = now

    def admit(self, now: float) -> bool:
        """Take one message, if there is room for it."""
        self._tokens = min(float(MESSAGE_BURST), self._tokens + (now - self._at) * MESSAGES_PER_S)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
