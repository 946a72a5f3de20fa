"""Subtitles, SubRip and WebVTT: one cue a segment, at its times. Pure."""

from __future__ import annotations

from lambdas.history.exports.passages import notes, passages
from lambdas.history.transcription import Transcription


def write_srt(transcription: Transcription) -> bytes:
    """Write SubRip. It has no comments: what is missing is said in the other formats."""
    cues = [
        f"{number}\n{_time(passage.start_ms, ',')} --> {_time(passage.end_ms, ',')}\n"
        f"{_line(passage.speaker, passage.text)}\n"
        for number, passage in enumerate(passages(transcription), start=1)
    ]
    return "\n".join(cues).encode()


def write_vtt(transcription: Transcription) -> bytes:
    """Write WebVTT, with notes of what is missing."""
    blocks = ["WEBVTT\n", *(f"NOTE {note}\n" for note in notes(transcription))]
    blocks += [
        f"{_time(passage.start_ms, '.')} --> {_time(passage.end_ms, '.')}\n"
        f"{_escaped(_line(passage.speaker, passage.text))}\n"
        for passage in passages(transcription)
    ]
    return "\n".join(blocks).encode()


def _line(speaker: str | None, text: str) -> str:
    said = text if speaker is None else f"{speaker}: {text}"
    # One line, since an empty one ends a cue; and no arrow, which begins one.
    return " ".join(said.split()).replace("-->", "\N{RIGHTWARDS ARROW}")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(milliseconds: int, point: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{rest:03d}"
