"""Watch what limits a task besides the number of its sessions: its event loop, and Transcribe's quota."""

from __future__ import annotations

import asyncio
import logging

from streaming_task.core.results import Ended, RecognisedResult, StreamEnd
from streaming_task.core.room import Room
from streaming_task.ports import Recognition, RecognitionStream, StreamRefused, StreamSettings

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


class WatchedRecognition:
    """Implements `Recognition`: tells how many streams are open, and which were refused by the quota."""

    def __init__(self, recognition: Recognition, room: Room) -> None:
        self._recognition = recognition
        self._room = room

    async def open(self, settings: StreamSettings) -> RecognitionStream:
        """Open a stream.

        Raises:
            StreamRefused: it did not open.
        """
        try:
            stream = await self._recognition.open(settings)
        except StreamRefused as refused:
            _refused(refused.ended, self._room)
            raise
        self._room.stream_opened()
        return _WatchedStream(stream, self._room)


class _WatchedStream:
    def __init__(self, stream: RecognitionStream, room: Room) -> None:
        self._stream = stream
        self._room = room
        self._is_open = True
        self.expires_at = stream.expires_at
        self.send_audio = stream.send_audio  # nothing is added to what every message costs
        self.writable = stream.writable
        self.end = stream.end

    async def read(self) -> tuple[RecognisedResult, ...] | Ended:
        heard = await self._stream.read()
        if isinstance(heard, Ended) and self._is_open:
            self._close()
            _refused(heard, self._room)
        return heard

    def abort(self) -> None:
        self._stream.abort()
        if self._is_open:
            self._close()

    def _close(self) -> None:
        self._is_open = False
        self._room.stream_closed()


def _refused(ended: Ended, room: Room) -> None:
    if ended.end is StreamEnd.LIMIT_EXCEEDED:
        room.stream_refused(asyncio.get_running_loop().time())
