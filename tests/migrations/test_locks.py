"""Two migrators, long locks and lost connections: one has its turn, and each says what became of it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from migrations.errors import Failed, OutcomeUnknown
from migrations.postgres import PostgresConnection, Target, open_connection
from migrations.report import Step
from migrations.runner import ADVISORY_LOCK, Patience, migrate
from tests.migrations.schema import IMPATIENT, columns, ignore, make
from tests.postgres import connect


def test_two_migrators_at_once_apply_each_file_once(postgres_target: Target) -> None:
    """Two deployments race: one works, the other waits and finds it done."""
    files = make(
        "CREATE TABLE a (n INT); SELECT pg_sleep(0.2)", "INSERT INTO a VALUES (1)", "INSERT INTO a VALUES (2)"
    )

    def run() -> tuple[str, ...]:
        with connect(postgres_target) as own:
            return migrate(own, files, ignore).applied_now

    with ThreadPoolExecutor(4) as pool:
        applied = [name for future in [pool.submit(run) for _ in range(4)] for name in future.result()]

    assert sorted(applied) == [file.name for file in files]
    with connect(postgres_target) as database:
        assert database.run("SELECT n FROM a ORDER BY n") == [[1], [2]]


def test_a_migrator_that_never_gets_its_turn_says_so(postgres_target: Target) -> None:
    """Waiting for another migrator ends in a sentence, not in a timeout of something else."""
    with connect(postgres_target) as other, connect(postgres_target) as database:
        other.run("SELECT pg_advisory_lock(:key)", key=ADVISORY_LOCK)

        with pytest.raises(Failed, match=r"Another migration has been running for over 0\.3 s"):
            migrate(database, make("CREATE TABLE a ()"), ignore, patience=IMPATIENT)


def test_a_long_lock_of_someone_else_ends_in_a_sentence(postgres_target: Target) -> None:
    """The run gives up in time, says who is in the way, and leaves nothing half done."""
    files = make("CREATE TABLE a (n INT)", "CREATE TABLE b (); ALTER TABLE a ADD COLUMN m INT")
    with connect(postgres_target) as other, connect(postgres_target) as database:
        migrate(database, files[:1], ignore)
        other.run("BEGIN; SELECT * FROM a")

        with pytest.raises(
            Failed, match=r"could not get its locks in 2 attempts of 0\.1 s.*pg_stat_activity"
        ):
            migrate(database, files, ignore, patience=IMPATIENT)

        assert columns(database, "a") == {"n"}
        assert columns(database, "b") == set()


def test_a_lock_that_goes_away_in_time_is_waited_for(postgres_target: Target) -> None:
    """An ordinary transaction on the table does not fail a deployment."""
    files = make("CREATE TABLE a (n INT)", "ALTER TABLE a ADD COLUMN m INT")
    with connect(postgres_target) as other, connect(postgres_target) as database:
        migrate(database, files[:1], ignore)
        other.run("BEGIN; SELECT * FROM a")

        with ThreadPoolExecutor(1) as pool:
            patience = Patience(table_lock_s=0.2, between_attempts_s=0.05)
            waiting = pool.submit(migrate, database, files, ignore, patience=patience)
            other.run("SELECT pg_sleep(0.3)")  # longer than one attempt
            other.run("COMMIT")

        assert waiting.result().applied_now == ("001_step.sql",)


def test_a_statement_without_end_is_cancelled(database: PostgresConnection) -> None:
    """A deployment hears of it before its own time is over."""
    patience = Patience(statement_s=0.2)

    with pytest.raises(Failed, match=r"000_step\.sql took over 0\.2 s"):
        migrate(database, make("SELECT pg_sleep(30)"), ignore, patience=patience)


def test_the_lock_is_free_again_after_a_failure(postgres_target: Target) -> None:
    """The connection may live on; the next migrator must not wait for it."""
    with connect(postgres_target) as database, connect(postgres_target) as other:
        with pytest.raises(Failed):
            migrate(database, make("nonsense"), ignore)

        assert other.run("SELECT pg_try_advisory_lock(:key)", key=ADVISORY_LOCK) == [[True]]


def test_a_cut_connection_is_told_from_a_refusal(postgres_target: Target) -> None:
    """Whoever reads the sentence learns that running it again settles the outcome."""
    with connect(postgres_target) as database, connect(postgres_target) as other:
        [[pid]] = database.run("SELECT pg_backend_pid()")

        def cut(_: Step) -> None:
            other.run("SELECT pg_terminate_backend(:pid)", pid=pid)

        with pytest.raises(OutcomeUnknown, match=r"connection was lost during 000_step\.sql"):
            migrate(database, make("CREATE TABLE a (n INT)"), cut)

        assert columns(other, "a") == set()


def test_a_server_that_does_not_answer_is_given_up_once(postgres_target: Target) -> None:
    """No further statement waits behind the one that is overdue."""
    started = time.monotonic()
    with (
        open_connection(postgres_target, connect_s=5.0, answer_s=1.0, application="test") as database,
        pytest.raises(OutcomeUnknown),
    ):
        migrate(database, make("SELECT pg_sleep(5)"), ignore)

    assert time.monotonic() - started < 4.0
