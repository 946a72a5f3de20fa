"""Plain text: one line a segment, and below it what is missing. Pure."""

from __future__ import annotations

from lambdas.history.exports.passages import notes, passages
from lambdas.history.transcription import Transcription


def write_text(transcription: Transcription) -> bytes:
    """Write the text as it reads; who speaks stands before the first line of each turn."""
    lines = []
    speaker: str | None = None
    for passage in passages(transcription):
        is_turn = passage.speaker is not None and passage.speaker != speaker
        speaker = passage.speaker
        lines.append(f"{speaker}: {passage.text}" if is_turn else passage.text)
    missing = [f"[{note}]" for note in notes(transcription)]
    return "".join(f"{line}\n" for line in (*lines, *missing)).encode()
