"""A transcription as its doctor reads it: what was heard, with the corrections laid over it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from contract.audio import Ranges
from contract.records import RecordStatus, TranscriptState
from contract.replies import Final as Heard


@dataclass(frozen=True, slots=True)
class Summary:
    """What the list shows of one."""

    transcription_id: int
    session_id: str | None
    created_at: datetime
    duration_s: float | None
    status: str
    transcript: str | None
    quality: str | None
    gaps: int
    excerpt: str
    is_corrected: bool

    def as_json(self) -> dict[str, Any]:
        """Give it as the contract spells it."""
        fields = asdict(self)
        fields["created_at"] = iso(self.created_at)
        fields["corrected"] = fields.pop("is_corrected")
        return fields


@dataclass(frozen=True, slots=True)
class Version:
    """One correction: which segment reads how since when, and who says so."""

    version: int
    segment: int
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Segment:
    """A final as it was heard, and what stands in its place; None: nothing does."""

    heard: Heard
    corrected_text: str | None

    @property
    def text(self) -> str:
        """Give what is read."""
        return self.heard.text if self.corrected_text is None else self.corrected_text


@dataclass(frozen=True, slots=True)
class Row:
    """A transcription as its row has it. Lengths in samples, times in UTC."""

    transcription_id: int
    user_id: str
    session_id: str | None
    created_at: datetime
    duration_s: float | None
    status: str
    transcript: str | None
    quality: str | None
    encoding: str | None
    sample_rate: int | None
    samples: int | None
    sha256: str | None
    gaps: Ranges
    text: str
    finals: tuple[Heard, ...]
    audio_key: str | None

    @property
    def is_still_growing(self) -> bool:
        """Tell whether more text may follow than the row has."""
        return self.status == RecordStatus.IN_PROGRESS or self.transcript == TranscriptState.PENDING


@dataclass(frozen=True, slots=True)
class Transcription:
    """A row, its segments as they are read, and their history."""

    row: Row
    segments: tuple[Segment, ...]
    versions: tuple[Version, ...]

    @property
    def version(self) -> int:
        """Give how many corrections there are."""
        return self.versions[-1].version if self.versions else 0

    @property
    def text(self) -> str:
        """Give all of it as it is read."""
        if not self.segments:
            return self.row.text
        return " ".join(segment.text for segment in self.segments if segment.text)

    def as_json(self) -> dict[str, Any]:
        """Give it as the contract spells it, but for what only the desk knows."""
        row = self.row
        return {
            "transcription_id": row.transcription_id,
            "session_id": row.session_id,
            "created_at": iso(row.created_at),
            "duration_s": row.duration_s,
            "status": row.status,
            "transcript": row.transcript,
            "quality": row.quality,
            "gaps": [list(gap) for gap in row.gaps],
            "text": self.text,
            "encoding": row.encoding,
            "sample_rate": row.sample_rate,
            "samples": row.samples,
            "sha256": row.sha256,
            "segments": [
                asdict(segment.heard) | {"corrected_text": segment.corrected_text}
                for segment in self.segments
            ],
            "version": self.version,
            "versions": [
                {"version": one.version, "segment": one.segment, "by": one.by, "at": iso(one.at)}
                for one in self.versions
            ],
        }


def as_read(row: Row, finals: Sequence[Heard], versions: Iterable[Version]) -> Transcription:
    """Lay the corrections, oldest first, over what was heard."""
    versions = tuple(versions)
    latest = {one.segment: one.text for one in versions}
    segments = tuple(Segment(final, latest.get(final.segment)) for final in finals)
    return Transcription(row, segments, versions)


def iso(at: datetime) -> str:
    """Give a time as the contract spells it: UTC, to the microsecond."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
