"""A FHIR R4 Bundle with one DocumentReference: the text as an attachment, the audio by reference. Pure.

A Bundle of type `collection`: type `document` would ask for a Composition with an author, of whom this
product knows no more than a sign-in. Nor does it know the patient: whoever imports it adds the `subject`.
"""

from __future__ import annotations

import base64
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from contract.records import RecordStatus, TranscriptState
from lambdas.history.exports.plain_text import write_text
from lambdas.history.transcription import Transcription

LANGUAGE: Final = "en-US"  # the only one that is heard
CLINICAL_NOTE: Final = {"system": "http://loinc.org", "code": "34109-9", "display": "Note"}


def write_fhir(transcription: Transcription, audio_url: str | None) -> bytes:
    """Write the Bundle; the audio's address asks for a sign-in, None: there is no audio."""
    row = transcription.row
    own_id = row.session_id or str(
        uuid.uuid5(uuid.NAMESPACE_URL, f"seva-arogya:transcription:{row.transcription_id}")
    )
    changed_at = transcription.versions[-1].at if transcription.versions else row.created_at
    text = {
        "contentType": "text/plain; charset=utf-8",
        "language": LANGUAGE,
        "data": base64.b64encode(write_text(transcription)).decode(),
        "title": "Transcription",
        "creation": _instant(changed_at),
    }
    contents: list[dict[str, Any]] = [{"attachment": text}]
    if audio_url is not None:
        media = "audio/ogg" if row.encoding == "opus" else "audio/flac"
        contents.append({"attachment": {"contentType": media, "url": audio_url, "title": "Recording"}})
    spoken_until = row.created_at + timedelta(seconds=row.duration_s or 0.0)
    reference = {
        "resourceType": "DocumentReference",
        "id": own_id,
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{own_id}"}],
        "status": "current",
        "docStatus": _state(transcription),
        "type": {"coding": [CLINICAL_NOTE]},
        "date": _instant(row.created_at),
        "content": contents,
        "context": {"period": {"start": _instant(row.created_at), "end": _instant(spoken_until)}},
    }
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": _instant(changed_at),
        "entry": [{"fullUrl": f"urn:uuid:{own_id}", "resource": reference}],
    }
    return json.dumps(bundle).encode()


def _state(transcription: Transcription) -> str:
    row = transcription.row
    if row.status == RecordStatus.IN_PROGRESS or row.transcript == TranscriptState.PENDING:
        return "preliminary"
    return "amended" if transcription.versions else "final"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
