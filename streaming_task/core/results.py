"""What a recogniser said, in the task's own words. Pure values; times are seconds from the stream's start."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True)
class RecognisedItem:
    """A word or a punctuation mark with its place in the stream."""

    text: str
    kind: Literal["word", "punctuation"]
    start_s: float
    end_s: float
    confidence: float | None
    speaker: str | None


@dataclass(frozen=True, slots=True)
class RecognisedEntity:
    """A piece of protected health information that the recogniser marked."""

    text: str
    category: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class RecognisedResult:
    """One result: a partial may still change, a final never does."""

    result_id: str
    is_partial: bool
    start_s: float
    end_s: float
    text: str
    items: tuple[RecognisedItem, ...]
    entities: tuple[RecognisedEntity, ...]


class StreamEnd(StrEnum):
    """Every way a recognition stream can end."""

    CLEAN = "clean"  # after we said that no more audio comes
    EARLY = "early"  # closed in good order, but not by us
    RESET = "reset"  # RST_STREAM, or GOAWAY meant unkindly
    LOST = "lost"  # the TCP connection went
    TIMEOUT = "timeout"  # no connection, no headers, no PING answer, or no end of the drain in time
    LIMIT_EXCEEDED = "limit_exceeded"  # the account's quota, or the stream's own length
    UNAVAILABLE = "unavailable"
    BAD_REQUEST = "bad_request"
    CONFLICT = "conflict"  # another stream took this stream's id
    INTERNAL = "internal"
    REFUSED = "refused"  # credentials or signature


@dataclass(frozen=True, slots=True)
class Ended:
    """How a stream ended; `code` is an exception's or error's name, never its message."""

    end: StreamEnd
    code: str
