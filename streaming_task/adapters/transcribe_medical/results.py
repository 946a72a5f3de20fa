"""Read a TranscriptEvent of Transcribe Medical. Pure.

Every member of its shapes may be missing; only what is there but of the wrong kind is an error.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal, NoReturn

from streaming_task.core.results import RecognisedEntity, RecognisedItem, RecognisedResult


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and infinity are no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_KINDS: dict[str, Literal["word", "punctuation"]] = {"pronunciation": "word", "punctuation": "punctuation"}


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
        items=_items(best.get("Items") or (), start_s),
        entities=tuple([_entity(entity, start_s) for entity in best.get("Entities") or ()]),
    )


def _items(raw: Sequence[dict[str, Any]], result_start_s: float) -> tuple[RecognisedItem, ...]:
    try:
        # What the service really sends; every partial repeats all its words, so this is what costs.
        return tuple(
            [
                RecognisedItem(
                    item["Content"],
                    _KINDS[item["Type"]],
                    item["StartTime"] + 0.0,
                    item["EndTime"] + 0.0,
                    item.get("Confidence"),
                    item.get("Speaker"),
                )
                for item in raw
            ]
        )
    except (KeyError, TypeError):
        return tuple([_incomplete_item(item, result_start_s) for item in raw])


def _incomplete_item(raw: dict[str, Any], result_start_s: float) -> RecognisedItem:
    start_s = raw.get("StartTime")
    start_s = result_start_s if start_s is None else float(start_s)
    end_s = raw.get("EndTime")
    confidence = raw.get("Confidence")
    return RecognisedItem(
        text=raw.get("Content") or "",
        kind=_KINDS.get(raw.get("Type") or "", "word"),
        start_s=start_s,
        end_s=start_s if end_s is None else float(end_s),
        confidence=None if confidence is None else float(confidence),
        speaker=raw.get("Speaker"),
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
