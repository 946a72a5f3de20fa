"""A real database with the product's own schema, and its secret in moto."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import boto3
import pytest

from migrations.files import read_migrations
from migrations.postgres import PostgresConnection, Target
from migrations.runner import migrate
from streaming_task.adapters.records_postgres import PostgresRecords
from tests.postgres import connect, postgres_server, postgres_target
from tests.tls_postgres import tls_server

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

__all__ = ["postgres_server", "postgres_target", "tls_server"]

REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the test's database is."""

    secret_id: str
    host: str
    port: int
    name: str
    sslmode: Literal["verify-full", "disable"] = "disable"
    ca_file: str | None = None


class Vault:
    """The database's secret, as an operator would set it."""

    def __init__(self, client: SecretsManagerClient, secret_id: str) -> None:
        self._client = client
        self.secret_id = secret_id

    def set(self, text: str) -> None:
        """Write the secret."""
        self._client.put_secret_value(SecretId=self.secret_id, SecretString=text)

    def set_user(self, name: str, password: str) -> None:
        """Write the secret as the product reads it."""
        self.set(json.dumps({"username": name, "password": password}))


@pytest.fixture
def vault(aws_url: str, monkeypatch: pytest.MonkeyPatch) -> Vault:
    """Keep a secret, and let the adapter find it by its environment."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", aws_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    client: SecretsManagerClient = boto3.client("secretsmanager", region_name=REGION)
    secret_id = f"database-{uuid.uuid4()}"
    client.create_secret(Name=secret_id, SecretString="{}")
    return Vault(client, secret_id)


@pytest.fixture
def database(postgres_target: Target) -> PostgresConnection:
    """Migrate the database, and look at it behind the adapter's back."""
    connection = connect(postgres_target)
    migrate(connection, read_migrations(), lambda _: None)
    return connection


@pytest.fixture
def address(postgres_target: Target, vault: Vault, database: PostgresConnection) -> Address:
    """Say where the database is, with its password in the secret."""
    vault.set_user(postgres_target.user, postgres_target.password)
    return Address(vault.secret_id, postgres_target.host, postgres_target.port, postgres_target.name)


@pytest.fixture
async def open_records(address: Address) -> AsyncIterator[Callable[..., PostgresRecords]]:
    """Open the adapter on the database, or on a changed address, with patience for a busy machine."""
    opened: list[PostgresRecords] = []

    def open_one(*, answer_s: float = 20.0, **changes: Any) -> PostgresRecords:
        records = PostgresRecords(
            replace(address, **changes), region=REGION, connect_s=20.0, answer_s=answer_s, call_s=50.0
        )
        opened.append(records)
        return records

    yield open_one
    for records in opened:
        await records.close()


@pytest.fixture
async def lossy_database(address: Address, open_proxy: Callable[[str], Any]) -> AsyncIterator[Any]:
    """Stand between the adapter and the database."""
    proxy = open_proxy(f"http://{address.host}:{address.port}")
    await proxy.start()
    yield proxy
    await proxy.stop()
