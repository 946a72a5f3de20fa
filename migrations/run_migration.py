"""Run migrations by hand: `python migrations/run_migration.py`. The command line only; the runner decides.

Where the database is: `--state-dir` names a running local stack; without it the `DATABASE_*` variables of the
deployed parts count, out of the environment or a file `.env` beside where it is run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast, get_args

if __package__ in (None, ""):  # run as a script: the packages are one folder up, and not in this one
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from migrations.errors import ConnectionLost, MigrationError, SqlError
from migrations.files import FOLDER, Migration, is_rollback, read_migrations, read_rollback
from migrations.plan import Plan
from migrations.report import Step
from migrations.runner import migrate, roll_back, status

try:
    from migrations.postgres import PostgresConnection, SslMode, Target, open_connection
except ModuleNotFoundError as missing:
    sys.exit(
        f"{missing.name} is not installed for {sys.executable}: run `make setup`, then use .venv/bin/python."
    )

DONE: Final = 0
FAILED: Final = 1  # 2 is argparse's own, for a wrong command line
CONNECT_S: Final = 5.0
ANSWER_S: Final = 240.0  # longer than any wait of the runner's own
ENV_FILE: Final = Path(".env")


class Unusable(Exception):
    """The command cannot say which database is meant; the text is a sentence for a person."""


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Do what the command line says; give the exit code."""
    options = _parse(arguments)
    try:
        target = _target(options, _with_env_file(environment if environment is not None else os.environ))
        with _connect(target) as database:
            print(_run(options, database))
    except (Unusable, MigrationError) as error:
        print(error, file=sys.stderr)
        return FAILED
    return DONE


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run_migration.py", description="Apply database migrations, each once."
    )
    parser.add_argument(
        "file",
        nargs="?",
        help="apply up to and with this file only, or run this rollback file; default: all pending",
    )
    parser.add_argument(
        "--status", action="store_true", help="say where the schema stands and change nothing"
    )
    parser.add_argument("--confirm", action="store_true", help="needed for a rollback file: it deletes data")
    parser.add_argument(
        "--state-dir", type=Path, help="the database of the local stack that runs with this folder"
    )
    parser.add_argument("--host", help="instead of DATABASE_HOST")
    parser.add_argument("--port", help="instead of DATABASE_PORT")
    parser.add_argument("--database", help="instead of DATABASE_NAME")
    parser.add_argument("--user", help="instead of DATABASE_USER; the password is never an argument")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, database: PostgresConnection) -> str:
    files = read_migrations()
    if options.status:
        return _describe(status(database, files), files)
    name = _name_of(Path(options.file)) if options.file is not None else None
    if name is not None and is_rollback(name):
        rollback = read_rollback(name)
        return str(roll_back(database, files, rollback, _print, is_confirmed=options.confirm))
    return str(migrate(database, files, _print, only_up_to=name))


def _name_of(path: Path) -> str:
    if path.name != str(path) and path.resolve().parent != FOLDER.resolve():
        raise Unusable(f"{path} does not lie in {FOLDER}, where migrations are; put it there first.")
    return path.name


def _describe(plan: Plan, files: Sequence[Migration]) -> str:
    lines = [f"{'applied' if file.name in plan.applied else 'pending'}  {file.name}" for file in files]
    lines += [f"newer    {name}" for name in plan.newer]
    return "\n".join([*lines, f"{len(plan.applied)} applied, {len(plan.pending)} pending"])


def _print(step: Step) -> None:
    print(step, flush=True)


def _connect(target: Target) -> PostgresConnection:
    try:
        return open_connection(target, connect_s=CONNECT_S, answer_s=ANSWER_S, application="run_migration")
    except ConnectionLost as error:
        raise Unusable(
            f"There is no PostgreSQL to talk to at {target.host}:{target.port} with sslmode {target.sslmode} "
            f"({error}); check the address, the certificate and that it runs."
        ) from None
    except SqlError as error:
        raise Unusable(
            f"PostgreSQL at {target.host}:{target.port} does not let {target.user} into {target.name} "
            f"({error}); check user, password and database."
        ) from None


def _target(options: argparse.Namespace, environment: Mapping[str, str]) -> Target:
    if options.state_dir is not None:
        return _target_of_stack(options.state_dir)
    given = {
        "DATABASE_HOST": options.host or environment.get("DATABASE_HOST", ""),
        "DATABASE_PORT": options.port or environment.get("DATABASE_PORT", "") or "5432",
        "DATABASE_NAME": options.database or environment.get("DATABASE_NAME", ""),
        "DATABASE_SSLMODE": environment.get("DATABASE_SSLMODE", "") or "verify-full",
        "DATABASE_USER": options.user or environment.get("DATABASE_USER", ""),
        "DATABASE_PASSWORD": environment.get("DATABASE_PASSWORD", ""),
    }
    if secret_id := environment.get("DATABASE_SECRET_ID", ""):
        user, password = _credentials(secret_id)
        given |= {"DATABASE_USER": options.user or user, "DATABASE_PASSWORD": password}
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise Unusable(f"Set {', '.join(missing)}, or name a running local stack with --state-dir.")
    if not given["DATABASE_PORT"].isdecimal():
        raise Unusable("DATABASE_PORT must be a whole number.")
    if given["DATABASE_SSLMODE"] not in get_args(SslMode):
        raise Unusable(f"DATABASE_SSLMODE must be one of {', '.join(get_args(SslMode))}.")
    return Target(
        given["DATABASE_HOST"],
        int(given["DATABASE_PORT"]),
        given["DATABASE_NAME"],
        given["DATABASE_USER"],
        given["DATABASE_PASSWORD"],
        cast(SslMode, given["DATABASE_SSLMODE"]),
        environment.get("DATABASE_CA_FILE") or None,
    )


def _target_of_stack(state_dir: Path) -> Target:
    try:
        postgres: dict[str, Any] = json.loads((state_dir / "stack.json").read_text())["postgres"]
    except (OSError, ValueError, KeyError):
        raise Unusable(
            f"There is no running local stack in {state_dir}: start one with `make run`."
        ) from None
    return Target(
        postgres["host"],
        int(postgres["port"]),
        postgres["database"],
        postgres["user"],
        postgres["password"],
        "disable",  # loopback
    )


def _credentials(secret_id: str) -> tuple[str, str]:
    import boto3  # slow to import, and only needed where the credentials are in AWS
    import botocore.exceptions

    try:
        secret = boto3.client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"]
        credentials = json.loads(secret)
        return credentials["username"], credentials["password"]
    except (
        botocore.exceptions.BotoCoreError,
        botocore.exceptions.ClientError,
        ValueError,
        KeyError,
    ) as error:
        raise Unusable(f"The secret DATABASE_SECRET_ID could not be read ({type(error).__name__}).") from None


def _with_env_file(environment: Mapping[str, str]) -> Mapping[str, str]:
    if not ENV_FILE.is_file():
        return environment
    lines = [line.strip() for line in ENV_FILE.read_text().splitlines()]
    pairs = [line.partition("=") for line in lines if "=" in line and not line.startswith("#")]
    return {key.strip(): value.strip().strip("'\"") for key, _, value in pairs} | dict(environment)


if __name__ == "__main__":
    sys.exit(main())
