"""Fixtures of the history's tests: a migrated PostgreSQL, moto's AWS, the app as a deployment builds it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest

from lambdas.history.handler import build
from local_stack.postgres import Postgres
from migrations.files import read_migrations
from migrations.postgres import PostgresConnection, Target
from migrations.roles import Role, ensure_role
from migrations.runner import migrate
from tests.lambdas.history.archive import BUCKET, SECRET, Archive
from tests.lambdas.table import NOW, TABLE, Table
from tests.postgres import connect, empty_database


@pytest.fixture(scope="module")
def migrated(postgres_server: Postgres) -> Iterator[tuple[Target, Role]]:
    """Give a database with our schema, one a module, as its owner; and the role that the Lambda comes as."""
    role = Role(f"app_{secrets.token_hex(6)}", secrets.token_hex(12))
    with empty_database(postgres_server, "history") as target:
        with connect(target) as connection:
            migrate(connection, read_migrations(), lambda _: None)
            ensure_role(connection, role)
        yield target, role


@pytest.fixture
def owner(migrated: tuple[Target, Role]) -> Iterator[PostgresConnection]:
    """Connect as the tables' owner, who sees everything."""
    with connect(migrated[0]) as connection:
        yield connection


@pytest.fixture
def as_role(migrated: tuple[Target, Role]) -> Iterator[PostgresConnection]:
    """Connect as the running product does."""
    target, role = migrated
    with connect(replace(target, user=role.name, password=role.password)) as connection:
        yield connection


@pytest.fixture
def archive(table: Table, migrated: tuple[Target, Role], owner: PostgresConnection) -> Archive:
    """Give a history to ask, with users of the test's own."""
    target, role = migrated
    credentials = {"username": role.name, "password": role.password}
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps(credentials))
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    app = build(
        {
            "STAGE": "test",
            "TABLE_NAME": TABLE,
            "AUDIO_BUCKET": BUCKET,
            "RECORD_DELETION": "owner",
            "PAGE_ORIGIN": "https://page.example.org",
            "DATABASE_SECRET_ID": SECRET,
            "DATABASE_HOST": target.host,
            "DATABASE_PORT": str(target.port),
            "DATABASE_NAME": target.name,
            "DATABASE_SSLMODE": "disable",
        }
    )
    return Archive(replace(app, now=lambda: NOW), owner, table)
