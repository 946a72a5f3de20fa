"""Who owns a session, and what of it outlives its owner. Pure values."""

from __future__ import annotations

from dataclasses import dataclass

from contract.audio import Encoding, Quality, Ranges
from contract.records import (
    ConnectionId,
    RecordingState,
    SessionId,
    SessionState,
    TaskId,
    TranscriptState,
    UserId,
)

FIRST_EPOCH = 1


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """What was agreed at `start` and never changes."""

    session_id: SessionId
    user_id: UserId
    encoding: Encoding
    quality: Quality
    sample_rate_hz: int
    specialty: str
    conversation: str
    speaker_labels: bool
    vocabulary: str | None
    started_at: float  # Unix seconds
    issued_at: float = 0.0  # Unix seconds: the sign-in that began it; unknown is older than any sign-out


@dataclass(frozen=True, slots=True)
class SessionMeta:
    """A session's item `meta`: its terms, its owner, and how far it has come."""

    terms: SessionTerms
    owner: TaskId | None
    epoch: int
    state: SessionState
    final_until: int = 0  # samples that stored finals cover
    segments: int = 0  # stored finals
    streams: int = 0  # recognition streams opened so far
    end_offset: int | None = None
    client_sha256: str | None = None
    connection_id: ConnectionId | None = None
    client: str | None = None
    samples: int | None = None  # set at sealing
    sha256: str | None = None  # set at sealing
    gaps: Ranges = ()
    transcript: TranscriptState | None = None  # set at the commit
    transcription_id: int | None = None  # set at the commit
    recording: RecordingState | None = None  # set once it is known what became of the parts
    is_finished: bool = False  # nobody has anything left to do
    left: Ranges | None = None  # of a claim: all samples stored, if the last owner knew


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What the sparse index tells of a session that is not finished."""

    session_id: SessionId
    owner: TaskId | None


@dataclass(frozen=True, slots=True)
class SessionChanges:
    """Fields of `meta` to write; None leaves a field as it is."""

    state: SessionState | None = None
    streams: int | None = None
    end_offset: int | None = None
    client_sha256: str | None = None
    connection_id: ConnectionId | None = None
    client: str | None = None
    samples: int | None = None
    sha256: str | None = None
    gaps: Ranges | None = None
    transcript: TranscriptState | None = None
    transcription_id: int | None = None
    recording: RecordingState | None = None
    is_finished: bool | None = None  # True or nothing: there is no way back
