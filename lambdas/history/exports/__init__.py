"""The files that a transcription is handed out as: one module a format, all by the standard library. Pure.

No name of a file, and nothing beside the text itself, says anything of the patient.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lambdas.history.exports.docx import write_docx
from lambdas.history.exports.fhir import write_fhir
from lambdas.history.exports.plain_text import write_text
from lambdas.history.exports.subtitles import write_srt, write_vtt
from lambdas.history.transcription import Transcription

__all__ = ["FORMATS", "Export"]


@dataclass(frozen=True, slots=True)
class Export:
    """How a format is called and written; the second argument is the audio's address, None: there is none."""

    suffix: str
    content_type: str
    write: Callable[[Transcription, str | None], bytes]


FORMATS: Final[Mapping[str, Export]] = MappingProxyType(
    {
        "txt": Export("txt", "text/plain; charset=utf-8", lambda one, _: write_text(one)),
        "srt": Export("srt", "application/x-subrip; charset=utf-8", lambda one, _: write_srt(one)),
        "vtt": Export("vtt", "text/vtt; charset=utf-8", lambda one, _: write_vtt(one)),
        "json": Export("json", "application/json", lambda one, _: json.dumps(one.as_json()).encode()),
        "docx": Export(
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            lambda one, _: write_docx(one),
        ),
        "fhir": Export("fhir.json", "application/fhir+json", write_fhir),
    }
)
