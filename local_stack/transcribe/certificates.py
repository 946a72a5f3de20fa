"""Keep the certificates of Transcribe's stand-in on disk: made once, and anew before they expire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from local_stack.certificate_authority import CertificateAuthority

CA_FILE = "ca.pem"
CERTIFICATE_FILE = "transcribe.pem"
KEY_FILE = "transcribe.key"
NAMES = ("localhost", "127.0.0.1", "::1")
RENEWED_BEFORE = timedelta(days=7)


def make_certificates(directory: Path) -> Path:
    """Make a CA, a certificate and its key unless they are there and fresh; give the path of the CA's."""
    ca_path = directory / CA_FILE
    if _are_fresh(directory):
        return ca_path
    directory.mkdir(parents=True, exist_ok=True)
    authority = CertificateAuthority("SEVA Arogya local stack")
    server = authority.issue(*NAMES)
    key_path = directory / KEY_FILE
    key_path.touch(mode=0o600)
    key_path.write_bytes(server.key_pem)
    (directory / CERTIFICATE_FILE).write_bytes(server.certificate_pem)
    ca_path.write_bytes(authority.certificate_pem)
    return ca_path


def _are_fresh(directory: Path) -> bool:
    paths = [directory / name for name in (CA_FILE, CERTIFICATE_FILE, KEY_FILE)]
    if not all(path.is_file() for path in paths):
        return False
    certificate = x509.load_pem_x509_certificate(paths[1].read_bytes())
    return certificate.not_valid_after_utc - datetime.now(UTC) > RENEWED_BEFORE
