"""What can happen to a session. Pure values, a closed union."""

from __future__ import annotations

from dataclasses import dataclass

from contract.audio import Ranges
from contract.records import ConnectionId, RecordingState
from contract.wire import Audio, Pause, Ping, Resume, Start, Stop
from streaming_task.core.results import Ended, RecognisedResult

SessionMessage = Start | Audio | Resume | Pause | Stop | Ping


@dataclass(frozen=True, slots=True)
class MessageTaken:
    """A client's message about this session, by a connection of its user."""

    connection_id: ConnectionId
    authorised_until: float  # Unix seconds
    message: SessionMessage


@dataclass(frozen=True, slots=True)
class PartStored:
    """The store has confirmed a part."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PartFailed:
    """A part may or may not be stored."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PartsListed:
    """The sample ranges of all parts that are stored, before anything is given up; None: nobody could say."""

    parts: Ranges | None


@dataclass(frozen=True, slots=True)
class AudioRead:
    """Stored audio, asked for because memory no longer holds it; empty: it could not be read."""

    start: int
    data: bytes


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """A recognition stream is open; `expires_at` is Unix seconds."""

    stream: int
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class StreamResults:
    """A recognition stream said something."""

    stream: int
    results: tuple[RecognisedResult, ...]


@dataclass(frozen=True, slots=True)
class StreamBlocked:
    """A recognition stream took nothing from `fed_until` on: its buffer is full."""

    stream: int
    fed_until: int


@dataclass(frozen=True, slots=True)
class StreamWritable:
    """A recognition stream takes audio again."""

    stream: int


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """A recognition stream ended, or never opened."""

    stream: int
    ended: Ended


@dataclass(frozen=True, slots=True)
class FinalStored:
    """The store has the oldest final that waited."""


@dataclass(frozen=True, slots=True)
class FinalFailed:
    """The oldest final that waits may or may not be stored."""


@dataclass(frozen=True, slots=True)
class StopStored:
    """The session's end is written down."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The manifest is written: what the recording is can no longer change."""

    samples: int
    sha256: str
    gaps: Ranges


@dataclass(frozen=True, slots=True)
class Committed:
    """The record is written."""

    transcription_id: int


@dataclass(frozen=True, slots=True)
class StepFailed:
    """Writing the end, the seal or the record failed or is of unknown outcome."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """The parts are one recording, or it is written down that they are kept."""

    recording: RecordingState


@dataclass(frozen=True, slots=True)
class Finished:
    """It is written down that nothing is left to do."""


@dataclass(frozen=True, slots=True)
class TidyFailed:
    """Compacting or finishing failed or is of unknown outcome."""


@dataclass(frozen=True, slots=True)
class OwnershipLost:
    """A fenced write was refused: another owner has a newer epoch."""


@dataclass(frozen=True, slots=True)
class Diverged:
    """A write was refused although the epoch is ours: the store does not say what this memory does."""


@dataclass(frozen=True, slots=True)
class Crowded:
    """The task holds too much audio, or no longer, and this session is one of its largest."""

    is_crowded: bool


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Its user has signed out everywhere since it was authorised: end it, with what is here."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """The task is leaving: store what is here, let the stream finish, and hand the session over."""


@dataclass(frozen=True, slots=True)
class Released:
    """The session is any task's to claim."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


StreamEvent = StreamOpened | StreamResults | StreamBlocked | StreamWritable | StreamEnded

Answer = (
    PartStored
    | PartFailed
    | PartsListed
    | AudioRead
    | StreamEvent
    | FinalStored
    | FinalFailed
    | StopStored
    | Sealed
    | Committed
    | StepFailed
    | Compacted
    | Finished
    | TidyFailed
    | OwnershipLost
    | Diverged
    | Crowded
    | SignedOut
    | Leaving
    | Released
    | Tick
)
Event = MessageTaken | Answer
