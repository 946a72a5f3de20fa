"""PKCE's S256, shared by the sign-in and by who signs in. Pure."""

from __future__ import annotations

import base64
import hashlib


def challenge_of(verifier: str) -> str:
    """Give the challenge of a verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
