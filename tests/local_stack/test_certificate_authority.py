"""What our authority signs is taken by who trusts it, under the names it says, and by nobody else."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from local_stack.certificate_authority import CertificateAuthority, ServerCertificate


def meet(server: ServerCertificate, trusted: CertificateAuthority, host: str, folder: Path) -> None:
    """Shake hands in memory.

    Raises:
        ssl.SSLCertVerificationError: the client does not take the server for whom it should be.
    """
    certificate, key = folder / "server.pem", folder / "server.key"
    certificate.write_bytes(server.certificate_pem)
    key.write_bytes(server.key_pem)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate, key)
    ours = ssl.create_default_context(cadata=trusted.certificate_pem.decode())
    ours.verify_flags |= ssl.VERIFY_X509_STRICT  # as later versions of Python do unasked
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        ours.wrap_bio(to_client, to_server, server_hostname=host),
        theirs.wrap_bio(to_server, to_client, server_side=True),
    ]
    for end in ends * 2:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_server_is_known_by_each_of_its_names(host: str, tmp_path: Path) -> None:
    """An address is a name as well."""
    authority = CertificateAuthority("ours")

    meet(authority.issue("localhost", "127.0.0.1", "::1"), authority, host, tmp_path)


@pytest.mark.parametrize("host", ["example.org", "127.0.0.1"])
def test_a_name_it_does_not_carry_is_not_taken(host: str, tmp_path: Path) -> None:
    """Not even another name of the same machine."""
    authority = CertificateAuthority("ours")

    with pytest.raises(ssl.SSLCertVerificationError):
        meet(authority.issue("localhost"), authority, host, tmp_path)


def test_another_authority_of_the_same_name_is_not_taken(tmp_path: Path) -> None:
    """Trust is in the key, which leaves with its authority."""
    ours, another = CertificateAuthority("ours"), CertificateAuthority("ours")

    with pytest.raises(ssl.SSLCertVerificationError):
        meet(another.issue("localhost"), ours, "localhost", tmp_path)
