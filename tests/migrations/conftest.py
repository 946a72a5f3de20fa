"""Fixtures of the migrations' tests."""

from tests.postgres import postgres_server, postgres_target

__all__ = ["postgres_server", "postgres_target"]
