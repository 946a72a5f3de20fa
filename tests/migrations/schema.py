"""Look at a database's schema, for tests."""

from __future__ import annotations

from migrations.files import Migration
from migrations.postgres import PostgresConnection
from migrations.report import Step
from migrations.runner import Patience

IMPATIENT = Patience(
    migrator_s=0.3, table_lock_s=0.1, table_lock_attempts=2, between_attempts_s=0.05, statement_s=10.0
)


def make(*texts: str) -> tuple[Migration, ...]:
    """Give migrations `000_step.sql`, `001_step.sql`, ... of these texts."""
    return tuple(
        Migration(number, f"{number:03d}_step.sql", sql, f"hash {number} {sql}")
        for number, sql in enumerate(texts)
    )


def columns(database: PostgresConnection, table: str) -> set[str]:
    """Name a table's columns; none: there is no such table."""
    rows = database.run("SELECT column_name FROM information_schema.columns WHERE table_name = :t", t=table)
    return {str(row[0]) for row in rows}


def ledger(database: PostgresConnection) -> list[str]:
    """Name the applied files in order."""
    return [str(row[0]) for row in database.run("SELECT file FROM schema_migrations ORDER BY file")]


def ignore(_: Step) -> None:
    """Take progress and do nothing with it."""
