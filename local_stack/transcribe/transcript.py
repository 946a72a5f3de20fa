"""Write what a recogniser heard as Transcribe Medical says it. Pure."""

from __future__ import annotations

from local_stack.recognisers.interface import Result, Word
from local_stack.transcribe.personal_details import personal_details

CHANNEL = "ch_0"


def transcript_event(result: Result, *, has_speaker_labels: bool, identifies_phi: bool) -> dict[str, object]:
    """Give the body of a TranscriptEvent with this one result."""
    alternative: dict[str, object] = {
        "Transcript": result.text,
        "Items": [_item(word, has_speaker_labels=has_speaker_labels) for word in result.words],
    }
    if identifies_phi and not result.is_partial:
        alternative["Entities"] = personal_details(result.words)
    return {
        "Transcript": {
            "Results": [
                {
                    "ResultId": result.result_id,
                    "StartTime": round(result.start_s, 3),
                    "EndTime": round(result.end_s, 3),
                    "IsPartial": result.is_partial,
                    "Alternatives": [alternative],
                    "ChannelId": CHANNEL,
                }
            ]
        }
    }


def _item(word: Word, *, has_speaker_labels: bool) -> dict[str, object]:
    item: dict[str, object] = {
        "StartTime": round(word.start_s, 3),
        "EndTime": round(word.end_s, 3),
        "Type": word.kind,
        "Content": word.text,
    }
    if word.confidence is not None:
        item["Confidence"] = round(word.confidence, 4)
    if has_speaker_labels and word.speaker is not None:
        item["Speaker"] = word.speaker
    return item
