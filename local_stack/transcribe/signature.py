"""Check the SigV4 signatures of the request and of every event after it. Pure: clock and keys are given.

Each event's signature covers the one before it, so one changed, missing or reordered byte ends the stream.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from local_stack.transcribe.eventstream import HeaderValue, Timestamp
from local_stack.transcribe.refusal import Refusal

SERVICE = "transcribe"
ALGORITHM = "AWS4-HMAC-SHA256"
EVENT_ALGORITHM = "AWS4-HMAC-SHA256-PAYLOAD"
MAX_SKEW_S = 300.0  # AWS takes signatures within five minutes of its own clock
DATE_FORMAT = "%Y%m%dT%H%M%SZ"
_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method."
)


@dataclass(frozen=True, slots=True)
class KnownKey:
    """What the service knows of an access key; `expires_at` is Unix seconds, None for ever."""

    secret: str
    token: str | None
    expires_at: float | None


Lookup = Callable[[str], KnownKey | None]
Clock = Callable[[], float]


def verify_request(
    headers: Mapping[str, str], *, path: str, region: str, lookup: Lookup, now: Clock
) -> EventChain:
    """Check a POST's signature and give the chain that its events continue.

    Raises:
        Refusal: with the name and, near enough, the words that AWS has for it.
    """
    authorization = headers.get("authorization")
    if authorization is None:
        raise Refusal("MissingAuthenticationTokenException", "Missing Authentication Token")
    access_key_id, scope, signed_names, signature = _parse_authorization(authorization)
    day, scope_region, scope_service, terminator = scope
    if scope_region != region or terminator != "aws4_request":
        raise Refusal("InvalidSignatureException", "Credential should be scoped to a valid region.")
    if scope_service != SERVICE:
        raise Refusal("InvalidSignatureException", "Credential should be scoped to correct service.")
    date = headers.get("x-amz-date", "")
    _check_date(date, day, now())

    key = lookup(access_key_id)
    token = headers.get("x-amz-security-token")
    if key is None or (key.token or None) != token:
        raise Refusal("UnrecognizedClientException", "The security token included in the request is invalid.")
    if key.expires_at is not None and now() >= key.expires_at:
        raise Refusal("ExpiredTokenException", "The security token included in the request is expired")

    must_be_signed = {"host"} | {name for name in headers if name.startswith("x-amz-")}
    fields = {**headers, "host": headers.get("host", headers.get(":authority", ""))}
    if not must_be_signed <= set(signed_names) or not set(signed_names) <= set(fields):
        raise Refusal("InvalidSignatureException", _MISMATCH)
    canonical = "\n".join(
        [
            "POST",
            path,
            "",  # no query
            *(f"{name}:{' '.join(fields[name].split())}" for name in signed_names),
            "",
            ";".join(signed_names),
            headers.get("x-amz-content-sha256", _EMPTY_SHA256),
        ]
    )
    to_sign = "\n".join([ALGORITHM, date, "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()])
    expected = _mac(signing_key(key.secret, day, region), to_sign.encode())
    if not hmac.compare_digest(expected.hex(), signature):
        raise Refusal("InvalidSignatureException", _MISMATCH)
    return EventChain(key=key, region=region, seed=expected, now=now)


class EventChain:
    """Check the events of one stream, one after another."""

    def __init__(self, *, key: KnownKey, region: str, seed: bytes, now: Clock) -> None:
        self._key = key
        self._region = region
        self._prior = seed
        self._now = now
        self._day = ""
        self._day_key = b""

    def check(self, headers: Mapping[str, HeaderValue], payload: bytes) -> None:
        """Check the next event's date and signature.

        Raises:
            Refusal: BadRequestException, as AWS answers it within a stream.
        """
        now = self._now()
        if self._key.expires_at is not None and now >= self._key.expires_at:
            raise Refusal("BadRequestException", "The security token included in the request is expired")
        date = headers.get(":date")
        signature = headers.get(":chunk-signature")
        if not isinstance(date, Timestamp) or not isinstance(signature, bytes):
            raise Refusal("BadRequestException", "The event is not signed.")
        if abs(date.milliseconds / 1000 - now) > MAX_SKEW_S:
            raise Refusal("BadRequestException", "Signature expired")
        stamp = datetime.fromtimestamp(date.milliseconds // 1000, UTC).strftime(DATE_FORMAT)
        day = stamp[:8]
        encoded_date = b"\x05:date\x08" + date.milliseconds.to_bytes(8, signed=True)
        to_sign = "\n".join(
            [
                EVENT_ALGORITHM,
                stamp,
                f"{day}/{self._region}/{SERVICE}/aws4_request",
                self._prior.hex(),
                hashlib.sha256(encoded_date).hexdigest(),
                hashlib.sha256(payload).hexdigest(),
            ]
        )
        if day != self._day:
            self._day, self._day_key = day, signing_key(self._key.secret, day, self._region)
        expected = _mac(self._day_key, to_sign.encode())
        if not hmac.compare_digest(expected, signature):
            raise Refusal("BadRequestException", _MISMATCH)
        self._prior = expected


def signing_key(secret: str, day: str, region: str) -> bytes:
    """Derive a day's key."""
    key = b"AWS4" + secret.encode()
    for part in (day, region, SERVICE, "aws4_request"):
        key = _mac(key, part.encode())
    return key


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def _parse_authorization(value: str) -> tuple[str, tuple[str, str, str, str], list[str], str]:
    incomplete = Refusal("IncompleteSignatureException", "Authorization header is not complete.")
    algorithm, _, rest = value.partition(" ")
    if algorithm != ALGORITHM:
        raise incomplete
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    credential = parts.get("Credential", "").split("/")
    if len(credential) != 5 or not parts.get("SignedHeaders") or not parts.get("Signature"):
        raise incomplete
    access_key_id, day, region, service, terminator = credential
    return (
        access_key_id,
        (day, region, service, terminator),
        parts["SignedHeaders"].split(";"),
        parts["Signature"],
    )


def _check_date(date: str, day: str, now: float) -> None:
    try:
        signed_at = datetime.strptime(date, DATE_FORMAT).replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise Refusal("IncompleteSignatureException", "Date must be in ISO-8601 'basic format'.") from error
    if date[:8] != day:
        raise Refusal("InvalidSignatureException", "Date in Credential scope does not match X-Amz-Date.")
    if signed_at < now - MAX_SKEW_S:
        raise Refusal("InvalidSignatureException", f"Signature expired: {date} is now too early.")
    if signed_at > now + MAX_SKEW_S:
        raise Refusal("InvalidSignatureException", f"Signature not yet current: {date} is still later.")
