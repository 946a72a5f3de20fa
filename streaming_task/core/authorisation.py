"""Whether a connection may still send audio. Pure."""

from __future__ import annotations

from contract.wire import Code, Refusal

GRACE_S = 60.0  # a doctor in mid-sentence is not cut off at the second


def refuse_expired(authorised_until: float, wall: float, ref: str | None) -> None:
    """Let audio pass whose connection is authorised, or was a minute ago; times are Unix seconds.

    Raises:
        Refusal: auth_expired.
    """
    if wall >= authorised_until + GRACE_S:
        raise Refusal(Code.AUTH_EXPIRED, "Your sign-in has expired: sign in again to go on.", ref=ref)
