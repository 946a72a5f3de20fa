"""The stand-in's certificates outlive a start, and are made anew as a whole."""

from __future__ import annotations

import ssl
from pathlib import Path

from local_stack.transcribe.certificates import CERTIFICATE_FILE, KEY_FILE, make_certificates


def test_certificates_are_made_once_and_trusted(tmp_path: Path) -> None:
    """A second start uses the first one's, so that running clients keep their trust."""
    ca_file = make_certificates(tmp_path)
    before = ca_file.read_bytes()

    assert make_certificates(tmp_path) == ca_file
    assert ca_file.read_bytes() == before
    assert ssl.create_default_context(cafile=str(ca_file)).cert_store_stats()["x509_ca"] == 1
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0


def test_a_certificate_without_its_key_is_made_anew(tmp_path: Path) -> None:
    """What an interrupted start has left behind is no use to anybody."""
    ca_file = make_certificates(tmp_path)
    before = ca_file.read_bytes()
    (tmp_path / KEY_FILE).unlink()

    make_certificates(tmp_path)

    assert ca_file.read_bytes() != before
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / CERTIFICATE_FILE, tmp_path / KEY_FILE)
