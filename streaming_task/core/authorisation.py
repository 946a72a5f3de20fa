"""Whether a connection may still send audio, or anything at all. Pure."""

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


def is_revoked(issued_at: float, signed_out_at: float | None) -> bool:
    """Tell whether what was issued then is from before a sign-out everywhere; times are Unix seconds.

    A token issued in the very second of the sign-out may have come before it.
    """
    return signed_out_at is not None and issued_at <= signed_out_at


def refuse_revoked(
    issued_at: float, signed_out_at: float | None, ref: str | None, session_id: str | None = None
) -> None:
    """Let pass what was authorised since the user last signed out everywhere; times are Unix seconds.

    Raises:
        Refusal: auth_expired.
    """
    if is_revoked(issued_at, signed_out_at):
        sentence = "You have signed out everywhere: sign in again."
        raise Refusal(Code.AUTH_EXPIRED, sentence, ref=ref, session_id=session_id)
