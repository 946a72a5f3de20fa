"""Fixtures of the migrations' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from migrations.postgres import PostgresConnection, Target
from tests.postgres import connect, postgres_server, postgres_target

__all__ = ["postgres_server", "postgres_target"]


@pytest.fixture
def database(postgres_target: Target) -> Iterator[PostgresConnection]:
    """An empty database."""
    with connect(postgres_target) as connection:
        yield connection
