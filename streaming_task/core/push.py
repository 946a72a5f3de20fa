"""What waits to be said to one connection: in order, bounded, the least first to go. Pure.

A newer acknowledgement or status takes the place of one that still waits; partials go first under pressure.
A final that is dropped here is in the store: the client sees the hole, resumes, and has it read again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from contract.replies import Ack, Partial, Status

MOST_WAITING = 256
BACKOFF_FIRST_S = 0.2
BACKOFF_MOST_S = 5.0
GIVE_UP_AFTER = 12  # failures of one message in a row: about 45 s

_NEWER_REPLACES = (Ack, Partial, Status)


@dataclass(slots=True)
class _Waiting:
    about: tuple[str, type] | None  # session and kind, where a newer message makes this one useless
    text: str


class Outbox:
    """The queue of one connection; `head` is what is being said."""

    def __init__(self) -> None:
        self._queue: deque[_Waiting] = deque()
        self._failures = 0
        self.is_gone = False  # the gateway does not know the connection; its next message proves otherwise

    def __len__(self) -> int:
        return len(self._queue)

    def offer(self, session_id: str, kind: type, text: str) -> None:
        """Queue a message, or drop what matters least."""
        about = (session_id, kind) if kind in _NEWER_REPLACES else None
        if about is not None:
            if self.is_gone or (kind is Partial and self._failures):
                return
            for index in range(len(self._queue) - 1, 0, -1):  # never the head: it may be on its way
                if self._queue[index].about == about:
                    # Deleted and queued again, so that a partial never overtakes the final before it.
                    del self._queue[index]
                    break
        if len(self._queue) >= MOST_WAITING and not self._make_room():
            return
        self._queue.append(_Waiting(about, text))

    def _make_room(self) -> bool:
        for index in range(1, len(self._queue)):
            if self._queue[index].about is not None:
                del self._queue[index]
                return True
        return False

    @property
    def head(self) -> str | None:
        """Give what is to be said now; None: nothing, or no one to say it to."""
        return self._queue[0].text if self._queue and not self.is_gone else None

    def delivered(self) -> None:
        """Note that the head was taken."""
        self._queue.popleft()
        self._failures = 0

    def gone(self) -> None:
        """Note that there is no such connection: keep what no newer message will replace."""
        self.is_gone = True
        self._failures = 0
        self._queue = deque(waiting for waiting in self._queue if waiting.about is None)

    def heard_from(self) -> bool:
        """Note a message of this connection; True: it was taken for gone and is not."""
        was_gone, self.is_gone = self.is_gone, False
        return was_gone

    def failed(self) -> float:
        """Note that the head was not taken; give how long to wait, in seconds."""
        self._failures += 1
        if self._failures >= GIVE_UP_AFTER:
            self.delivered()
        head = self._queue[0] if self._queue else None
        kept = [waiting for waiting in self._queue if waiting is head or not _is_partial(waiting)]
        if head is not None and _is_partial(head):
            kept = kept[1:]
        self._queue = deque(kept)
        return min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2.0 ** (self._failures - 1))


def _is_partial(waiting: _Waiting) -> bool:
    return waiting.about is not None and waiting.about[1] is Partial
