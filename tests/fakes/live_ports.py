"""The streams and the gateway of a streaming task, in memory, and what works on audio between them."""

from __future__ import annotations

import asyncio
from collections import deque

from contract.audio import BYTES_PER_SAMPLE
from contract.records import ConnectionId
from streaming_task.core.results import Ended, RecognisedResult, StreamEnd
from streaming_task.ports import Delivered, Gone, PushResult, StreamRefused, StreamSettings
from tests.fakes.turnstile import Turnstile

CLEAN = Ended(StreamEnd.CLEAN, "")


class FakeStream:
    """Implements `RecognitionStream`; it says what it is told to, and ends cleanly when it is asked to."""

    def __init__(self, settings: StreamSettings) -> None:
        self.settings = settings
        self.expires_at: float | None = None
        self.heard = bytearray()
        self.was_told_to_end = False
        self.is_aborted = False
        self.ends_when_asked = True
        self.is_full = False
        self.defect: Exception | None = None  # audio meets it
        self.drops_after_end = False  # the port leaves it open whether an ended stream takes audio
        self._ended: Ended | None = None
        self._said: deque[tuple[RecognisedResult, ...]] = deque()
        self._news = asyncio.Event()

    def send_audio(self, audio: bytes) -> bool:
        """Hear audio, or take nothing."""
        if self.defect is not None:
            raise self.defect
        if self.drops_after_end and self._ended is not None:
            return True
        if self.is_full:
            return False
        assert not self.was_told_to_end, "audio after the end"
        self.heard += audio
        return True

    async def writable(self) -> None:
        """Wait for room, or for the end."""
        while self.is_full and self._ended is None:
            await self._wait()

    def end(self) -> None:
        """Note that the audio is over."""
        self.was_told_to_end = True
        if self.ends_when_asked:
            self.finish(CLEAN)

    async def read(self) -> tuple[RecognisedResult, ...] | Ended:
        """Give what was said, then how it ended."""
        while not self._said:
            if self._ended is not None:
                return self._ended
            await self._wait()
        return self._said.popleft()

    def abort(self) -> None:
        """End now."""
        self.is_aborted = True
        self.finish(Ended(StreamEnd.RESET, "Aborted"))

    async def _wait(self) -> None:
        self._news.clear()
        await self._news.wait()

    # -- what a test does ----------------------------------------------------------------------------

    def say(self, *results: RecognisedResult) -> None:
        """Let it say something."""
        self._said.append(results)
        self._news.set()

    def finish(self, ended: Ended) -> None:
        """Let it end, once."""
        self._ended = self._ended or ended
        self._news.set()

    def make_room(self) -> None:
        """Let it take audio again."""
        self.is_full = False
        self._news.set()


class FakeRecognition:
    """Implements `Recognition`; keeps every stream it opened."""

    def __init__(self) -> None:
        self.streams: list[FakeStream] = []
        self.opens = Turnstile()

    async def open(self, settings: StreamSettings) -> FakeStream:
        """Open a stream."""
        async with self.opens:
            self.streams.append(FakeStream(settings))
            return self.streams[-1]

    def refuse(self, end: StreamEnd) -> None:
        """Let the next stream not open."""
        self.opens.fail(StreamRefused(Ended(end, "Faked")))


class FakeGateway:
    """Implements `Gateway`; keeps what was delivered, and answers what it is told to first."""

    def __init__(self) -> None:
        self.delivered: list[tuple[ConnectionId, str]] = []
        self.gone: set[ConnectionId] = set()
        self.answers: deque[PushResult] = deque()
        self.pushes = Turnstile()

    async def push(self, connection_id: ConnectionId, message: str) -> PushResult:
        """Deliver a message, unless something else is to be answered."""
        async with self.pushes:
            if connection_id in self.gone:
                return Gone()
            answer = self.answers.popleft() if self.answers else Delivered()
            if isinstance(answer, Delivered):
                self.delivered.append((connection_id, message))
            return answer

    def said_to(self, connection_id: str) -> list[str]:
        """List what one connection was told."""
        return [message for to, message in self.delivered if to == connection_id]


class FakeResampler:
    """Implements `StreamCoder`: says every sample twice, and holds the last one back as a filter does."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        assert to_hz == 2 * from_hz
        self._held_back = b""

    def push(self, data: bytes) -> bytes:
        """Give all but the last sample, twice each."""
        audio = self._held_back + data
        self._held_back = audio[-BYTES_PER_SAMPLE:]
        return _twice(audio[:-BYTES_PER_SAMPLE])

    def flush(self) -> bytes:
        """Give the last sample, twice."""
        return _twice(self._held_back)


def _twice(pcm: bytes) -> bytes:
    return b"".join(pcm[at : at + BYTES_PER_SAMPLE] * 2 for at in range(0, len(pcm), BYTES_PER_SAMPLE))


class FakeCompactor:
    """Implements `Compactor`: the samples after a mark, or a refusal of what it made itself."""

    def __init__(self) -> None:
        self.is_broken = False

    def encode(self, audio: bytes | bytearray, sample_rate_hz: int) -> bytes:
        """Code samples; `is_broken` finds that they do not decode to themselves."""
        if self.is_broken:
            raise ValueError("other samples")
        return f"{sample_rate_hz}:".encode() + bytes(audio)

    def decode(self, recording: bytes) -> bytes:
        """Give the samples again."""
        return recording.partition(b":")[2]
