"""Apply migrations, each once, whoever else is trying to. Standard library; the connection is passed in.

What it promises: one migrator at a time (an advisory lock, taken on the working connection before the ledger
is read); a file and its ledger row in one transaction, so that a migrator killed anywhere leaves the schema
before or after a file, never between; a wait for other people's locks that ends in a sentence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from migrations.errors import ConnectionLost, Failed, MigrationError, OutcomeUnknown, Refused, SqlError
from migrations.files import Migration
from migrations.plan import Plan, check_rollback, plan, up_to
from migrations.report import Progress, Report, Step

ADVISORY_LOCK: Final = 0x5E7A_0001  # any number, as long as every migrator of this database uses the same
LEDGER: Final = "schema_migrations"

_UNLOCK: Final = "SELECT pg_advisory_unlock(:key)"

_LOCK_NOT_AVAILABLE = "55P03"
_DEADLOCK_DETECTED = "40P01"
_LOCKED_OUT = frozenset({_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED})
_QUERY_CANCELED = "57014"
_UNDEFINED_COLUMN = "42703"


class Database(Protocol):
    """One connection, in autocommit until BEGIN."""

    def run(self, sql: str, **values: Any) -> list[list[Any]]:
        """Run one statement with `:name` bound, or without values any number; give the last one's rows.

        Raises:
            SqlError: the server refused it.
            ConnectionLost: the connection is gone, and the statement's outcome with it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for whom. The defaults keep a failing run under 5 min, a deployment's limit."""

    migrator_s: float = 60.0  # another migrator at work
    table_lock_s: float = (
        3.0  # others' transactions; everybody who wants the table queues behind us meanwhile
    )
    table_lock_attempts: int = 5
    between_attempts_s: float = 1.0  # lets that queue run off
    statement_s: float = 150.0


def migrate(
    database: Database,
    files: Sequence[Migration],
    progress: Progress,
    *,
    only_up_to: str | None = None,
    patience: Patience = Patience(),
) -> Report:
    """Apply what is pending, or what is pending up to and with one file.

    Raises:
        Refused: the files do not fit the database; nothing was changed.
        Failed: a file failed; it was taken back whole, those before it stay.
    """
    with _locked(database, patience):
        _create_ledger(database)
        ledger = _read_ledger(database)
        whole = plan(files, ledger)
        chosen = whole.pending if only_up_to is None else up_to(whole, files, only_up_to)
        for position, file in enumerate(chosen, start=1):
            progress(Step("applying", file.name, position, len(chosen)))
            record = f"INSERT INTO {LEDGER} (file, sha256) VALUES (:file, :sha256)"  # noqa: S608  # a constant
            _apply(
                database,
                file,
                record,
                {"file": file.name, "sha256": file.sha256},
                patience,
                _done(chosen, position),
            )
            progress(Step("applied", file.name, position, len(chosen)))
    names = tuple(file.name for file in chosen)
    left = tuple(file.name for file in whole.pending if file.name not in names)
    return Report(names, len(ledger) + len(names), left, whole.newer)


def roll_back(
    database: Database,
    files: Sequence[Migration],
    rollback: Migration,
    progress: Progress,
    *,
    is_confirmed: bool,
    patience: Patience = Patience(),
) -> Report:
    """Take the last applied file back by its rollback file; never done but by name and confirmed.

    Raises:
        Refused: it may not be done; nothing was changed.
        Failed: the rollback failed; nothing was changed.
    """
    with _locked(database, patience):
        _create_ledger(database)
        ledger = _read_ledger(database)
        forward = check_rollback(rollback, ledger, is_confirmed=is_confirmed)
        record = f"DELETE FROM {LEDGER} WHERE file = :file"  # noqa: S608  # a constant
        _apply(database, rollback, record, {"file": forward}, patience, "")
        del ledger[forward]
        progress(Step("rolled back", forward, 1, 1))
    pending = tuple(file.name for file in files if file.name not in ledger)
    return Report((), len(ledger), pending, rolled_back=forward)


def status(database: Database, files: Sequence[Migration]) -> Plan:
    """Say where the schema stands, changing nothing and waiting for nobody.

    Raises:
        Refused: the files do not fit the database.
        Failed: the database did not answer.
    """
    with _said_in_a_sentence():
        has_ledger = database.run(f"SELECT to_regclass('{LEDGER}') IS NOT NULL")[0][0]
        return plan(files, _read_ledger(database) if has_ledger else {})


@contextmanager
def _locked(database: Database, patience: Patience) -> Iterator[None]:
    with _said_in_a_sentence():
        # Without the checks below, the server would keep a killed migrator's lock until its statement ended.
        database.run(
            f"SET client_connection_check_interval = '1s'; SET lock_timeout = '{patience.migrator_s}s'"
        )
        database.run("SET idle_in_transaction_session_timeout = '30s'; SET idle_session_timeout = '60s'")
        try:
            database.run("SELECT pg_advisory_lock(:key)", key=ADVISORY_LOCK)
        except SqlError as error:
            if error.code != _LOCK_NOT_AVAILABLE:
                raise
            raise Failed(
                f"Another migration has been running for over {patience.migrator_s:g} s. "
                "Nothing was changed; wait until it ends and run this again."
            ) from None
        try:
            database.run(f"SET lock_timeout = '{patience.table_lock_s}s'")
            database.run(f"SET statement_timeout = '{patience.statement_s}s'")
            yield
        except (ConnectionLost, OutcomeUnknown):
            # The server has released the lock with the connection, or is about to; and if only its answer is
            # overdue, whatever is asked next waits for that answer first.
            raise
        except Exception:
            database.run(_UNLOCK, key=ADVISORY_LOCK)
            raise
        else:
            database.run(_UNLOCK, key=ADVISORY_LOCK)


@contextmanager
def _said_in_a_sentence() -> Iterator[None]:
    try:
        yield
    except MigrationError:
        raise
    except SqlError as error:
        raise Failed(
            f"The database refused the runner's own work (SQLSTATE {error.code}); nothing was changed."
        ) from None
    except ConnectionLost:
        raise OutcomeUnknown(
            "The connection to the database was lost; run this again, the ledger knows how far it got."
        ) from None


def _create_ledger(database: Database) -> None:
    database.run(
        f"CREATE TABLE IF NOT EXISTS {LEDGER} ("
        "file TEXT PRIMARY KEY, sha256 TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())"
    )


def _read_ledger(database: Database) -> dict[str, str]:
    try:
        rows = database.run(f"SELECT file, sha256 FROM {LEDGER}")  # noqa: S608  # a constant
    except SqlError as error:
        if error.code != _UNDEFINED_COLUMN:
            raise
        raise Refused(
            f"The table {LEDGER} is not this runner's ledger; nothing was changed. "
            "Rename it and run this again."
        ) from None
    return {str(file): str(sha256) for file, sha256 in rows}


def _apply(
    database: Database,
    file: Migration,
    record_sql: str,
    record_values: dict[str, str],
    patience: Patience,
    so_far: str,
) -> None:
    for attempt in range(1, patience.table_lock_attempts + 1):
        try:
            database.run("BEGIN")
            database.run(_as_one_statement(file.sql))
            database.run(record_sql, **record_values)
            database.run("COMMIT")
        except SqlError as error:
            database.run("ROLLBACK")
            if error.code not in _LOCKED_OUT or attempt == patience.table_lock_attempts:
                raise Failed(_failure(file, error, patience) + so_far) from None
            database.run(f"SELECT pg_sleep({patience.between_attempts_s})")
        except ConnectionLost:
            raise OutcomeUnknown(
                f"The connection was lost during {file.name}: the database has it wholly or not at all. "
                "Run this again, the ledger knows." + so_far
            ) from None
        else:
            return


def _as_one_statement(sql: str) -> str:
    # Sent as it is, a file with a COMMIT in it would part itself from its ledger row. Inside a DO block the
    # server itself refuses that, and still runs any number of statements in order.
    tag = f"$file_{hashlib.sha256(sql.encode()).hexdigest()[:16]}$"
    return f"DO $run$ BEGIN EXECUTE {tag}{sql}{tag}; END $run$"


def _failure(file: Migration, error: SqlError, patience: Patience) -> str:
    if error.code in _LOCKED_OUT:
        return (
            f"{file.name} could not get its locks in {patience.table_lock_attempts} attempts of "
            f"{patience.table_lock_s:g} s, because another transaction holds the table; it was taken back. "
            "End that transaction (see pg_stat_activity) and run this again."
        )
    if error.code == _QUERY_CANCELED:
        return f"{file.name} took over {patience.statement_s:g} s or was cancelled; it was taken back."
    line = f" at line {error.line}" if error.line is not None else ""
    subject = f" about {error.subject}" if error.subject else ""
    return f"{file.name} failed{line} with SQLSTATE {error.code}{subject}; it was taken back."


def _done(chosen: Sequence[Migration], position: int) -> str:
    if position == 1:
        return " Nothing else was changed."
    return f" Applied before it in this run: {', '.join(file.name for file in chosen[: position - 1])}."
