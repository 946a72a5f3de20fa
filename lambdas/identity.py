"""Who is asking, from the claims that the HTTP API's authoriser has verified. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contract.records import UserId


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in user. Times are Unix seconds: when the token was issued, and until when it holds.

    `username` is what the user pool knows the user by; it may be a name, so it is shown nowhere.
    """

    user_id: UserId
    issued_at: int
    authorised_until: int
    username: str = field(repr=False)


def identity_of(claims: Mapping[str, object]) -> Identity | None:
    """Read the claims; None: they do not say who it is, or until when.

    API Gateway hands every claim over as text.
    """
    user_id = claims.get("sub")
    # `auth_time` is older than `iat` after a refresh: on the safe side where a sign-out is concerned.
    issued_at = _seconds(claims.get("iat")) or _seconds(claims.get("auth_time"))
    authorised_until = _seconds(claims.get("exp"))
    if not isinstance(user_id, str) or not user_id or issued_at is None or authorised_until is None:
        return None
    username = str(claims.get("username") or user_id)
    return Identity(UserId(user_id), issued_at, authorised_until, username)


def _seconds(claim: object) -> int | None:
    text = str(claim)
    return int(text) if text.isascii() and text.isdecimal() else None
