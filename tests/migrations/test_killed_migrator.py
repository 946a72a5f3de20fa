"""A migrator killed with SIGKILL leaves the schema before or after a file, and nobody waiting for it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from migrations.files import Migration
from migrations.postgres import Target
from migrations.runner import Patience, migrate
from tests.migrations.schema import columns, ignore, ledger, make
from tests.postgres import connect

ROOT = Path(__file__).parents[2]


def start_doomed(dies_before: int, target: Target, files: Sequence[Migration]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.migrations.doomed_migrator", str(dies_before)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    told = {"target": dataclasses.asdict(target), "files": [dataclasses.astuple(file) for file in files]}
    process.stdin.write(json.dumps(told))
    process.stdin.close()
    return process


def test_killed_before_every_statement_in_turn_it_is_never_in_between(postgres_target: Target) -> None:
    """A file's tables are there exactly if the ledger says so, and the next run goes on."""
    files = make("CREATE TABLE a (n INT)", "ALTER TABLE a ADD COLUMN m INT; CREATE TABLE b (n INT)")
    dies_before = 0
    is_killed = True

    while is_killed:
        dies_before += 1
        process = start_doomed(dies_before, postgres_target, files)
        is_killed = process.wait(20) != 0
        with connect(postgres_target) as database:
            has_ledger = columns(database, "schema_migrations")
            applied = ledger(database) if has_ledger else []
            assert columns(database, "a") == {0: set(), 1: {"n"}, 2: {"n", "m"}}[len(applied)]
            assert bool(columns(database, "b")) == (len(applied) == 2)

    assert dies_before > 10
    assert applied == [file.name for file in files]


def test_killed_in_the_middle_of_a_file_it_keeps_nobody_waiting(postgres_target: Target) -> None:
    """The server notices within a second, takes the file back and releases the lock."""
    files = make(
        "CREATE TABLE delay AS SELECT 30 AS seconds",
        "CREATE TABLE a (n INT); SELECT pg_sleep(seconds) FROM delay; CREATE TABLE b (n INT)",
    )
    process = start_doomed(0, postgres_target, files)
    asleep = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    with connect(postgres_target) as database:
        while not database.run(asleep):
            assert process.poll() is None

        process.kill()
        process.wait(20)

        database.run("UPDATE delay SET seconds = 0")
        assert migrate(database, files, ignore, patience=Patience(migrator_s=8.0)).applied_now == (
            "001_step.sql",
        )
        assert columns(database, "b") == {"n"}
