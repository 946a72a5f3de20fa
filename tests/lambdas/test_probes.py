"""What `GET /health` finds at moto's AWS and a real PostgreSQL."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from contract.settings import DatabaseSettings
from lambdas.api.handler import build, handle
from lambdas.aws import Clients
from lambdas.database import Database
from lambdas.errors import Unavailable
from lambdas.health import Reachable, Schema, Streaming
from lambdas.probes import LEASE_STALE_S, RecordProbe, StreamingProbe
from migrations.files import read_migrations
from migrations.postgres import Target
from migrations.runner import migrate
from tests.lambdas.events import http_event
from tests.lambdas.table import NOW, TABLE, Table
from tests.postgres import connect

FILES = read_migrations()
SECRET = "database"


@pytest.fixture
def secret(aws: None, postgres_target: Target) -> str:
    """Store the database's credentials."""
    credentials = {"username": postgres_target.user, "password": postgres_target.password}
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps(credentials))
    return SECRET


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Give a port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def record_probe(target: Target, *, port: int | None = None) -> RecordProbe:
    settings = DatabaseSettings(SECRET, target.host, port or target.port, target.name, "disable", None)
    return RecordProbe(Database(Clients().secrets(attempts=1), settings, application="test"), FILES)


def environment_of(target: Target) -> dict[str, str]:
    return {
        "STAGE": "test",
        "TABLE_NAME": TABLE,
        "WEBSOCKET_URL": "wss://example.org",
        "USER_POOL_ID": "us-east-1_pool",
        "DATABASE_SECRET_ID": SECRET,
        "DATABASE_HOST": target.host,
        "DATABASE_PORT": str(target.port),
        "DATABASE_NAME": target.name,
        "DATABASE_SSLMODE": "disable",
    }


def test_a_migrated_database_is_up_to_date(secret: str, postgres_target: Target) -> None:
    """In the order in which one needs the other."""
    with connect(postgres_target) as database:
        migrate(database, FILES, lambda _: None)

    found = list(record_probe(postgres_target)())

    assert found == [Reachable("secrets_manager"), Reachable("database"), Schema(len(FILES), 0)]


def test_a_new_database_has_everything_pending(secret: str, postgres_target: Target) -> None:
    """And looking at it leaves nothing behind."""
    assert list(record_probe(postgres_target)())[-1] == Schema(0, len(FILES))


def test_a_newer_schema_is_not_pending(secret: str, postgres_target: Target) -> None:
    """After a release was rolled back."""
    with connect(postgres_target) as database:
        migrate(database, FILES, lambda _: None)
        database.run("INSERT INTO schema_migrations (file, sha256) VALUES ('999_add_later.sql', 'x')")

    assert list(record_probe(postgres_target)())[-1] == Schema(len(FILES), 0)


def test_without_its_secret_the_database_is_not_asked(aws: None, postgres_target: Target) -> None:
    """The code says which of the two it was."""
    with pytest.raises(Unavailable, match="ResourceNotFoundException"):
        list(record_probe(postgres_target)())


@pytest.mark.parametrize("text", ["canary", '{"username": "u"}', "[]"])
def test_a_secret_of_another_shape_is_not_quoted(aws: None, postgres_target: Target, text: str) -> None:
    """It may be a password all the same."""
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=text)

    with pytest.raises(Unavailable, match=r"^MalformedSecret$"):
        list(record_probe(postgres_target)())


def test_a_database_that_does_not_answer_is_given_up(
    secret: str, postgres_target: Target, silent_port: int
) -> None:
    """Within the second that it has."""
    started = time.monotonic()

    with pytest.raises(Unavailable):
        list(record_probe(postgres_target, port=silent_port)())

    assert time.monotonic() - started < 3.0


def test_live_leases_are_counted(table: Table) -> None:
    """Stale ones are of tasks that died; room is what the live ones have left."""
    table.lease("a", version=7, sessions=3, room=97, updated_at=NOW - 1, ttl=NOW + 3600)
    table.lease("b", version=7, sessions=100, room=0, updated_at=NOW - 1.5, ttl=NOW + 3600)
    table.lease("dead", version=7, sessions=50, room=50, updated_at=NOW - LEASE_STALE_S)

    found = list(StreamingProbe(table.client, TABLE, lambda: NOW)())

    assert found == [Streaming(tasks=2, sessions=103, room=97)]


def test_the_whole_report_of_a_product_that_runs(table: Table, secret: str, postgres_target: Target) -> None:
    """Through the handler, built from the environment as a deployment sets it."""
    with connect(postgres_target) as database:
        migrate(database, FILES, lambda _: None)
    table.lease("a", version=1, sessions=0, room=100, updated_at=time.time())

    answer: dict[str, Any] = handle(http_event("GET", "/health"), build(environment_of(postgres_target)))

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {
        "status": "healthy",
        "checks": {
            "database": "healthy",
            "secrets_manager": "healthy",
            "migrations": {"status": "up_to_date", "applied": len(FILES), "pending": 0},
            "streaming": {"status": "healthy", "tasks": 1, "sessions": 0, "room": 100},
        },
    }


def test_a_hanging_database_makes_it_503_within_two_seconds(
    table: Table, secret: str, postgres_target: Target, silent_port: int
) -> None:
    """The rest of the report stays true."""
    table.lease("a", version=1, sessions=0, updated_at=time.time())
    app = build(environment_of(postgres_target) | {"DATABASE_PORT": str(silent_port)})
    started = time.monotonic()

    answer = handle(http_event("GET", "/health"), app)

    assert time.monotonic() - started < 2.0
    assert answer["statusCode"] == 503
    report = json.loads(answer["body"])
    assert report["status"] == "unhealthy"
    assert (report["checks"]["database"], report["checks"]["secrets_manager"]) == ("unhealthy", "healthy")
    assert report["checks"]["streaming"]["status"] == "healthy"
