"""A real PostgreSQL for tests: one server a test session, an empty database a test.

A package's conftest.py imports `postgres_server` and `postgres_target` from here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from local_stack.postgres import Postgres
from migrations.postgres import PostgresConnection, Target, open_connection


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Give a running server."""
    with Postgres(tmp_path_factory.mktemp("postgres") / "data", durable=False) as server:
        yield server


@pytest.fixture
def postgres_target(postgres_server: Postgres) -> Iterator[Target]:
    """Give an empty database of the test's own."""
    with empty_database(postgres_server, "test") as target:
        yield target


@contextmanager
def empty_database(server: Postgres, purpose: str) -> Iterator[Target]:
    """Make a database, as its owner; it goes afterwards, whoever is still connected."""
    address = server.address
    owner = Target(address.host, address.port, address.database, address.user, address.password, "disable")
    name = f"{purpose}_{secrets.token_hex(6)}"
    with connect(owner) as connection:
        connection.run(f"CREATE DATABASE {name} STRATEGY FILE_COPY")  # a third of the time of the default
    try:
        yield replace(owner, name=name)
    finally:
        with connect(owner) as connection:
            connection.run(f"DROP DATABASE {name} WITH (FORCE)")


def connect(target: Target) -> PostgresConnection:
    """Connect as a test would: everything answers soon."""
    return open_connection(target, connect_s=5.0, answer_s=20.0, application="test")
