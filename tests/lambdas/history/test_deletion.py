"""A deletion takes everything of a session with it, whatever happens on the way; its audit stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contract.records import PARTITION_KEY, session_key
from lambdas.errors import Unavailable
from lambdas.history.audio import Audio
from lambdas.history.live import LiveSessions
from lambdas.history.records import Records
from migrations.errors import SqlError
from migrations.postgres import PostgresConnection
from tests.lambdas.history.archive import Archive
from tests.lambdas.table import TABLE

RECORD = "/transcriptions/{id}"


def what_is_left(archive: Archive, number: int, session_id: str) -> dict[str, Any]:
    """Give all that is still kept of a session anywhere."""
    of_number = {"number": number}
    return {
        "bucket": [key for key in archive.kept_versions() if session_id in key],
        "table": archive.table.client.query(
            TableName=TABLE,
            KeyConditionExpression=f"{PARTITION_KEY} = :session",
            ExpressionAttributeValues={":session": {"S": session_key(session_id)}},
        )["Items"],
        "rows": archive.owner.run(
            "SELECT 1 FROM transcriptions WHERE transcription_id = :number", **of_number
        ),
        "corrections": archive.owner.run(
            "SELECT 1 FROM transcription_corrections WHERE transcription_id = :number", **of_number
        ),
    }


NOTHING: dict[str, Any] = {"bucket": [], "table": [], "rows": [], "corrections": []}


def a_whole_session(archive: Archive) -> tuple[int, str]:
    number, session_id = archive.add("words", "more")
    archive.leave_live(archive.doctor, session_id, *("words " * 30).split())  # more than one batch
    archive.ask("PATCH", RECORD, number, body={"segment": 0, "text": "corrected", "base_version": 0})
    return number, session_id


def test_everything_goes_and_the_neighbour_stays(archive: Archive) -> None:
    """Recording, manifest, parts, every version of them, finals, the session, row and corrections."""
    number, session_id = a_whole_session(archive)
    other, other_session = a_whole_session(archive)
    before = what_is_left(archive, other, other_session)

    answer = archive.ask("DELETE", RECORD, session_id)

    assert (answer.status, answer.body) == (200, {"status": "deleted"})
    assert what_is_left(archive, number, session_id) == NOTHING
    assert what_is_left(archive, other, other_session) == before
    assert archive.ask("GET", RECORD, number).status == 404
    assert [entry for entry in archive.audit() if entry[0] == "delete"] == [
        ["delete", "begun", session_id, [number]],
        ["delete", "done", session_id, [number]],
    ]


class Killed(Exception):
    """The function's time was up, or its machine gone."""


@pytest.mark.parametrize(
    ("place", "method"), [(Audio, "erase"), (LiveSessions, "erase"), (LiveSessions, "_write")]
)
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_killed_half_way_and_repeated_it_completes(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, place: type, method: str, is_after: bool
) -> None:
    """Until everything is gone the record can be found and deleted again."""
    number, session_id = a_whole_session(archive)
    original: Callable[..., None] = getattr(place, method)

    def die(*arguments: object) -> None:
        if is_after:
            original(*arguments)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(place, method, die)
        with pytest.raises(Killed):
            archive.ask("DELETE", RECORD, number)
    assert what_is_left(archive, number, session_id)["rows"]

    answer = archive.ask("DELETE", RECORD, number)

    assert answer.status == 200
    assert what_is_left(archive, number, session_id) == NOTHING


def test_a_database_that_goes_away_at_the_end_leaves_a_row_to_try_again_by(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller hears that it is not done."""
    number, session_id = a_whole_session(archive)
    visit, visits = Records.visit, 0

    def fail_at_the_second(records: Records) -> Any:
        nonlocal visits
        visits += 1
        if visits == 2:
            raise Unavailable("57P01")
        return visit(records)

    with monkeypatch.context() as patched:
        patched.setattr(Records, "visit", fail_at_the_second)
        failed = archive.ask("DELETE", RECORD, number)
    again = archive.ask("DELETE", RECORD, number)

    assert (failed.status, again.status) == (503, 200)
    assert what_is_left(archive, number, session_id) == NOTHING


@pytest.mark.parametrize(
    ("status", "transcript", "work"),
    [
        ("IN_PROGRESS", "pending", "OPEN#1"),
        ("IN_PROGRESS", "pending", None),
        ("COMPLETED", "pending", "COMMITTED#1"),
        ("COMPLETED", "complete", "COMMITTED#1"),  # its parts are not one file yet
    ],
)
def test_what_somebody_still_works_on_is_not_deleted(
    archive: Archive, status: str, transcript: str, work: str | None
) -> None:
    """A task would write again what was just deleted."""
    number, session_id = archive.add("words", status=status, transcript=transcript)
    archive.leave_live(archive.doctor, session_id, "words", work=work)
    before = what_is_left(archive, number, session_id)

    answer = archive.ask("DELETE", RECORD, number)

    assert answer.status == 409
    assert what_is_left(archive, number, session_id) == before
    assert archive.audit() == [["delete", "refused", str(number), [number]]]


def test_where_nobody_may_delete_nothing_is_deleted(archive: Archive) -> None:
    """A stage's policy; the page hears it beforehand."""
    number, session_id = a_whole_session(archive)
    before = what_is_left(archive, number, session_id)
    archive.forbid_deleting()

    answer = archive.ask("DELETE", RECORD, number)

    assert (answer.status, answer.body) == (403, {"message": "Transcriptions cannot be deleted here."})
    assert what_is_left(archive, number, session_id) == before
    assert archive.ask("GET", RECORD, number).body["may_delete"] is False
    assert archive.ask("DELETE", RECORD, number, user=archive.stranger).status == 404


def test_what_the_bucket_would_not_delete_is_not_called_deleted(archive: Archive) -> None:
    """It names single failures in an answer that is none."""
    number, session_id = a_whole_session(archive)
    desk = archive.app.desk
    stubborn = _Stubborn(archive.s3)
    archive.app = replace(archive.app, desk=replace(desk, audio=Audio(stubborn, "audio")))  # type: ignore[arg-type]

    answer = archive.ask("DELETE", RECORD, number)

    assert answer.status == 503
    assert what_is_left(archive, number, session_id)["rows"]


class _Stubborn:
    """A bucket that deletes nothing."""

    def __init__(self, s3: Any) -> None:
        self.list_object_versions = s3.list_object_versions

    def delete_objects(self, **_: object) -> dict[str, Any]:
        """Refuse one, as S3 says it."""
        return {"Errors": [{"Key": "k", "Code": "AccessDenied"}]}


def test_the_running_product_deletes_a_row_in_no_other_way(
    archive: Archive, as_role: PostgresConnection
) -> None:
    """Nor one of somebody else's, nor one that is being recorded, even by the function that is for it."""
    number, _ = archive.add("words")
    recording, _ = archive.add("words", status="IN_PROGRESS")

    with pytest.raises(SqlError, match="42501"):
        as_role.run("DELETE FROM transcriptions")
    with pytest.raises(SqlError, match="42501"):
        as_role.run("DELETE FROM transcription_corrections")
    erase = "SELECT erase_transcription(CAST(:user AS TEXT), CAST(:number AS INTEGER))"

    assert as_role.run(erase, user=archive.stranger, number=number) == [[False]]
    assert as_role.run(erase, user=archive.doctor, number=recording) == [[False]]
    assert as_role.run(erase, user=archive.doctor, number=number) == [[True]]
