"""Observers hear of every stream what becomes of it, once, and everything passes through unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from streaming_task.core.results import Ended, RecognisedResult, StreamEnd
from streaming_task.observed import ObservedRecognition
from streaming_task.ports import RecognitionStream, StreamRefused, StreamSettings

SETTINGS = StreamSettings("id", 16_000, "pcm", "PRIMARYCARE", "DICTATION", False, None)
END = Ended(StreamEnd.RESET, "code")


class Observer:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str | float | Ended] = []

    def opened(self) -> None:
        self.told.append("opened")

    def fed(self, seconds: float) -> None:
        self.told.append(seconds)

    def ended(self, ended: Ended) -> None:
        self.told.append(ended)

    def closed(self) -> None:
        self.told.append("closed")


class Stream:
    """A stream that takes audio or not, and ends with the second read."""

    def __init__(self, *, is_full: bool = False) -> None:
        self.expires_at: float | None = 5.0
        self._is_full = is_full
        self._answers: Sequence[tuple[RecognisedResult, ...] | Ended] = [(), END]
        self._read = 0
        self.calls: list[str] = []

    def send_audio(self, audio: bytes) -> bool:
        return not self._is_full

    async def writable(self) -> None:
        self.calls.append("writable")

    def end(self) -> None:
        self.calls.append("end")

    async def read(self) -> tuple[RecognisedResult, ...] | Ended:
        answer = self._answers[min(self._read, 1)]
        self._read += 1
        return answer

    def abort(self) -> None:
        self.calls.append("abort")


class Recognition:
    """Opens one stream, or refuses."""

    def __init__(self, stream: Stream | None) -> None:
        self._stream = stream

    async def open(self, settings: StreamSettings) -> RecognitionStream:
        if self._stream is None:
            raise StreamRefused(END)
        return self._stream


async def test_audio_is_told_in_seconds_as_it_is_taken() -> None:
    """To everyone who observes; what was not taken comes again."""
    one, two = Observer(), Observer()
    stream = await ObservedRecognition(Recognition(Stream()), one, two).open(SETTINGS)
    full = await ObservedRecognition(Recognition(Stream(is_full=True)), one).open(SETTINGS)

    assert stream.send_audio(bytes(6400))
    assert not full.send_audio(bytes(6400))

    assert one.told == ["opened", "opened", 0.2]
    assert two.told == ["opened", 0.2]


async def test_packets_tell_no_time() -> None:
    """How long Opus lasts does not follow from its bytes."""
    observer = Observer()
    settings = replace(SETTINGS, encoding="ogg-opus")
    stream = await ObservedRecognition(Recognition(Stream()), observer).open(settings)

    assert stream.send_audio(bytes(100))

    assert observer.told == ["opened"]


async def test_a_stream_is_the_stream_in_all_else() -> None:
    """It is only watched."""
    inner = Stream()
    stream = await ObservedRecognition(Recognition(inner), Observer()).open(SETTINGS)

    stream.end()
    await stream.writable()
    stream.abort()

    assert stream.expires_at == 5.0
    assert inner.calls == ["end", "writable", "abort"]


async def test_a_stream_ends_once() -> None:
    """However often its end is read, and though it is dropped afterwards."""
    observer = Observer()
    stream = await ObservedRecognition(Recognition(Stream()), observer).open(SETTINGS)

    heard = [await stream.read() for _ in range(4)]
    stream.abort()

    assert heard == [(), END, END, END]
    assert observer.told == ["opened", "closed", END]


async def test_a_stream_that_is_dropped_has_not_failed() -> None:
    """It is closed, and how it would have ended is nobody's concern."""
    observer = Observer()
    stream = await ObservedRecognition(Recognition(Stream()), observer).open(SETTINGS)

    stream.abort()
    stream.abort()

    assert observer.told == ["opened", "closed"]


async def test_a_stream_that_does_not_open_is_told_with_its_reason() -> None:
    """And the session hears of it as before."""
    observer = Observer()

    with pytest.raises(StreamRefused):
        await ObservedRecognition(Recognition(None), observer).open(SETTINGS)

    assert observer.told == [END]
