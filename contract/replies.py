"""What the server says: every message to a client, and its JSON. Pure.

A message about a session carries `session_id` and `epoch`; the client ignores a lower epoch than it has seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Literal

from contract.audio import Ranges
from contract.records import TranscriptState
from contract.wire import RETRYABLE, Code


class Transcription(StrEnum):
    """What `status` says of the recogniser."""

    LIVE = "live"
    DELAYED = "delayed"
    PARKED = "parked"
    UNAVAILABLE = "unavailable"


class WarningCode(StrEnum):
    """What a `warning` warns of."""

    DURATION_NEAR = "duration_near"
    BUFFER_HALF = "buffer_half"
    AUTH_EXPIRING = "auth_expiring"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Item:
    """A word or a punctuation mark; times are milliseconds on the session's clock."""

    text: str
    kind: Literal["word", "punctuation"]
    start_ms: int
    end_ms: int
    confidence: float | None
    speaker: str | None


@dataclass(frozen=True, slots=True)
class Entity:
    """A piece of protected health information."""

    text: str
    category: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What `ready` tells the client to keep to."""

    idle_s: int
    duration_s: int
    buffer_bytes: int
    message_bytes: int
    messages_per_s: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The answer to `start` and `resume`."""

    TYPE: ClassVar = "ready"
    ref: str | None
    next_offset: int
    limits: Limits


@dataclass(frozen=True, slots=True)
class Ack:
    """How far audio has come: `received` and `durable` are both contiguous from 0, in samples."""

    TYPE: ClassVar = "ack"
    received: int
    durable: int


@dataclass(frozen=True, slots=True)
class Nack:
    """Sample ranges [from, to) that are missing."""

    TYPE: ClassVar = "nack"
    missing: Ranges


@dataclass(frozen=True, slots=True)
class Partial:
    """Text that may still change."""

    TYPE: ClassVar = "partial"
    segment: int
    revision: int
    start_ms: int
    end_ms: int
    text: str
    speaker: str | None


@dataclass(frozen=True, slots=True)
class Final:
    """A segment of the transcript; stored before it is sent, and never changed."""

    TYPE: ClassVar = "final"
    segment: int
    start_ms: int
    end_ms: int
    text: str
    stream: int
    speaker: str | None
    items: tuple[Item, ...]
    entities: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """What the recogniser does, and how far the text is behind the audio."""

    TYPE: ClassVar = "status"
    transcription: Transcription
    behind_ms: int


@dataclass(frozen=True, slots=True)
class Warn:
    """A limit is near."""

    TYPE: ClassVar = "warning"
    code: WarningCode
    message: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The owner changes: `resume`."""

    TYPE: ClassVar = "moved"


@dataclass(frozen=True, slots=True)
class Stored:
    """Every sample is safe; the record follows."""

    TYPE: ClassVar = "stored"
    samples: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Saved:
    """The record is written."""

    TYPE: ClassVar = "saved"
    transcription_id: int
    samples: int
    sha256: str
    segments: int
    gaps: Ranges
    transcript: TranscriptState


@dataclass(frozen=True, slots=True)
class Renewed:
    """This connection's authorisation holds for so long; it is about no session."""

    TYPE: ClassVar = "renewed"
    ref: str | None
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class Error:
    """A message was refused; it has changed nothing."""

    TYPE: ClassVar = "error"
    ref: str | None
    code: Code
    message: str
    retry_after_s: float | None = None


AboutSession = Ready | Ack | Nack | Partial | Final | Status | Warn | Moved | Stored | Saved | Error


def encode(message: AboutSession, session_id: str, epoch: int) -> str:
    """Write a message about a session as JSON."""
    fields_of = _plain(message)
    if isinstance(message, Error):
        fields_of["retryable"] = message.code in RETRYABLE
    return _dump({"type": message.TYPE, "session_id": session_id, "epoch": epoch, **fields_of})


def encode_without_session(message: Error | Renewed) -> str:
    """Write a message that is about no known session as JSON."""
    about: dict[str, Any] = {"type": message.TYPE}
    if isinstance(message, Error):
        about |= {"session_id": None, "retryable": message.code in RETRYABLE}
    return _dump(about | _plain(message))


def final_to_json(final: Final) -> str:
    """Write a final's own fields, as the store keeps them."""
    return _dump(_plain(final))


def final_from_json(text: str) -> Final:
    """Read a final back from the store."""
    return final_from_fields(json.loads(text))


def final_from_fields(stored: dict[str, Any]) -> Final:
    """Read a final back from its own fields, as JSON has them."""
    return Final(
        **stored
        | {
            "items": tuple(Item(**item) for item in stored["items"]),
            "entities": tuple(Entity(**entity) for entity in stored["entities"]),
        }
    )


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))


def _plain(value: Any) -> Any:
    # dataclasses.asdict copies deeply through generic code; this is several times cheaper on the push path.
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__slots__}
    return value
