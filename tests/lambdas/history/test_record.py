"""One transcription: everything the page shows of it, its audio by a link, and corrections laid over it."""

from __future__ import annotations

import json
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract.replies import final_to_json
from tests.http_reply import Reply
from tests.lambdas.history.archive import EXAMPLES, Archive, heard

RECORD = "/transcriptions/{id}"


def example(name: str) -> dict[str, Any]:
    """Give a golden answer's body by its name."""
    (body,) = (one["body"] for one in EXAMPLES["answers"] if one["name"] == name)
    assert isinstance(body, dict)
    return body


def correct(archive: Archive, number: object, segment: int, text: str, base: int) -> Reply:
    body = {"segment": segment, "text": text, "base_version": base}
    return archive.ask("PATCH", RECORD, number, body=body)


def read(archive: Archive, record_id: object) -> dict[str, Any]:
    answer = archive.ask("GET", RECORD, record_id)
    assert answer.status == 200
    return answer.body


def test_a_record_has_all_that_the_contract_says(archive: Archive) -> None:
    """The same fields as in the golden answer, down to the words, by its number and by its session."""
    number, session_id = archive.add("Start metropolis.", "No fever.", gaps=[[32000, 35200]])
    correct(archive, number, 0, "Start metoprolol.", 0)

    record = read(archive, number)

    golden = example("a corrected record")
    assert list(record) == list(golden)
    assert [list(segment) for segment in record["segments"]] == [
        list(segment) for segment in golden["segments"]
    ]
    assert list(record["segments"][0]["items"][0]) == list(golden["segments"][0]["items"][0])
    assert list(record["versions"][0]) == list(golden["versions"][0])
    assert record["segments"][0] == json.loads(final_to_json(heard(0, "Start metropolis."))) | {
        "corrected_text": "Start metoprolol."
    }
    assert record["segments"][1]["corrected_text"] is None
    assert record["text"] == "Start metoprolol. No fever."
    assert (record["gaps"], record["samples"], record["sha256"]) == ([[32000, 35200]], 32000, "ab" * 32)
    assert (record["has_audio"], record["may_delete"]) == (True, True)
    assert read(archive, session_id) == record
    assert read(archive, session_id.upper()) == record


def test_while_recording_the_segments_are_the_finals_stored_so_far(archive: Archive) -> None:
    """And they can be corrected already: the correction holds when the task writes the row at the end."""
    number, session_id = archive.add(status="IN_PROGRESS", transcript="pending", audio=None)
    archive.leave_live(archive.doctor, session_id, "Start metropolis.", "No fever.", work="OPEN#1")

    corrected = correct(archive, session_id, 0, "Start metoprolol.", 0)
    during = read(archive, session_id)
    finals = [
        final_to_json(heard(n, text)) for n, text in enumerate(("Start metropolis.", "No fever.", "Ok."))
    ]
    archive.owner.run(  # as a task commits, which knows nothing of corrections
        "UPDATE transcriptions SET status = 'COMPLETED', transcript_state = 'complete',"
        " transcript_text = 'Start metropolis. No fever. Ok.', segments = CAST(:segments AS JSONB)"
        " WHERE transcription_id = :number",
        segments=f"[{','.join(finals)}]",
        number=number,
    )

    assert (corrected.status, corrected.body["version"]) == (200, 1)
    assert (during["text"], during["has_audio"]) == ("Start metoprolol. No fever.", False)
    assert read(archive, number)["text"] == "Start metoprolol. No fever. Ok."
    found = archive.ask("GET", "/transcriptions", query={"q": "metoprolol ok"}).body["transcriptions"]
    assert [one["transcription_id"] for one in found] == [number]


def test_a_correction_leaves_what_was_heard_and_says_who_and_when(archive: Archive) -> None:
    """The original is what the machine heard, and stays so; the latest version of a segment is read."""
    number, _ = archive.add("one", "two")

    answers = [
        correct(archive, number, 0, "  One,\n\tcorrected ", 0),
        correct(archive, number, 1, "", 1),
        correct(archive, number, 0, "One again", 2),
    ]

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert list(answers[0].body) == list(example("corrected"))
    assert (answers[0].body["text"], answers[0].body["by"]) == ("One, corrected", archive.doctor)
    record = read(archive, number)
    assert [segment["text"] for segment in record["segments"]] == ["one", "two"]
    assert [segment["corrected_text"] for segment in record["segments"]] == ["One again", ""]
    assert (record["text"], record["version"]) == ("One again", 3)
    assert [(one["version"], one["segment"]) for one in record["versions"]] == [(1, 0), (2, 1), (3, 0)]
    assert archive.owner.run(
        "SELECT transcript_text, text_as_read FROM transcriptions WHERE transcription_id = :number",
        number=number,
    ) == [["one two", "One again"]]


def test_who_has_not_seen_the_latest_version_hears_so(archive: Archive) -> None:
    """Else one browser tab would silently undo another's correction."""
    number, _ = archive.add("one", "two")
    correct(archive, number, 0, "first", 0)

    late = correct(archive, number, 0, "late", 0)
    early = correct(archive, number, 0, "from the future", 2)

    assert (late.status, early.status) == (409, 409)
    assert late.body == example("corrected elsewhere meanwhile") | {"version": 1}
    assert read(archive, number)["text"] == "first two"


def test_of_many_corrections_at_once_one_holds(archive: Archive) -> None:
    """All saw version 0; the others hear that there is a newer one."""
    number, _ = archive.add("heard")

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda n: correct(archive, number, 0, f"by {n}", 0), range(6)))

    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409, 409, 409]
    (winner,) = (answer for answer in answers if answer.status == 200)
    assert read(archive, number)["text"] == winner.body["text"]


@pytest.mark.parametrize("one", EXAMPLES["refused"], ids=lambda one: one["name"])
def test_a_body_of_another_shape_is_refused(archive: Archive, one: dict[str, Any]) -> None:
    """Nothing is changed, and it is written down that somebody tried."""
    number, _ = archive.add("heard")

    answer = archive.ask("PATCH", RECORD, number, raw_body=json.dumps(one["body"]))

    assert answer.status == 400
    assert archive.audit() == [["correct", "refused", str(number), []]]
    assert read(archive, number)["version"] == 0


@pytest.mark.parametrize(
    "raw_body",
    [
        "",
        "{",
        "[" * 20_000,
        '{"segment": 0, "base_version": 0, "text": "\\ud800"}',
        '{"x": ' + "1" * 70_000,
        json.dumps({"segment": 0, "base_version": 0, "text": "x" * 5_001}),
    ],
    ids=["nothing", "broken", "deep", "half a character", "long", "long text"],
)
def test_a_hostile_body_is_refused(archive: Archive, raw_body: str) -> None:
    """None of it reaches the database."""
    number, _ = archive.add("heard")

    assert archive.ask("PATCH", RECORD, number, raw_body=raw_body).status == 400


@pytest.mark.parametrize("one", EXAMPLES["requests"], ids=lambda one: one["name"])
def test_what_the_page_writes_is_understood(archive: Archive, one: dict[str, Any]) -> None:
    """The golden bodies, each on a record that is as far."""
    number, _ = archive.add("heard", "also heard")
    for version in range(one["body"]["base_version"]):
        correct(archive, number, 0, "before", version)

    assert archive.ask("PATCH", RECORD, number, body=one["body"]).status == 200


def test_a_segment_that_was_never_heard_cannot_be_corrected(archive: Archive) -> None:
    """It would put words into a record that nobody finds a sound of."""
    number, _ = archive.add("heard")

    assert correct(archive, number, 1, "invented", 0).status == 400


def test_the_audio_is_had_by_a_link_that_ends_soon(archive: Archive) -> None:
    """The very object, its type, five minutes, and kept by no browser."""
    number, session_id = archive.add("text")

    answer = archive.ask("GET", "/transcriptions/{id}/audio", number)

    assert (answer.body["expires_in"], answer.body["content_type"]) == (300, "audio/flac")
    parts = urllib.parse.urlsplit(answer.body["url"])
    asked = dict(urllib.parse.parse_qsl(parts.query))
    assert parts.netloc == "audio.s3.us-east-1.amazonaws.com"
    assert parts.path == f"/recordings/{archive.doctor}/{session_id}/recording.flac"
    assert asked["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert (asked["X-Amz-Expires"], asked["response-content-type"]) == ("300", "audio/flac")
    assert "no-store" in asked["response-cache-control"]


def test_an_ogg_recording_says_so(archive: Archive) -> None:
    """A browser chooses its decoder by it."""
    number, _ = archive.add("text")
    archive.owner.run("UPDATE transcriptions SET encoding = 'opus' WHERE transcription_id = :n", n=number)

    assert archive.ask("GET", "/transcriptions/{id}/audio", number).body["content_type"] == "audio/ogg"


def test_audio_that_is_no_file_yet_comes_later_and_audio_that_is_gone_does_not(archive: Archive) -> None:
    """Only one of the two is worth another try."""
    coming, coming_session = archive.add("text", audio=None)
    archive.leave_live(archive.doctor, coming_session, work="COMMITTED#1")
    gone, _ = archive.add("text", audio=None)

    answers = [archive.ask("GET", "/transcriptions/{id}/audio", number) for number in (coming, gone)]

    assert [answer.status for answer in answers] == [409, 404]
    assert answers[0].body == example("audio not yet one file")
    assert answers[1].body == example("audio no longer kept")


def test_a_file_of_another_product_is_not_ours_to_show(archive: Archive) -> None:
    """Its key may be anything."""
    number, _ = archive.add("text")
    archive.owner.run(
        "UPDATE transcriptions SET audio_s3_key = 'uploads/other.wav' WHERE transcription_id = :n", n=number
    )

    assert archive.ask("GET", "/transcriptions/{id}/audio", number).status == 404
