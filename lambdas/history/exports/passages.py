"""A transcription as somebody reads it from top to bottom: what was said when, and what is missing. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from contract.records import RecordStatus, TranscriptState
from lambdas.history.transcription import Transcription


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of one segment as they read; milliseconds on the session's clock. Never empty."""

    start_ms: int
    end_ms: int
    speaker: str | None
    text: str


def passages(transcription: Transcription) -> list[Passage]:
    """Give what is read, in order; what was struck out is not."""
    if not transcription.segments:
        whole_ms = round((transcription.row.duration_s or 0.0) * 1000)
        text = " ".join(transcription.text.split())
        return [Passage(0, max(whole_ms, 1), None, text)] if text else []
    return [
        # A word of no length would be no subtitle at all.
        Passage(heard.start_ms, max(heard.end_ms, heard.start_ms + 1), heard.speaker, segment.text)
        for segment in transcription.segments
        if segment.text
        for heard in (segment.heard,)
    ]


def notes(transcription: Transcription) -> list[str]:
    """Give a sentence for everything that is missing: a reader would take what is there for all there was."""
    row = transcription.row
    said = []
    if row.status == RecordStatus.IN_PROGRESS:
        said.append("This session was still being recorded when this was written.")
    elif row.transcript in (TranscriptState.PENDING, TranscriptState.INCOMPLETE):
        said.append("The text does not reach the end of the recording.")
    if row.sample_rate:
        said += [
            f"Nothing was recorded from {clock(start / row.sample_rate)} to {clock(end / row.sample_rate)}."
            for start, end in row.gaps
        ]
    return said


def clock(seconds: float) -> str:
    """Give a time as people read it: 1:02:03 or 2:03."""
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"
