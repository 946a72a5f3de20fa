"""With https the client knows whom it speaks to, or says nothing."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local_stack.certificate_authority import CertificateAuthority
from streaming_task.http_client import HttpClient, NotReached
from tests.fakes.raw_http import RawHttpServer

LONG_S = 30.0
BODY = bytes(range(256)) * 4 * 1024


def client_of(url: str, trusted: CertificateAuthority | None) -> HttpClient:
    """Build a client that trusts one authority, or those of the system."""
    tls = None if trusted is None else ssl.create_default_context(cadata=trusted.certificate_pem.decode())
    return HttpClient(
        url, connections=2, connect_s=LONG_S, keep_s=LONG_S, most_answer_bytes=1024 * 1024, tls=tls
    )


@pytest.fixture
def authority() -> CertificateAuthority:
    """Sign certificates."""
    return CertificateAuthority("test")


def named(authority: CertificateAuthority, name: str, folder: Path) -> ssl.SSLContext:
    """Give what a server of that name shows."""
    issued = authority.issue(name)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(issued.certificate_pem)
    key.write_bytes(issued.key_pem)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    return tls


@pytest.fixture
async def server(authority: CertificateAuthority, tmp_path: Path) -> AsyncIterator[RawHttpServer]:
    """Serve as localhost."""
    async with RawHttpServer.running(named(authority, "localhost", tmp_path)) as served:
        yield served


@pytest.fixture
async def impostor(authority: CertificateAuthority, tmp_path: Path) -> AsyncIterator[RawHttpServer]:
    """Serve as somebody else."""
    async with RawHttpServer.running(named(authority, "elsewhere.example", tmp_path)) as served:
        yield served


async def test_requests_go_over_one_kept_connection(
    server: RawHttpServer, authority: CertificateAuthority
) -> None:
    """Large ones too, piece by piece."""
    client = client_of(server.url, authority)

    for body in (b"small", BODY, b"small"):
        answer = await client.ask("POST", "/", {"host": client.host}, body, within_s=LONG_S)
        assert answer.status == 200
    client.close()

    assert [request.body for request in server.requests] == [b"small", BODY, b"small"]
    assert server.connections == 1


async def test_a_server_that_nobody_vouches_for_hears_nothing(server: RawHttpServer) -> None:
    """Credentials' signatures and audio are for AWS alone."""
    client = client_of(server.url, None)

    with pytest.raises(NotReached) as refused:
        await client.ask("POST", "/", {"host": client.host}, BODY, within_s=LONG_S)

    assert (refused.value.code, server.requests) == ("tls", [])


async def test_a_certificate_for_another_name_is_no_good(
    impostor: RawHttpServer, authority: CertificateAuthority
) -> None:
    """Whoever signed it."""
    client = client_of(impostor.url, authority)

    with pytest.raises(NotReached) as refused:
        await client.ask("POST", "/", {"host": client.host}, BODY, within_s=LONG_S)

    assert (refused.value.code, impostor.requests) == ("tls", [])
