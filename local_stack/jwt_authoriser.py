"""The HTTP API's JWT authoriser: whose token this is, checked as API Gateway does against a user pool's keys.

Pure but for the clock inside PyJWT: the keys are passed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import jwt

ALGORITHM: Final = "RS256"


class Unauthorised(Exception):
    """There is no token, or it is not good."""


class JwtAuthoriser:
    """Check access tokens of one user pool and one of its clients."""

    def __init__(self, issuer: str, client_id: str, keys: Mapping[str, Any]) -> None:
        """Take the pool's public keys as its `jwks.json` lists them."""
        self._issuer = issuer
        self._client_id = client_id
        self._keys = {key.key_id: key.key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys}

    def claims(self, authorisation: str | None) -> dict[str, Any]:
        """Give the claims of the token in an Authorization header, with or without `Bearer`.

        Raises:
            Unauthorised: it is missing, expired, not this pool's, not this client's or not an access token.
        """
        token = (authorisation or "").strip()
        scheme, _, rest = token.partition(" ")
        if scheme.lower() == "bearer":
            token = rest.strip()
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                options={"require": ["exp", "iat", "iss"], "verify_aud": False},
            )
        except (jwt.InvalidTokenError, KeyError):
            raise Unauthorised from None
        if claims.get("token_use") != "access" or claims.get("client_id") != self._client_id:
            raise Unauthorised
        return claims


def claims_as_text(claims: Mapping[str, Any]) -> dict[str, str]:
    """Give claims as an event has them: every value a string, a list in brackets."""
    return {name: _as_text(value) for name, value in claims.items()}


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return "[" + " ".join(_as_text(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
