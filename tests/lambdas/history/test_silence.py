"""What the history says in its log and its refusals: ids and codes, nothing that anybody typed or spoke."""

from __future__ import annotations

import random
from dataclasses import replace

from contract.metrics import Origin
from lambdas.history import answers, desk
from lambdas.history.handler import ACTIONS
from tests.fakes.observer import RecordingObserver
from tests.lambdas.history.archive import EXAMPLES, Archive

SPOKEN, TYPED = "zygomaticus", "quinquefolia"


def test_no_log_line_holds_a_word(archive: Archive) -> None:
    """Neither what was spoken, nor what was searched, corrected or asked for, nor the link to the audio."""
    observer = RecordingObserver()
    archive.app = replace(archive.app, observer=observer)
    number, _ = archive.add(SPOKEN)
    asked: list[object] = [number, TYPED]
    for route in ACTIONS:
        method, _, path = route.partition(" ")
        for record_id in asked if "{id}" in route else [None]:
            body = {"segment": 0, "text": TYPED, "base_version": 0} if method == "PATCH" else None
            for query in ({"q": TYPED, "format": "txt"}, {"q": TYPED, "cursor": TYPED, "format": TYPED}):
                archive.ask(method, path, record_id, query=query, body=body)

    logged = observer.everything
    assert "History answered" in logged
    for secret in (SPOKEN, TYPED, "X-Amz-Signature", "Bearer"):
        assert secret not in logged


def test_a_database_in_trouble_is_named_by_its_code(archive: Archive) -> None:
    """What the server says of a failure may quote what was bound."""
    observer = RecordingObserver()
    archive.app = replace(archive.app, observer=observer)
    number, _ = archive.add(SPOKEN)
    archive.owner.run("ALTER TABLE transcription_corrections RENAME TO corrections_elsewhere")
    try:
        answer = archive.ask(
            "PATCH",
            "/transcriptions/{id}",
            number,
            body={"segment": 0, "text": TYPED, "base_version": 0},
        )
    finally:
        archive.owner.run("ALTER TABLE corrections_elsewhere RENAME TO transcription_corrections")

    assert (answer.status, TYPED in answer.content.decode()) == (503, False)
    assert observer.failures == [
        ("History not answered", Origin.HTTP, {"action": "correct", "code": "42P01"})
    ]


def test_whatever_is_searched_for_is_no_syntax(archive: Archive) -> None:
    """Found or not, it is an answer."""
    archive.add(SPOKEN)
    dice = random.Random(5)
    letters = "ab'\"\\&|!():*<->%_ \t\n\N{DEVANAGARI LETTER KA}\N{PILE OF POO};$1-"

    for _ in range(60):
        words = "".join(dice.choices(letters, k=dice.randrange(1, 40)))
        assert archive.ask("GET", "/transcriptions", query={"q": words}).status == 200, repr(words)


def test_the_sentences_are_those_of_the_contract() -> None:
    """The page shows them as they come."""
    golden = {
        one["body"]["message"]
        for one in EXAMPLES["answers"]
        if one["status"] >= 400 and "message" in one["body"]
    }

    said = {
        desk.NOT_DELETED_HERE,
        desk.NOT_FINISHED,
        desk.NOT_ONE_FILE_YET,
        desk.NO_AUDIO,
        desk.CORRECTED_MEANWHILE,
        answers.OUT_OF_REACH,
        "There is no such transcription.",
        "Please sign in again.",
        "limit must be a whole number from 1 to 100.",
    }
    assert golden == said
