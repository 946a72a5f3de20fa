"""Every member of a TranscriptEvent may be missing; what is there is kept."""

from __future__ import annotations

import json

import pytest

from streaming_task.adapters.transcribe_medical.results import parse_transcript_event
from streaming_task.core.results import RecognisedEntity, RecognisedItem, RecognisedResult


def event(*results: object) -> bytes:
    return json.dumps({"Transcript": {"Results": list(results)}}).encode()


def test_a_final_is_read_whole() -> None:
    """Words, punctuation, speakers, confidences and entities, with their times."""
    payload = event(
        {
            "ResultId": "r",
            "IsPartial": False,
            "StartTime": 1.5,
            "EndTime": 3,
            "Alternatives": [
                {
                    "Transcript": "Jane.",
                    "Items": [
                        {
                            "Content": "Jane",
                            "Type": "pronunciation",
                            "StartTime": 1.5,
                            "EndTime": 2.0,
                            "Confidence": 0.5,
                            "Speaker": "1",
                        },
                        {"Content": ".", "Type": "punctuation", "StartTime": 2.0, "EndTime": 2.0},
                    ],
                    "Entities": [
                        {
                            "Content": "Jane",
                            "Category": "NAME",
                            "StartTime": 1.5,
                            "EndTime": 2.0,
                            "Confidence": 0.9,
                        }
                    ],
                },
                {"Transcript": "Jean."},
            ],
            "ChannelId": "ch_0",
        }
    )

    assert parse_transcript_event(payload) == (
        RecognisedResult(
            result_id="r",
            is_partial=False,
            start_s=1.5,
            end_s=3.0,
            text="Jane.",
            items=(
                RecognisedItem("Jane", "word", 1.5, 2.0, 0.5, "1"),
                RecognisedItem(".", "punctuation", 2.0, 2.0, None, None),
            ),
            entities=(RecognisedEntity("Jane", "NAME", 1.5, 2.0, 0.9),),
        ),
    )


@pytest.mark.parametrize(
    "payload",
    [b"{}", b'{"Transcript": null}', b'{"Transcript": {}}', b'{"Transcript": {"Results": null}}', event()],
)
def test_an_event_without_results_is_no_error(payload: bytes) -> None:
    """The service's model requires none of it; the library raises TypeError on some."""
    assert parse_transcript_event(payload) == ()


@pytest.mark.parametrize(
    "alternatives",
    [None, [], [{}], [{"Items": None, "Entities": None}], [{"Transcript": None, "Items": [{}]}]],
)
def test_a_result_without_its_members_is_empty(alternatives: object) -> None:
    """A final that says nothing still says that it is final."""
    result = parse_transcript_event(event({"IsPartial": False, "EndTime": 2, "Alternatives": alternatives}))[
        0
    ]

    assert (result.text, result.is_partial, result.start_s, result.end_s) == ("", False, 0.0, 2.0)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"Transcript": {"Results": 3}}',
        b'{"Transcript": {"Results": ["r"]}}',
        b'{"Transcript": {"Results": [{"StartTime": NaN}]}}',
        b'{"Transcript": {"Results": [{"StartTime": "soon"}]}}',
        b"[" * 20_000,
    ],
)
def test_what_is_no_event_is_a_value_error(payload: bytes) -> None:
    """One kind of error, whatever is wrong; the stream then ends with a name."""
    with pytest.raises(ValueError):
        parse_transcript_event(payload)
