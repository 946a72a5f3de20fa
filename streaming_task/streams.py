"""Run one recognition stream for the runner: recode, keep the order, and hold back when it is full."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from streaming_task.core.events import (
    Event,
    StreamBlocked,
    StreamEnded,
    StreamOpened,
    StreamResults,
    StreamWritable,
)
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.ports import (
    Recognition,
    RecognitionStream,
    StreamCoder,
    StreamRefused,
    StreamSettings,
)


class LiveStream:
    """One stream from opening to its end; tells the session through `post`."""

    def __init__(
        self,
        number: int,
        settings: StreamSettings,
        recognition: Recognition,
        coder: StreamCoder | None,
        post: Callable[[Event], None],
    ) -> None:
        self._number = number
        self._settings = settings
        self._recognition = recognition
        self._coder = coder
        self._post = post
        self._stream: RecognitionStream | None = None
        self._waiting: bytes | None = None  # taken from the session, not yet by the stream
        self._is_ending = False
        self._unblocking: asyncio.Task[None] | None = None
        self._running = asyncio.create_task(self._run(), name=f"stream {settings.stream_id}")

    def feed(self, data: bytes, start: int) -> None:
        """Give the audio from sample `start` on; StreamBlocked answers that it was not taken."""
        if self._stream is None:
            return
        if self._waiting is not None:
            self._post(StreamBlocked(self._number, start))
            return
        self._give(data if self._coder is None else self._coder.push(data))

    def end(self) -> None:
        """Let the stream finish once all it was given is on its way."""
        self._is_ending = True
        if self._waiting is None:
            self._finish()

    def abort(self) -> None:
        """Drop the stream; nothing more is posted."""
        self._running.cancel()
        if self._unblocking is not None:
            self._unblocking.cancel()
        if self._stream is not None:
            self._stream.abort()

    def _give(self, audio: bytes) -> None:
        if audio and self._stream is not None and not self._stream.send_audio(audio):
            self._waiting = audio
            self._unblocking = asyncio.create_task(self._unblock(self._stream), name="stream unblock")

    async def _unblock(self, stream: RecognitionStream) -> None:
        await stream.writable()
        if self._waiting is None or not stream.send_audio(self._waiting):
            return  # it has ended, and `_run` hears how
        self._waiting = None
        if self._is_ending:
            self._finish()
        else:
            self._post(StreamWritable(self._number))

    def _finish(self) -> None:
        if self._stream is None:
            return
        if self._coder is not None:
            tail = self._coder.flush()
            self._coder = None
            self._give(tail)
            if self._waiting is not None:
                return  # `_unblock` comes back here
        self._stream.end()

    async def _run(self) -> None:
        try:
            stream = await self._recognition.open(self._settings)
        except StreamRefused as refused:
            self._post(StreamEnded(self._number, refused.ended))
            return
        except Exception as error:  # noqa: BLE001 - a session may not wait for ever for a stream that broke
            self._post(StreamEnded(self._number, _broken(error)))
            return
        self._stream = stream
        try:
            self._post(StreamOpened(self._number, stream.expires_at))
            while True:
                heard = await stream.read()
                if isinstance(heard, Ended):
                    self._post(StreamEnded(self._number, heard))
                    return
                self._post(StreamResults(self._number, heard))
        except Exception as error:  # noqa: BLE001 - as above
            self._post(StreamEnded(self._number, _broken(error)))
        finally:
            if self._unblocking is not None:
                self._unblocking.cancel()
            stream.abort()


def _broken(error: Exception) -> Ended:
    return Ended(StreamEnd.INTERNAL, type(error).__name__)
