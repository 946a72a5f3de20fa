"""Every part is told what the contract names for it, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract import environment as env
from lambdas.settings import (
    read_api_settings,
    read_connect_settings,
    read_disconnect_settings,
    read_migrate_settings,
)
from local_stack.environments import (
    Surroundings,
    api_environment,
    connect_environment,
    disconnect_environment,
    migrate_environment,
    task_environment,
)
from local_stack.postgres import PostgresAddress
from local_stack.settings import Settings, read_command_line
from streaming_task.settings import read_settings

EVERY_LIMIT = "idle_s=3,duration_s=4,ticket_s=5,seal_s=6,sweep_s=7,max_sessions=8,silence_s=0.5"


def surroundings(*arguments: str) -> Surroundings:
    settings = read_command_line(arguments)
    assert isinstance(settings, Settings)
    return Surroundings(settings, PostgresAddress("127.0.0.1", 5006, "user", "secret"), Path("/ca.pem"))


@pytest.mark.parametrize("arguments", [[], ["--limits", EVERY_LIMIT]])
def test_the_names_are_the_contracts(arguments: list[str]) -> None:
    """What a template would not give a part, it must not rely on here."""
    around = surroundings(*arguments)

    assert set(connect_environment(around)) == env.CONNECT
    assert set(disconnect_environment(around)) == env.DISCONNECT
    assert set(migrate_environment(around)) <= env.MIGRATE
    assert set(api_environment(around)) <= env.API
    assert set(task_environment(around, 5010)) <= env.TASK


def test_every_reader_is_content_with_what_it_is_told() -> None:
    """The real readers of the real parts, on the defaults."""
    around = surroundings()

    read_disconnect_settings(disconnect_environment(around))
    read_migrate_settings(migrate_environment(around))
    connect = read_connect_settings(connect_environment(around))
    api = read_api_settings(api_environment(around))
    task = read_settings(task_environment(around, 5010) | {"AWS_REGION": "us-east-1"})

    assert connect.allowed_origins == {"http://localhost:5000", "http://127.0.0.1:5000"}
    assert api.websocket_url == "ws://localhost:5001/"
    assert (task.port, task.address) == (5010, "127.0.0.1:5010")
    assert task.connections_url == "http://localhost:5001"


def test_a_lowered_limit_arrives() -> None:
    """A tester who lowers a limit must see it hold."""
    around = surroundings("--limits", EVERY_LIMIT)

    api = read_api_settings(api_environment(around))
    task = read_settings(task_environment(around, 5010) | {"AWS_REGION": "us-east-1"})

    assert api.ticket_lifetime_s == 5
    assert (task.limits.idle_s, task.limits.duration_s, task.limits.seal_s) == (3, 4, 6)
    assert (task.limits.silence_s, task.max_sessions) == (0.5, 8)


def test_only_the_migration_comes_to_the_database_as_its_owner() -> None:
    """Tasks and api have a role that changes no schema."""
    around = surroundings()
    owner = migrate_environment(around)

    for other in (task_environment(around, 5010), api_environment(around)):
        assert other[env.DATABASE_SECRET_ID] == owner[env.DATABASE_APPLICATION_SECRET_ID]
        assert owner[env.DATABASE_SECRET_ID] not in other.values()


def test_no_secret_is_in_an_environment() -> None:
    """The password is fetched from Secrets Manager, as in a deployment."""
    around = surroundings()

    assert "secret" not in {*task_environment(around, 5010).values(), *api_environment(around).values()}
