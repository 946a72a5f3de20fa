"""Watch what limits a task besides the number of its sessions: its event loop, and Transcribe's quota."""

from __future__ import annotations

import asyncio
import logging

from streaming_task.core.results import Ended, StreamEnd
from streaming_task.core.room import Room

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25


async def watch_the_loop(room: Room) -> None:
    """Tell how late the event loop wakes what asked to be woken, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        due_at = loop.time() + LOOK_EVERY_S
        await asyncio.sleep(LOOK_EVERY_S)
        now, was_overloaded = loop.time(), room.is_overloaded
        room.looked(now - due_at, now)
        if room.is_overloaded != was_overloaded:
            about = {"is_overloaded": room.is_overloaded, "late_ms": round((now - due_at) * 1000)}
            _log.warning("Task event loop is late, or no longer", extra=about)


class RoomObserver:
    """Implements `StreamObserver`: tells how many streams are open, and which were refused by the quota."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def opened(self) -> None:
        """Count it."""
        self._room.stream_opened()

    def fed(self, seconds: float) -> None:
        """Count no audio."""

    def ended(self, ended: Ended) -> None:
        """Look whether it was the quota."""
        if ended.end is StreamEnd.LIMIT_EXCEEDED:
            self._room.stream_refused(asyncio.get_running_loop().time())

    def closed(self) -> None:
        """Count it no more."""
        self._room.stream_closed()
