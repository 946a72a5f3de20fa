"""How the task knows the database: by its certificate, on a real PostgreSQL that speaks TLS only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from streaming_task.adapters.records_postgres import PostgresRecords
from streaming_task.ports import Unavailable
from tests.streaming_task.adapters.records_postgres.conftest import REGION, Address, Vault
from tests.tls_postgres import OTHER_HOST, TlsServer


@pytest.fixture
async def open_by_tls(vault: Vault, tls_server: TlsServer) -> AsyncIterator[Callable[..., PostgresRecords]]:
    """Open the adapter as a deployment would, or on a changed address."""
    target = tls_server.target
    vault.set_user(target.user, target.password)
    address = Address(vault.secret_id, target.host, target.port, target.name, "verify-full", target.ca_file)
    opened: list[PostgresRecords] = []

    def open_one(**changes: Any) -> PostgresRecords:
        records = PostgresRecords(replace(address, **changes), region=REGION, connect_s=2.0, answer_s=2.0)
        opened.append(records)
        return records

    yield open_one
    for records in opened:
        await records.close()


async def test_the_right_authority_and_the_right_name_are_taken(
    open_by_tls: Callable[..., PostgresRecords],
) -> None:
    """The server takes nobody without TLS, so an answer is an encrypted one."""
    await open_by_tls().check()


async def test_another_authority_is_refused(
    open_by_tls: Callable[..., PostgresRecords], tls_server: TlsServer
) -> None:
    """Whoever stands in between has a certificate too, only not from this authority."""
    for ca_file in (tls_server.another_ca_file, None):
        with pytest.raises(Unavailable, match="SSLCertVerificationError"):
            await open_by_tls(ca_file=ca_file).check()


async def test_another_name_is_refused(open_by_tls: Callable[..., PostgresRecords]) -> None:
    """The same authority signs for other databases than ours."""
    with pytest.raises(Unavailable, match="SSLCertVerificationError"):
        await open_by_tls(host=OTHER_HOST).check()


async def test_such_a_server_lets_nobody_in_without_tls(open_by_tls: Callable[..., PostgresRecords]) -> None:
    """As `rds.force_ssl` has it: the code is that of a user who may not come this way."""
    with pytest.raises(Unavailable, match="28000"):
        await open_by_tls(sslmode="disable").check()
