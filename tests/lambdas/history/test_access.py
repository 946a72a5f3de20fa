"""Nobody reaches another's: every route, every way to name a record, one answer, the same statements."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from contract.records import REVOKED
from lambdas.history.handler import ACTIONS
from migrations.errors import SqlError
from migrations.postgres import PostgresConnection
from tests.http_reply import Reply
from tests.lambdas.history.archive import Archive
from tests.lambdas.table import NOW

OF_ONE = [route for route in ACTIONS if "{id}" in route]
CORRECTION = {"segment": 0, "text": "mine now", "base_version": 0}


def ask(archive: Archive, route: str, record_id: object, *, user: str | None = None) -> Reply:
    method, _, path = route.partition(" ")
    body = CORRECTION if method == "PATCH" else None
    query = {"format": "txt"} if path.endswith("export") else None
    return archive.ask(method, path, record_id, user=user, body=body, query=query)


@pytest.mark.parametrize("route", OF_ONE)
@pytest.mark.parametrize("is_recording", [False, True], ids=["finished", "recording"])
def test_anothers_record_is_not_there(archive: Archive, route: str, is_recording: bool) -> None:
    """By its number, by its session: the very answer of what never was, and nothing of it is changed."""
    status = "IN_PROGRESS" if is_recording else "COMPLETED"
    number, session_id = archive.add("secret words", status=status)
    archive.leave_live(archive.doctor, session_id, "secret words", work="OPEN#1" if is_recording else None)
    kept = archive.kept_versions()
    absent = [2_000_000_000, 2**40, uuid.uuid4(), "canary", "-1", "..%2F", f"{{{session_id}}}"]

    answers = [ask(archive, route, asked, user=archive.stranger) for asked in (number, session_id, *absent)]

    assert {(answer.status, answer.content) for answer in answers} == {
        (404, b'{"message": "There is no such transcription."}')
    }
    assert len({tuple(answer.headers.items()) for answer in answers}) == 1
    record = archive.ask("GET", "/transcriptions/{id}", number).body
    assert (record["text"], record["version"]) == ("secret words", 0)
    assert archive.kept_versions() == kept


@pytest.mark.parametrize("route", OF_ONE)
def test_absent_and_anothers_take_the_same_statements(
    archive: Archive, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the time that it took may tell."""
    number, session_id = archive.add("secret words")
    said: list[str] = []
    run = PostgresConnection.run

    def heard(connection: PostgresConnection, sql: str, **values: Any) -> list[list[Any]]:
        said.append(sql)
        return run(connection, sql, **values)

    monkeypatch.setattr(PostgresConnection, "run", heard)
    statements = []
    for asked in (number, session_id, 2_000_000_000, uuid.uuid4(), "canary"):
        said.clear()
        ask(archive, route, asked, user=archive.stranger)
        statements.append(tuple(said))

    assert len(set(statements)) == 1


@pytest.mark.parametrize("route", OF_ONE)
def test_who_tried_is_written_down(archive: Archive, route: str) -> None:
    """Under the name of who tried, with what was asked for, and none of what they typed otherwise."""
    number, _ = archive.add("secret words")

    ask(archive, route, number, user=archive.stranger)
    ask(archive, route, "canary", user=archive.stranger)

    action = ACTIONS[route].value
    assert archive.audit(archive.stranger) == [
        [action, "not_found", str(number), []],
        [action, "not_found", None, []],
    ]
    assert archive.audit() == []


@pytest.mark.parametrize("route", ACTIONS)
def test_every_access_is_written_down(archive: Archive, route: str) -> None:
    """Who, what, which, and what came of it; of a list, every record that was shown."""
    number, _ = archive.add("words")

    answer = ask(archive, route, number) if route in OF_ONE else archive.ask("GET", "/transcriptions")

    assert answer.status == 200
    action, asked = ACTIONS[route].value, str(number) if route in OF_ONE else None
    expected = [[action, "done", asked, [number]]]
    if action == "delete":
        expected.insert(0, [action, "begun", asked, [number]])
    assert archive.audit() == expected


@pytest.mark.parametrize("route", ACTIONS)
def test_nothing_is_given_away_that_cannot_be_written_down(archive: Archive, route: str) -> None:
    """Without its audit an access did not happen."""
    number, _ = archive.add("words")
    kept = archive.kept_versions()
    archive.owner.run("ALTER TABLE audit_entries RENAME TO audit_elsewhere")
    try:
        answer = ask(archive, route, number) if route in OF_ONE else archive.ask("GET", "/transcriptions")
    finally:
        archive.owner.run("ALTER TABLE audit_elsewhere RENAME TO audit_entries")

    assert (answer.status, b"words" in answer.content) == (503, False)
    record = archive.ask("GET", "/transcriptions/{id}", number).body
    assert (record["text"], record["version"], archive.kept_versions()) == ("words", 0, kept)


@pytest.mark.parametrize("route", ACTIONS)
def test_a_token_from_before_a_sign_out_everywhere_opens_nothing(archive: Archive, route: str) -> None:
    """Whoever stole it is out of the past as well."""
    number, _ = archive.add("words")
    archive.table.sign_out(archive.doctor, int(NOW) - 30)

    answer = ask(archive, route, number) if route in OF_ONE else archive.ask("GET", "/transcriptions")

    assert (answer.status, answer.body) == (401, {"message": "Please sign in again."})
    ((_, outcome, _, shown),) = archive.audit()
    assert (outcome, shown) == ("refused", [])
    assert archive.owner.run(
        "SELECT count(*) FROM transcriptions WHERE transcription_id = :number", number=number
    ) == [[1]]


def test_a_token_that_has_run_out_opens_nothing(archive: Archive) -> None:
    """The authoriser may have looked a moment earlier."""
    answer = archive.ask("GET", "/transcriptions", claims={"exp": str(int(NOW))})

    assert (answer.status, REVOKED in str(answer.content)) == (401, False)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET user_id = 'somebody else'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
    ],
)
def test_the_audit_only_grows(
    archive: Archive, as_role: PostgresConnection, owner: PostgresConnection, statement: str
) -> None:
    """Neither the running product nor the tables' owner changes a line, by grant and by trigger."""
    archive.ask("GET", "/transcriptions")

    for connection in (as_role, owner):
        with pytest.raises(SqlError, match="42501"):
            connection.run(statement)

    assert archive.audit() == [["list", "done", None, []]]


def test_the_running_product_can_add_to_the_audit_and_no_more(
    as_role: PostgresConnection, owner: PostgresConnection
) -> None:
    """The trigger could be dropped by mistake: the grants hold by themselves, and the other way round."""
    grants = owner.run(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = :role AND table_name <> 'schema_migrations' ORDER BY 1, 2",
        role=as_role.run("SELECT current_user")[0][0],
    )

    assert grants == [
        ["audit_entries", "INSERT"],
        ["audit_entries", "SELECT"],
        ["transcription_corrections", "INSERT"],
        ["transcription_corrections", "SELECT"],
        ["transcriptions", "INSERT"],
        ["transcriptions", "SELECT"],
        ["transcriptions", "UPDATE"],
    ]
