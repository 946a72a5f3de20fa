"""The row that a session becomes in PostgreSQL. Pure value."""

from __future__ import annotations

from dataclasses import dataclass

from contract.audio import Ranges
from contract.records import RecordStatus, TranscriptState
from contract.replies import Final
from streaming_task.core.ownership import SessionTerms


@dataclass(frozen=True, slots=True)
class Record:
    """One session as table `transcriptions` keeps it; text is the finals joined by spaces."""

    terms: SessionTerms
    epoch: int
    status: RecordStatus
    audio_s3_key: str
    samples: int = 0
    sha256: str | None = None
    gaps: Ranges = ()
    finals: tuple[Final, ...] = ()
    transcript: TranscriptState = TranscriptState.PENDING

    @property
    def text(self) -> str:
        """Join the finals by spaces."""
        return " ".join(final.text for final in self.finals)
