"""The command line, run as operators run it: `python migrations/run_migration.py`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from migrations.files import read_migrations
from migrations.postgres import Target
from tests.migrations.schema import columns
from tests.postgres import connect

ROOT = Path(__file__).parents[2]


@pytest.fixture
def state_dir(tmp_path: Path, postgres_target: Target) -> Path:
    """Give the folder of a local stack that runs."""
    postgres = {
        "host": postgres_target.host,
        "port": postgres_target.port,
        "user": postgres_target.user,
        "password": postgres_target.password,
        "database": postgres_target.name,
        "pid": 0,
    }
    (tmp_path / "stack.json").write_text(json.dumps({"postgres": postgres}))
    return tmp_path


def run(*arguments: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DATABASE_")}
    script = ROOT / "migrations" / "run_migration.py"
    return subprocess.run(
        [sys.executable, script, *arguments],
        cwd=cwd,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def environment_of(target: Target) -> dict[str, str]:
    return {
        "DATABASE_HOST": target.host,
        "DATABASE_PORT": str(target.port),
        "DATABASE_NAME": target.name,
        "DATABASE_SSLMODE": target.sslmode,
        "DATABASE_USER": target.user,
        "DATABASE_PASSWORD": target.password,
    }


def test_without_a_file_everything_pending_is_applied(state_dir: Path) -> None:
    """A line a file, then how it stands; the second time there is nothing to do."""
    first = run("--state-dir", state_dir)
    second = run("--state-dir", state_dir)

    total = len(read_migrations())
    assert (first.returncode, first.stderr) == (0, "")
    assert f"migration {total} of {total} applied: " in first.stdout
    assert f"{total} migrations applied now, {total} applied in all, up to date." in first.stdout
    assert (second.returncode, second.stdout) == (0, f"{total} applied in all, up to date.\n")


def test_one_file_can_be_named_by_its_path(state_dir: Path, postgres_target: Target) -> None:
    """As an operator's shell completes it."""
    done = run("migrations/001_add_streaming_columns.sql", "--state-dir", state_dir)

    assert done.returncode == 0
    assert "(002_add_session_record.sql is next)" in done.stdout
    with connect(postgres_target) as database:
        assert "session_id" in columns(database, "transcriptions")


def test_a_file_from_elsewhere_is_refused(state_dir: Path, tmp_path: Path) -> None:
    """Its namesake in the folder is not run in its place."""
    stray = tmp_path / "001_add_streaming_columns.sql"
    stray.write_text("SELECT 1")

    done = run(stray, "--state-dir", state_dir)

    assert done.returncode == 1
    assert "does not lie in" in done.stderr


def test_status_lists_what_is_applied_and_pending(state_dir: Path) -> None:
    """It changes nothing."""
    run("000_create_transcriptions.sql", "--state-dir", state_dir)

    done = run("--status", "--state-dir", state_dir)

    assert done.returncode == 0
    assert done.stdout.splitlines()[:2] == [
        "applied  000_create_transcriptions.sql",
        "pending  001_add_streaming_columns.sql",
    ]
    assert done.stdout.splitlines()[-1] == f"1 applied, {len(read_migrations()) - 1} pending"


def test_a_rollback_needs_its_name_and_a_confirmation(state_dir: Path, postgres_target: Target) -> None:
    """Without the flag nothing happens; with it the last file goes."""
    run("--state-dir", state_dir)
    last = read_migrations()[-1].name.replace(".sql", "_rollback.sql")

    unconfirmed = run(last, "--state-dir", state_dir)
    with connect(postgres_target) as database:
        before = columns(database, "audit_entries")
    confirmed = run(last, "--confirm", "--state-dir", state_dir)

    assert (unconfirmed.returncode, unconfirmed.stdout) == (1, "")
    assert "take a backup" in unconfirmed.stderr
    assert "outcome" in before
    assert confirmed.returncode == 0
    with connect(postgres_target) as database:
        assert columns(database, "audit_entries") == set()


def test_the_database_can_be_named_by_the_environment(tmp_path: Path, postgres_target: Target) -> None:
    """The names are those of the deployed parts, and the folder it runs in does not matter."""
    done = run("--status", cwd=tmp_path, **environment_of(postgres_target))

    assert (done.returncode, done.stderr) == (0, "")


def test_an_env_file_fills_in_what_the_environment_lacks(tmp_path: Path, postgres_target: Target) -> None:
    """`.env` is where a developer keeps local settings; a real variable wins over it."""
    lines = environment_of(postgres_target) | {"DATABASE_PORT": "1"}
    (tmp_path / ".env").write_text(
        "# local\n" + "\n".join(f'{key}="{value}"' for key, value in lines.items())
    )

    done = run("--status", cwd=tmp_path, DATABASE_PORT=str(postgres_target.port))

    assert (done.returncode, done.stderr) == (0, "")


def test_missing_settings_are_named_in_one_sentence(tmp_path: Path) -> None:
    """Every missing name at once, and the other way to say it."""
    done = run(cwd=tmp_path)

    assert done.returncode == 1
    assert done.stderr == (
        "Set DATABASE_HOST, DATABASE_NAME, DATABASE_USER, DATABASE_PASSWORD, "
        "or name a running local stack with --state-dir.\n"
    )


def test_a_wrong_password_is_one_sentence_without_it(tmp_path: Path, postgres_target: Target) -> None:
    """No traceback, no secret."""
    settings = environment_of(postgres_target) | {"DATABASE_PASSWORD": "canary"}

    done = run(cwd=tmp_path, **settings)

    assert done.returncode == 1
    assert "(SQLSTATE 28P01); check user, password and database." in done.stderr
    assert done.stderr.count("\n") == 1
    assert "canary" not in done.stdout + done.stderr


def test_a_server_without_tls_is_not_talked_to_in_the_open(tmp_path: Path, postgres_target: Target) -> None:
    """The default is to verify; a server that cannot is an error, not a fallback."""
    settings = environment_of(postgres_target) | {"DATABASE_SSLMODE": "verify-full"}

    done = run(cwd=tmp_path, **settings)

    assert done.returncode == 1
    assert "There is no PostgreSQL to talk to" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_stack_that_does_not_run_is_one_sentence(tmp_path: Path) -> None:
    """The sentence says how to start one."""
    done = run("--state-dir", tmp_path)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "make run" in done.stderr
