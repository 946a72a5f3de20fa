"""What a session wants done. Pure values, a closed union; the runner does them, in order."""

from __future__ import annotations

from dataclasses import dataclass

from contract.audio import Range, Ranges
from contract.records import ConnectionId, TranscriptState
from contract.replies import AboutSession, Final
from streaming_task.core.ownership import SessionChanges


@dataclass(frozen=True, slots=True)
class Send:
    """Say something to one connection."""

    connection_id: ConnectionId
    message: AboutSession


@dataclass(frozen=True, slots=True)
class SendFinals:
    """Say the stored finals after `after`, and then the rest, to one connection."""

    connection_id: ConnectionId
    after: int
    then: tuple[AboutSession, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Write something down that a new owner should know; never waited for."""

    changes: SessionChanges


@dataclass(frozen=True, slots=True)
class PutPart:
    """Write a part; answered by PartStored or PartFailed."""

    start: int
    end: int
    data: bytes


@dataclass(frozen=True, slots=True)
class ReadAudio:
    """Read stored audio from `start` on, at most up to `end`; answered by AudioRead."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ListParts:
    """List what is stored; answered by PartsListed."""


@dataclass(frozen=True, slots=True)
class OpenStream:
    """Open a recognition stream; answered by StreamOpened or StreamEnded."""

    stream: int


@dataclass(frozen=True, slots=True)
class Feed:
    """Give a recognition stream the audio from `start` on; StreamBlocked says that it was not taken."""

    stream: int
    start: int
    data: bytes


@dataclass(frozen=True, slots=True)
class EndStream:
    """Let a recognition stream finish; results may follow, then StreamEnded."""

    stream: int


@dataclass(frozen=True, slots=True)
class AbortStream:
    """Drop a recognition stream; nothing more is heard of it."""

    stream: int


@dataclass(frozen=True, slots=True)
class StoreFinal:
    """Store a final (None: only advance) over [start, end); answered by FinalStored or FinalFailed."""

    start: int
    end: int
    final: Final | None


@dataclass(frozen=True, slots=True)
class BeginRecord:
    """Write the row as in progress, when PostgreSQL answers; never waited for."""


@dataclass(frozen=True, slots=True)
class WriteStop:
    """Write down where the session ends; answered by StopStored or StepFailed."""

    end: int
    client_sha256: str | None


@dataclass(frozen=True, slots=True)
class Seal:
    """Write the manifest; answered by Sealed or StepFailed. `sha256` None: hash what is stored."""

    end: int
    gaps: Ranges
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Commit:
    """Write the record; answered by Committed or StepFailed."""

    transcript: TranscriptState


@dataclass(frozen=True, slots=True)
class Compact:
    """Make one recording of the parts and, if allowed, delete them; answered by Compacted or TidyFailed."""

    may_delete: bool


@dataclass(frozen=True, slots=True)
class Finish:
    """Write down that nothing is left to do; answered by Finished or TidyFailed."""


@dataclass(frozen=True, slots=True)
class Release:
    """Give the session up to whoever claims it; answered by Released."""

    stored: tuple[Range, ...] | None  # all samples that the store holds; None: it must be asked


@dataclass(frozen=True, slots=True)
class Report:
    """Count something worth an operator's eye; `name` is one of a fixed set, never a user's text."""

    name: str
    value: float = 1.0


@dataclass(frozen=True, slots=True)
class Reclaim:
    """Take the session over anew, once it is closed: what is stored is not what was remembered here."""


@dataclass(frozen=True, slots=True)
class Close:
    """Forget the session: it is finished, or another's."""


Effect = (
    Send
    | SendFinals
    | Note
    | PutPart
    | ReadAudio
    | ListParts
    | OpenStream
    | Feed
    | EndStream
    | AbortStream
    | StoreFinal
    | BeginRecord
    | WriteStop
    | Seal
    | Commit
    | Compact
    | Finish
    | Release
    | Report
    | Reclaim
    | Close
)
