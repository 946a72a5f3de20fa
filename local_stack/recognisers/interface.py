"""What the Transcribe stand-in asks of a recogniser. Types alone: no audio, no models, no protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Word:
    """One item of a result; times in seconds from the start of the stream, as Transcribe gives them."""

    text: str
    kind: Literal["pronunciation", "punctuation"]
    start_s: float
    end_s: float
    confidence: float | None  # 0 to 1; None where the recogniser has no opinion (partials, punctuation)
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One partial or final result; a final without words withdraws the partials of its id."""

    result_id: str  # the same in every partial of a segment and in its final
    is_partial: bool
    start_s: float
    end_s: float
    text: str
    words: tuple[Word, ...]


Emit = Callable[[Result], None]  # called on the event loop's thread, in order


class RecogniserFailed(Exception):
    """The recogniser itself broke; its stream says no more."""


class Recogniser(Protocol):
    """Hear one stream."""

    def feed(self, pcm: bytes) -> None:
        """Take more signed 16-bit little-endian mono audio, of any length; never blocks the event loop.

        Raises:
            RecogniserFailed: nothing more will come of this stream.
        """

    async def finish(self) -> None:
        """End the stream: emit what is left as finals, then return.

        Raises:
            RecogniserFailed: finals are missing.
        """

    def close(self) -> None:
        """Drop the stream at once and emit no more; may be called twice, and after `finish`."""


class RecogniserFactory(Protocol):
    """Open recognisers that share what is costly."""

    def open(self, *, sample_rate_hz: int, emit: Emit) -> Recogniser:
        """Open a recogniser for one stream of audio at `sample_rate_hz`; call it on the event loop."""

    def close(self) -> None:
        """Close every open stream and give back threads and models; may be called twice."""


def text_of(words: Iterable[Word]) -> str:
    """Join words with spaces, and punctuation without, as Transcribe writes a transcript."""
    return "".join(word.text if word.kind == "punctuation" else f" {word.text}" for word in words).strip()
