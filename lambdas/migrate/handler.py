"""Bring the schema up to date: run by a deployment before its tasks start, or by hand with a file's name.

By hand: `{"file": "001_add_streaming_columns.sql"}`, or a rollback file with `"confirm": true` besides.
The role of the running product is made as its secret says before anything goes forward, and let at what is
new after it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from contract.metrics import Metric, Origin, Service
from lambdas.aws import Clients
from lambdas.database import Database
from lambdas.errors import Unavailable
from lambdas.observability import Observer, PowertoolsObserver
from lambdas.settings import read_migrate_settings
from migrations.errors import MigrationError, Refused
from migrations.files import Migration, is_rollback, read_migrations, read_rollback
from migrations.postgres import PostgresConnection
from migrations.report import Report, Step
from migrations.roles import Role, ensure_role, prepare_role
from migrations.runner import migrate, roll_back, status

CONNECT_S: Final = 5.0
ANSWER_S: Final = 200.0  # longer than the runner waits for anything, shorter than the function may take


class MigrationFailed(Exception):
    """The schema was not brought up to date; the text is a sentence for the deployment's log."""


@dataclass(frozen=True, slots=True)
class App:
    """What the handler works with."""

    connect: Callable[[], PostgresConnection]
    application_role: Callable[[], Role]
    files: tuple[Migration, ...]
    observer: Observer


def handler(event: object, _context: object) -> dict[str, Any]:
    """Migrate, and say what was done.

    Raises:
        MigrationFailed: it was not done; CloudFormation stops the deployment.
    """
    return handle(event, _app())


def handle(event: object, app: App) -> dict[str, Any]:
    """Do what one event asks for.

    Raises:
        MigrationFailed: it was not done.
    """
    asked = event if isinstance(event, dict) else {}  # a deployment sends nothing of interest
    try:
        report = _run(asked.get("file"), asked.get("confirm") is True, app)
    except Unavailable as error:
        app.observer.fail("migration failed", origin=Origin.DATABASE, code=error.code)
        raise MigrationFailed(f"The database or its secret cannot be reached ({error.code}).") from None
    except MigrationError as error:
        app.observer.fail("migration failed", origin=Origin.DATABASE, reason=str(error))
        raise MigrationFailed(str(error)) from None
    app.observer.note(
        "migration done",
        applied_now=len(report.applied_now),
        applied=report.applied,
        pending=len(report.pending),
    )
    app.observer.count(Metric.MIGRATIONS_APPLIED, len(report.applied_now))
    return {
        "message": str(report),
        "applied_now": list(report.applied_now),
        "applied": report.applied,
        "pending": len(report.pending),
    }


def _run(file: object, is_confirmed: bool, app: App) -> Report:
    if file is not None and not isinstance(file, str):
        raise Refused('"file" must be the name of a migration file.')
    role = app.application_role()  # before anything is changed: a secret out of reach changes nothing
    with closing(app.connect()) as connection:

        def tell(step: Step) -> None:
            app.observer.note(
                "migration", action=step.action, file=step.file, position=step.position, total=step.total
            )

        if file is not None and is_rollback(file):
            return roll_back(connection, app.files, read_rollback(file), tell, is_confirmed=is_confirmed)
        status(connection, app.files)  # files that do not fit are refused before anything is touched
        prepare_role(connection, role)  # first: a role that cannot be made leaves the schema as it was
        report = migrate(connection, app.files, tell, only_up_to=file)
        ensure_role(connection, role)
        app.observer.note("migration role ensured", role=role.name)
        return report


def build(environment: Mapping[str, str]) -> App:
    """Make everything that the handler works with.

    Raises:
        SettingsError: keys are missing or wrong.
        Refused: the files in the package are not in order.
    """
    settings = read_migrate_settings(environment)
    database = Database(Clients().secrets(), settings.database, application="migrate")

    def connect() -> PostgresConnection:
        return database.connect(database.read_credentials(), connect_s=CONNECT_S, answer_s=ANSWER_S)

    def application_role() -> Role:
        credentials = database.read_credentials(settings.application_secret_id)
        return Role(credentials.username, credentials.password)

    return App(
        connect, application_role, read_migrations(), PowertoolsObserver(Service.MIGRATE, settings.shared)
    )


@cache
def _app() -> App:
    return build(os.environ)
