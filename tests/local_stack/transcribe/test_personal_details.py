"""The stand-in marks names after titles, ages and dates, as the service tells of them."""

from __future__ import annotations

import pytest

from local_stack.recognisers.interface import Result, Word
from local_stack.transcribe.personal_details import personal_details
from local_stack.transcribe.transcript import transcript_event


def words_of(text: str) -> tuple[Word, ...]:
    """Give words of a second each, each a little less sure than the one before."""
    return tuple(
        Word(word, "punctuation" if word in ",." else "pronunciation", at, at + 1.0, 1 - at / 100)
        for at, word in enumerate(text.split())
    )


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Mr. John Dashwood had leisure", ["John Dashwood"]),
        ("seen by doctor Asha Rao on March 3rd", ["Asha Rao", "March 3rd"]),
        ("a 62 year old male , 4 years later", ["62"]),
        ("she may march 3 times", []),
        ("Mr. said nothing", []),
        ("April", []),
        ("", []),
    ],
)
def test_what_would_tell_who_she_is_is_found(text: str, marked: list[str]) -> None:
    """Enough of it to see that it is shown; far from all of it."""
    assert [one["Content"] for one in personal_details(words_of(text))] == marked


def test_a_detail_has_the_time_of_its_words_and_the_services_one_category() -> None:
    """So the page can lay it over the words."""
    (detail,) = personal_details(words_of("Mr. John Dashwood"))

    assert detail == {
        "StartTime": 1.0,
        "EndTime": 3.0,
        "Category": "PHI",
        "Content": "John Dashwood",
        "Confidence": 0.98,
    }


@pytest.mark.parametrize(
    ("is_partial", "identifies_phi", "count"), [(False, True, 1), (True, True, None), (False, False, None)]
)
def test_details_come_with_finals_and_only_if_asked_for(
    is_partial: bool, identifies_phi: bool, count: int | None
) -> None:
    """A partial has none, nor has a stream that did not ask."""
    words = words_of("Mr. Dashwood")
    result = Result("id", is_partial, 0.0, 2.0, "Mr. Dashwood", words)

    event = transcript_event(result, has_speaker_labels=False, identifies_phi=identifies_phi)

    (alternative,) = event["Transcript"]["Results"][0]["Alternatives"]  # type: ignore[index]
    details = alternative.get("Entities")
    assert (None if details is None else len(details)) == count
