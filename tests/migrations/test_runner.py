"""The runner against a real PostgreSQL."""

from __future__ import annotations

import pytest

from migrations.errors import Failed, Refused, SqlError
from migrations.files import Migration, read_migrations, read_rollback
from migrations.postgres import PostgresConnection
from migrations.report import Step
from migrations.runner import migrate, roll_back, status
from tests.migrations.schema import columns, ignore, ledger, make


def test_all_files_are_applied_in_order_and_entered_in_the_ledger(database: PostgresConnection) -> None:
    """An empty database becomes the shipped schema, with a line before and after every file."""
    files = read_migrations()
    steps: list[Step] = []

    report = migrate(database, files, steps.append)

    assert report.applied_now == tuple(file.name for file in files)
    assert (report.applied, report.pending) == (len(files), ())
    assert ledger(database) == [file.name for file in files]
    assert [str(step) for step in steps[:2]] == [
        f"migration 1 of {len(files)} applying: 000_create_transcriptions.sql",
        f"migration 1 of {len(files)} applied: 000_create_transcriptions.sql",
    ]


def test_the_shipped_schema_has_the_record_of_a_session(database: PostgresConnection) -> None:
    """The streaming task finds every column it writes."""
    migrate(database, read_migrations(), ignore)

    assert columns(database, "transcriptions") == {
        *("transcription_id", "user_id", "audio_s3_key", "job_id", "transcript_text", "status"),
        *("medical_entities", "created_at", "updated_at"),
        *("session_id", "streaming_job_id", "is_streaming", "partial_transcript"),
        *("audio_duration_seconds", "sample_rate", "quality"),
        *("epoch", "encoding", "samples", "sha256", "gaps", "segments", "transcript_state"),
        "text_as_read",
    }


def test_a_session_has_one_row_however_often_it_is_written(database: PostgresConnection) -> None:
    """The upsert by session finds its unique index; rows without a session stay free of it."""
    migrate(database, read_migrations(), ignore)
    upsert = (
        "INSERT INTO transcriptions (user_id, status, session_id, epoch)"
        " VALUES ('u', 'COMPLETED', :session, :epoch)"
        " ON CONFLICT (session_id) DO UPDATE SET epoch = excluded.epoch"
        " WHERE transcriptions.epoch <= excluded.epoch RETURNING epoch"
    )

    assert database.run(upsert, session="s", epoch=2) == [[2]]
    assert database.run(upsert, session="s", epoch=3) == [[3]]
    assert database.run(upsert, session="s", epoch=1) == []

    database.run("INSERT INTO transcriptions (user_id, status) VALUES ('u', 'COMPLETED'), ('u', 'COMPLETED')")
    assert database.run("SELECT count(*) FROM transcriptions") == [[3]]


def test_a_second_run_changes_nothing(database: PostgresConnection) -> None:
    """Every deployment runs this, most of them with nothing new."""
    files = read_migrations()
    migrate(database, files, ignore)

    report = migrate(database, files, ignore)

    assert report.applied_now == ()
    assert str(report) == f"{len(files)} applied in all, up to date."


def test_an_existing_database_is_adopted_as_it_is(database: PostgresConnection) -> None:
    """A table that was there before this runner keeps its columns and rows."""
    database.run(
        "CREATE TABLE transcriptions (transcription_id SERIAL PRIMARY KEY, user_id VARCHAR(255) NOT NULL,"
        " status VARCHAR(50) NOT NULL, theirs TEXT);"
        "INSERT INTO transcriptions (user_id, status, theirs) VALUES ('u', 'COMPLETED', 'kept')"
    )

    migrate(database, read_migrations(), ignore)

    assert database.run("SELECT theirs, is_streaming FROM transcriptions") == [["kept", False]]


def test_streaming_columns_of_an_earlier_manual_run_are_adopted(database: PostgresConnection) -> None:
    """001 run by hand before there was a ledger is no obstacle."""
    migrate(database, read_migrations()[:2], ignore)
    database.run("DROP TABLE schema_migrations")

    report = migrate(database, read_migrations(), ignore)

    assert report.pending == ()


def test_one_file_by_name_applies_nothing_after_it(database: PostgresConnection) -> None:
    """The operator who names a file gets that file and what it builds on."""
    files = read_migrations()

    report = migrate(database, files, ignore, only_up_to="001_add_streaming_columns.sql")

    assert report.applied_now == ("000_create_transcriptions.sql", "001_add_streaming_columns.sql")
    assert report.pending == tuple(file.name for file in files[2:])


def test_a_failing_file_is_taken_back_whole(database: PostgresConnection) -> None:
    """The sentence names file, line, code and how far the run got; the schema is that of the file before."""
    files = make("CREATE TABLE a (n INT)", "CREATE TABLE b (n INT);\n\nALTER TABLE nowhere ADD COLUMN m INT")

    with pytest.raises(Failed) as caught:
        migrate(database, files, ignore)

    assert str(caught.value) == (
        "001_step.sql failed with SQLSTATE 42P01; it was taken back."
        " Applied before it in this run: 000_step.sql."
    )
    assert ledger(database) == ["000_step.sql"]
    assert columns(database, "b") == set()


def test_a_slip_in_the_sql_is_found_by_its_line(database: PostgresConnection) -> None:
    """The person who mends the file is led to the place."""
    files = make("CREATE TABLE a (n INT);\nCREATE TABLE b (\n    n INT,,\n)")

    with pytest.raises(Failed, match=r"000_step\.sql failed at line 3 with SQLSTATE 42601"):
        migrate(database, files, ignore)


def test_values_of_rows_never_reach_the_sentence(database: PostgresConnection) -> None:
    """The server quotes the value that broke a rule; what patients said must not reach a deployment's log."""
    files = make(
        "CREATE TABLE a (said TEXT); INSERT INTO a VALUES ('canary'), ('canary')",
        "CREATE UNIQUE INDEX a_said ON a (said)",
        "ALTER TABLE a ALTER COLUMN said TYPE INT USING said::int",
    )

    with pytest.raises(Failed) as duplicate:
        migrate(database, files[:2], ignore)
    with pytest.raises(Failed) as not_a_number:
        migrate(database, (files[0], Migration(1, *_of(files[2]))), ignore)

    assert "SQLSTATE 23505 about a.a_said" in str(duplicate.value)
    assert "SQLSTATE 22P02" in str(not_a_number.value)
    assert "canary" not in str(duplicate.value) + str(not_a_number.value)


def test_a_file_with_bodies_quotes_and_comments_is_run_as_it_stands(database: PostgresConnection) -> None:
    """No splitting at semicolons: the server parses the file."""
    body = """
    CREATE TABLE a (said TEXT); -- a comment; with a semicolon and a quote '
    CREATE FUNCTION f() RETURNS TEXT LANGUAGE plpgsql AS $$ BEGIN /* ; */ RETURN 'x;y'; END; $$;
    INSERT INTO a VALUES (f()), (E'it\\'s; :name $1'), ($body$;$body$);
    """

    migrate(database, make(body), ignore)

    assert database.run("SELECT said FROM a ORDER BY said") == [[";"], ["it's; :name $1"], ["x;y"]]


@pytest.mark.parametrize("ending", ["COMMIT", "ROLLBACK", "COMMIT; CREATE TABLE b ()"])
def test_a_file_cannot_end_its_own_transaction(database: PostgresConnection, ending: str) -> None:
    """Otherwise a kill between the file's COMMIT and its ledger row would leave the schema in between."""
    with pytest.raises(Failed, match=r"000_step\.sql failed"):
        migrate(database, make(f"CREATE TABLE a (n INT); {ending}"), ignore)

    assert columns(database, "a") == set()
    assert ledger(database) == []


def test_an_edited_applied_file_is_refused(database: PostgresConnection) -> None:
    """Nothing is applied, not even what is new."""
    first, second = make("CREATE TABLE a ()", "CREATE TABLE b (n INT)")
    migrate(database, [first], ignore)
    edited = Migration(first.number, first.name, first.sql + ";", "another hash")

    with pytest.raises(Refused, match=r"000_step\.sql was edited after it was applied"):
        migrate(database, [edited, second], ignore)

    assert columns(database, "b") == set()


def test_a_newer_schema_is_left_alone(database: PostgresConnection) -> None:
    """A release being rolled back runs its migrator against what the newer one left."""
    files = make("CREATE TABLE a ()", "CREATE TABLE b ()")
    migrate(database, files, ignore)

    report = migrate(database, files[:1], ignore)

    assert str(report) == "The schema is newer than this code (001_step.sql is applied): nothing to do."
    assert ledger(database) == ["000_step.sql", "001_step.sql"]


def test_a_rollback_takes_back_the_last_file(database: PostgresConnection) -> None:
    """Columns and ledger row go together, and the file can be applied again."""
    files = read_migrations()
    migrate(database, files, ignore)

    for name in [file.name.removesuffix(".sql") for file in reversed(files[1:])]:
        report = roll_back(database, files, read_rollback(f"{name}_rollback.sql"), ignore, is_confirmed=True)
        assert report.rolled_back == f"{name}.sql"

    assert "session_id" not in columns(database, "transcriptions")
    assert ledger(database) == ["000_create_transcriptions.sql"]
    assert migrate(database, files, ignore).pending == ()


def test_an_unconfirmed_rollback_changes_nothing(database: PostgresConnection) -> None:
    """Deleting data takes a second word."""
    files = read_migrations()
    migrate(database, files, ignore)
    rollback = read_rollback("002_add_session_record_rollback.sql")

    with pytest.raises(Refused, match="confirm it"):
        roll_back(database, files, rollback, ignore, is_confirmed=False)

    assert "epoch" in columns(database, "transcriptions")


def test_status_changes_nothing(database: PostgresConnection) -> None:
    """A look at a new database does not even leave a ledger."""
    found = status(database, read_migrations())

    assert (found.applied, len(found.pending)) == ((), len(read_migrations()))
    assert columns(database, "schema_migrations") == set()


def test_a_ledger_of_someone_else_is_refused(database: PostgresConnection) -> None:
    """Another tool's table of the same name is not written to."""
    database.run("CREATE TABLE schema_migrations (version BIGINT)")

    with pytest.raises(Refused, match="schema_migrations is not this runner's ledger"):
        migrate(database, make("CREATE TABLE a ()"), ignore)


def test_an_sql_error_says_its_code_alone(database: PostgresConnection) -> None:
    """Whoever logs the error logs no value."""
    with pytest.raises(SqlError) as caught:
        database.run("SELECT 'canary'::int")

    assert str(caught.value) == "SQLSTATE 22P02"


def _of(migration: Migration) -> tuple[str, str, str]:
    return "001_other.sql", migration.sql, migration.sha256
