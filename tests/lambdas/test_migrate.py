"""The migration Lambda, as CloudFormation and an operator invoke it, on a real PostgreSQL."""

from __future__ import annotations

import json
import secrets
import socket
from dataclasses import replace

import boto3
import pytest

from contract.metrics import Metric, Origin
from contract.settings import SettingsError
from lambdas.errors import Unavailable
from lambdas.migrate.handler import App, MigrationFailed, build, handle, handler
from migrations.files import read_migrations
from migrations.postgres import PostgresConnection, Target
from migrations.roles import Role
from tests.fakes.observer import RecordingObserver
from tests.postgres import connect

FILES = read_migrations()
LAST_ROLLBACK = FILES[-1].name.replace(".sql", "_rollback.sql")
FROM_A_DEPLOYMENT: dict[str, str] = {}


@pytest.fixture
def observer() -> RecordingObserver:
    return RecordingObserver()


@pytest.fixture
def role() -> Role:
    return Role(f"app_{secrets.token_hex(6)}", secrets.token_hex(12))


@pytest.fixture
def app(postgres_target: Target, role: Role, observer: RecordingObserver) -> App:
    def open_one() -> PostgresConnection:
        return connect(postgres_target)

    return App(open_one, lambda: role, FILES, observer)


def test_a_deployment_applies_everything(app: App, role: Role, observer: RecordingObserver) -> None:
    """Its log has a line before and after each file, and the counts at the end."""
    answer = handle(FROM_A_DEPLOYMENT, app)

    assert answer == {
        "message": f"{len(FILES)} migrations applied now, {len(FILES)} applied in all, up to date.",
        "applied_now": [file.name for file in FILES],
        "applied": len(FILES),
        "pending": 0,
    }
    assert observer.notes[0] == (
        "migration",
        {"action": "applying", "file": FILES[0].name, "position": 1, "total": len(FILES)},
    )
    assert observer.notes[-2] == ("migration role ensured", {"role": role.name})
    assert observer.notes[-1][1] == {"applied_now": len(FILES), "applied": len(FILES), "pending": 0}
    assert observer.counts == {Metric.MIGRATIONS_APPLIED: len(FILES)}


@pytest.mark.parametrize("event", [None, {}, [], {"RequestType": "Update"}])
def test_a_second_deployment_finds_nothing_to_do(app: App, event: object) -> None:
    """Whatever CloudFormation puts into the event."""
    handle(FROM_A_DEPLOYMENT, app)

    assert handle(event, app)["applied_now"] == []


def test_one_file_by_hand(app: App) -> None:
    """In a private network this is the only way in."""
    answer = handle({"file": FILES[1].name}, app)

    assert answer["applied_now"] == [file.name for file in FILES[:2]]
    assert answer["pending"] == len(FILES) - 2


def test_a_rollback_by_hand_needs_its_confirmation(app: App, observer: RecordingObserver) -> None:
    """`true` and nothing that merely looks like it; a deployment never gets here."""
    handle(FROM_A_DEPLOYMENT, app)

    for unconfirmed in ({"file": LAST_ROLLBACK}, {"file": LAST_ROLLBACK, "confirm": "true"}):
        with pytest.raises(MigrationFailed, match="take a backup"):
            handle(unconfirmed, app)
    answer = handle({"file": LAST_ROLLBACK, "confirm": True}, app)

    assert answer["message"].startswith(f"{FILES[-1].name} was taken back")
    assert answer["pending"] == 1


def test_a_failure_is_one_sentence_that_stops_the_deployment(app: App, observer: RecordingObserver) -> None:
    """The sentence is the function's error, and a line of its log."""
    with pytest.raises(MigrationFailed, match=r"There is no migration file '009_x\.sql'") as caught:
        handle({"file": "009_x.sql"}, app)

    assert caught.value.__suppress_context__
    assert observer.failures == [("migration failed", Origin.DATABASE, {"reason": str(caught.value)})]


@pytest.mark.parametrize("file", [7, ["001_add_streaming_columns.sql"], "", "../../etc/passwd"])
def test_a_file_that_is_none_is_refused(app: App, file: object) -> None:
    """Not taken for "everything"."""
    with pytest.raises(MigrationFailed):
        handle({"file": file}, app)


def test_the_app_is_built_from_the_environment(aws: None, postgres_target: Target) -> None:
    """With the credentials of the secret."""
    credentials = {"username": postgres_target.user, "password": postgres_target.password}
    vault = boto3.client("secretsmanager")
    vault.create_secret(Name="database", SecretString=json.dumps(credentials))
    application = {"username": f"app_{secrets.token_hex(6)}", "password": secrets.token_hex(12)}
    vault.create_secret(Name="application", SecretString=json.dumps(application))
    environment = {
        "STAGE": "test",
        "DATABASE_SECRET_ID": "database",
        "DATABASE_APPLICATION_SECRET_ID": "application",
        "DATABASE_HOST": postgres_target.host,
        "DATABASE_PORT": str(postgres_target.port),
        "DATABASE_NAME": postgres_target.name,
        "DATABASE_SSLMODE": "disable",
    }

    assert handle(FROM_A_DEPLOYMENT, build(environment))["pending"] == 0
    with connect(replace(postgres_target, user=application["username"], password=application["password"])):
        pass  # the role of the second secret is let in


def test_a_secret_out_of_reach_changes_nothing(postgres_target: Target, observer: RecordingObserver) -> None:
    """New tables that nobody can write to would be found by the first patient."""

    def unreadable() -> Role:
        raise Unavailable("AccessDeniedException")

    app = App(lambda: connect(postgres_target), unreadable, FILES, observer)

    with pytest.raises(MigrationFailed, match=r"cannot be reached \(AccessDeniedException\)"):
        handle(FROM_A_DEPLOYMENT, app)

    with connect(postgres_target) as connection:
        assert connection.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []


def test_a_database_out_of_reach_is_a_sentence(aws: None) -> None:
    """With a code, and without a host, user or password."""
    vault = boto3.client("secretsmanager")
    for name in ("database", "application"):
        vault.create_secret(Name=name, SecretString=json.dumps({"username": "u", "password": "canary"}))
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))  # and does not listen
    port = taken.getsockname()[1]
    environment = {
        "STAGE": "test",
        "DATABASE_SECRET_ID": "database",
        "DATABASE_APPLICATION_SECRET_ID": "application",
        "DATABASE_HOST": "127.0.0.1",
        "DATABASE_PORT": str(port),
        "DATABASE_NAME": "seva",
        "DATABASE_SSLMODE": "disable",
    }

    with pytest.raises(MigrationFailed, match=r"cannot be reached \(ConnectionRefusedError\)"):
        handle(FROM_A_DEPLOYMENT, build(environment))
    taken.close()


def test_an_environment_that_is_not_right_is_a_sentence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is imported late or connected to: CloudFormation hears of it at once."""
    for name in ("DATABASE_SECRET_ID", "DATABASE_APPLICATION_SECRET_ID"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(SettingsError, match="DATABASE_APPLICATION_SECRET_ID is missing"):
        handler(FROM_A_DEPLOYMENT, None)
