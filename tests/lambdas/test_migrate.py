"""The migration Lambda, as CloudFormation and an operator invoke it, on a real PostgreSQL."""

from __future__ import annotations

import json
import socket

import boto3
import pytest

from lambdas.errors import Origin
from lambdas.migrate.handler import App, MigrationFailed, build, handle
from lambdas.observability import Metric
from migrations.files import read_migrations
from migrations.postgres import PostgresConnection, Target
from tests.fakes.observer import RecordingObserver
from tests.postgres import connect

FILES = read_migrations()
LAST_ROLLBACK = FILES[-1].name.replace(".sql", "_rollback.sql")
FROM_A_DEPLOYMENT: dict[str, str] = {}


@pytest.fixture
def observer() -> RecordingObserver:
    return RecordingObserver()


@pytest.fixture
def app(postgres_target: Target, observer: RecordingObserver) -> App:
    def open_one() -> PostgresConnection:
        return connect(postgres_target)

    return App(open_one, FILES, observer)


def test_a_deployment_applies_everything(app: App, observer: RecordingObserver) -> None:
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
    boto3.client("secretsmanager").create_secret(Name="database", SecretString=json.dumps(credentials))
    environment = {
        "STAGE": "test",
        "DATABASE_SECRET_ID": "database",
        "DATABASE_HOST": postgres_target.host,
        "DATABASE_PORT": str(postgres_target.port),
        "DATABASE_NAME": postgres_target.name,
        "DATABASE_SSLMODE": "disable",
    }

    assert handle(FROM_A_DEPLOYMENT, build(environment))["pending"] == 0


def test_a_database_out_of_reach_is_a_sentence(aws: None) -> None:
    """With a code, and without a host, user or password."""
    boto3.client("secretsmanager").create_secret(
        Name="database", SecretString=json.dumps({"username": "u", "password": "canary"})
    )
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))  # and does not listen
    port = taken.getsockname()[1]
    environment = {
        "STAGE": "test",
        "DATABASE_SECRET_ID": "database",
        "DATABASE_HOST": "127.0.0.1",
        "DATABASE_PORT": str(port),
        "DATABASE_NAME": "seva",
        "DATABASE_SSLMODE": "disable",
    }

    with pytest.raises(MigrationFailed, match=r"cannot be reached \(ConnectionRefusedError\)"):
        handle(FROM_A_DEPLOYMENT, build(environment))
    taken.close()
