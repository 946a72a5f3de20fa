"""A role that cannot be made stops a deployment while the schema is still as it was, on a real PostgreSQL."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from lambdas.migrate.handler import App, MigrationFailed, handle
from migrations.files import read_migrations
from migrations.postgres import Target
from migrations.roles import Role
from migrations.runner import LEDGER, migrate
from tests.fakes.observer import RecordingObserver
from tests.migrations.schema import ignore
from tests.postgres import connect

FILES = read_migrations()


@pytest.fixture
def owner(postgres_target: Target) -> Target:
    """Give the way of an owner who may make no roles."""
    name, password = f"owner_{secrets.token_hex(6)}", secrets.token_hex(12)
    with connect(postgres_target) as superuser:
        superuser.run(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        superuser.run(f"ALTER DATABASE {postgres_target.name} OWNER TO {name}")
    return replace(postgres_target, user=name, password=password)


def _app(owner: Target, role: Role) -> App:
    return App(lambda: connect(owner), lambda: role, FILES, RecordingObserver())


def _schema(target: Target) -> list[list[object]]:
    with connect(target) as connection:
        return connection.run(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' ORDER BY 1, 2"
        )


@pytest.mark.parametrize("applied_before", [0, 1, len(FILES) - 1])
def test_a_role_that_cannot_be_made_leaves_the_schema_as_it_was(owner: Target, applied_before: int) -> None:
    """A deployment that stops must not have changed what the old tasks go on with."""
    if applied_before:
        with connect(owner) as connection:
            migrate(connection, FILES, ignore, only_up_to=FILES[applied_before - 1].name)
    before = _schema(owner)

    with pytest.raises(MigrationFailed, match=r"could not be made \(SQLSTATE 42501"):
        handle({}, _app(owner, Role(f"app_{secrets.token_hex(6)}", "password")))

    assert _schema(owner) == before


def test_a_secret_that_names_the_owner_leaves_the_schema_as_it_was(owner: Target) -> None:
    """The wrong secret in the wrong variable is found before the first file."""
    with pytest.raises(MigrationFailed, match="a role of its own"):
        handle({}, _app(owner, Role(owner.user, "password")))

    assert _schema(owner) == []


def test_a_ledger_of_somebody_elses_is_refused_before_the_role_is_let_at_it(
    postgres_target: Target,
) -> None:
    """Other tools call their ledger the same; ours touches nothing of theirs."""
    role = Role(f"app_{secrets.token_hex(6)}", "password")
    with connect(postgres_target) as connection:
        connection.run(f"CREATE TABLE {LEDGER} (version TEXT)")

        with pytest.raises(MigrationFailed, match="not this runner's ledger"):
            handle({}, _app(postgres_target, role))

        assert connection.run("SELECT 1 FROM pg_roles WHERE rolname = :name", name=role.name) == []
