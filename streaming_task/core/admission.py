"""How much one connection, and the task as a whole, may take on. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from contract.records import SessionId
from contract.wire import MESSAGE_BURST, MESSAGES_PER_S

TASK_BUFFER_BYTES = 1024**3  # of all sessions together, not yet durable


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


def crowded(held: Mapping[SessionId, int], most: int = TASK_BUFFER_BYTES) -> frozenset[SessionId]:
    """Name the largest sessions, as many as hold what the task has over `most` bytes."""
    over = sum(held.values()) - most
    named: set[SessionId] = set()
    for session_id, size in sorted(held.items(), key=lambda item: item[1], reverse=True):
        if over <= 0:
            break
        named.add(session_id)
        over -= size
    return frozenset(named)
