"""Read a TranscriptEvent of Transcribe Medical. Pure.

Every member of its shapes may be missing; only what is there but of the wrong kind is an error.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from streaming_task.core.results import RecognisedEntity, RecognisedItem, RecognisedResult


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and infinity are no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def parse_transcript_event(payload: bytes) -> tuple[RecognisedResult, ...]:
    """Give the event's results.

    Raises:
        ValueError: it is no TranscriptEvent.
    """
    try:
        event = _DECODER.decode(payload.decode())
        results = (event.get("Transcript") or {}).get("Results") or ()
        return tuple([_result(result) for result in results])
    except (AttributeError, TypeError, KeyError, RecursionError) as error:
        raise ValueError("not the shape of a TranscriptEvent") from error


def _result(raw: dict[str, Any]) -> RecognisedResult:
    get = raw.get
    best: dict[str, Any] = (get("Alternatives") or ({},))[0]
    start_s = float(get("StartTime") or 0.0)
    return RecognisedResult(
        result_id=get("ResultId") or "",
        is_partial=bool(get("IsPartial")),
        start_s=start_s,
        end_s=float(get("EndTime") or start_s),
        text=best.get("Transcript") or "",
        items=tuple([_item(item, start_s) for item in best.get("Items") or ()]),
        entities=tuple([_entity(entity, start_s) for entity in best.get("Entities") or ()]),
    )


def _item(raw: dict[str, Any], result_start_s: float) -> RecognisedItem:
    get = raw.get
    start_s = get("StartTime")
    if start_s is None:
        start_s = result_start_s
    end_s = get("EndTime")
    confidence = get("Confidence")
    return RecognisedItem(
        get("Content") or "",
        "punctuation" if get("Type") == "punctuation" else "word",
        float(start_s),
        float(start_s if end_s is None else end_s),
        None if confidence is None else float(confidence),
        get("Speaker"),
    )


def _entity(raw: dict[str, Any], result_start_s: float) -> RecognisedEntity:
    start_s = float(raw.get("StartTime") or result_start_s)
    return RecognisedEntity(
        text=raw.get("Content") or "",
        category=raw.get("Category") or "PHI",
        start_s=start_s,
        end_s=float(raw.get("EndTime") or start_s),
        confidence=float(raw.get("Confidence") or 0.0),
    )
