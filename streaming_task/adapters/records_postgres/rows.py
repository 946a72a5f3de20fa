"""A record as the values of its row. Pure.

PostgreSQL keeps neither NUL nor half a surrogate pair, and a recogniser's JSON may hold either: one odd
character must not keep a whole consultation out of the database.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from contract.replies import Final, final_to_json
from streaming_task.core.record import Record

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def row_of(record: Record) -> dict[str, Any]:
    """Give the values by their columns' names; those of JSON columns as text."""
    terms = record.terms
    return {
        "user_id": terms.user_id,
        "session_id": terms.session_id,
        "audio_s3_key": record.audio_s3_key,
        "transcript_text": storable(record.text),
        "status": str(record.status),
        "audio_duration_seconds": record.samples / terms.sample_rate_hz,
        "sample_rate": terms.sample_rate_hz,
        "quality": str(terms.quality),
        "epoch": record.epoch,
        "encoding": str(terms.encoding),
        "samples": record.samples,
        "sha256": record.sha256,
        "gaps": json.dumps(record.gaps),
        "segments": f"[{','.join(final_to_json(_storable_final(final)) for final in record.finals)}]",
        "transcript_state": str(record.transcript),
    }


def storable(text: str) -> str:
    """Replace what PostgreSQL cannot keep."""
    return text.replace("\0", REPLACEMENT).encode("utf-8", "replace").decode()


def _storable_final(final: Final) -> Final:
    return replace(
        final,
        text=storable(final.text),
        items=tuple(replace(item, text=storable(item.text)) for item in final.items),
        entities=tuple(replace(entity, text=storable(entity.text)) for entity in final.entities),
    )
