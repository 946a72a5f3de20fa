"""Let others see what becomes of recognition streams. It changes nothing of it."""

from __future__ import annotations

from typing import Protocol

from contract.audio import bytes_in
from streaming_task.core.results import Ended, RecognisedResult
from streaming_task.ports import Recognition, RecognitionStream, StreamRefused, StreamSettings


class StreamObserver(Protocol):
    """Is told of every stream of a task."""

    def opened(self) -> None:
        """Note that one more is open."""
        ...

    def fed(self, seconds: float) -> None:
        """Note audio that was taken; of Opus, whose bytes tell no time, nothing is told."""
        ...

    def ended(self, ended: Ended) -> None:
        """Note how one ended, or why it did not open; none that was aborted."""
        ...

    def closed(self) -> None:
        """Note that one that was open is so no more, ended or aborted."""
        ...


class ObservedRecognition:
    """Implements `Recognition`."""

    def __init__(self, recognition: Recognition, *observers: StreamObserver) -> None:
        self._recognition = recognition
        self._observers = observers

    async def open(self, settings: StreamSettings) -> RecognitionStream:
        """Open a stream.

        Raises:
            StreamRefused: it did not open.
        """
        try:
            stream = await self._recognition.open(settings)
        except StreamRefused as refused:
            for observer in self._observers:
                observer.ended(refused.ended)
            raise
        for observer in self._observers:
            observer.opened()
        is_pcm = settings.encoding == "pcm"
        return _ObservedStream(stream, self._observers, bytes_in(settings.sample_rate_hz) if is_pcm else None)


class _ObservedStream:
    def __init__(
        self, stream: RecognitionStream, observers: tuple[StreamObserver, ...], bytes_per_s: int | None
    ) -> None:
        self._stream = stream
        self._observers = observers
        self._bytes_per_s = bytes_per_s
        self._is_open = True
        self.expires_at = stream.expires_at
        self.writable = stream.writable
        self.end = stream.end

    def send_audio(self, audio: bytes) -> bool:
        is_taken = self._stream.send_audio(audio)
        if is_taken and self._bytes_per_s is not None:
            for observer in self._observers:
                observer.fed(len(audio) / self._bytes_per_s)
        return is_taken

    async def read(self) -> tuple[RecognisedResult, ...] | Ended:
        heard = await self._stream.read()
        if isinstance(heard, Ended):
            self._close(heard)
        return heard

    def abort(self) -> None:
        self._stream.abort()
        self._close(None)

    def _close(self, ended: Ended | None) -> None:
        if not self._is_open:
            return
        self._is_open = False
        for observer in self._observers:
            observer.closed()
            if ended is not None:
                observer.ended(ended)
