"""Check AWS Signature Version 4 on `@connections` requests. Pure: the time and the credentials are passed in.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

SERVICE = "execute-api"
ALGORITHM = "AWS4-HMAC-SHA256"
CLOCK_SKEW_LIMIT_S = 300
SIGNING_KEYS_KEPT = 64

Credential = tuple[str, str | None, float | None]
"""Secret access key, session token, and Unix time of expiry."""
CredentialLookup = Callable[[str], Credential | None]
"""Find what belongs to an access key id; None if nothing does."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it came over the wire: the target still encoded, headers in order."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let in, as AWS names it."""

    error_type: str
    message: str


_MISSING = Refusal("MissingAuthenticationTokenException", "Missing Authentication Token")
_INCOMPLETE = Refusal("IncompleteSignatureException", "The authorization header is incomplete or malformed.")
_WRONG_SCOPE = Refusal("InvalidSignatureException", "Credential should be scoped to this region and service.")
_STALE = Refusal("InvalidSignatureException", "Signature expired: the request's time is too far from now.")
_UNKNOWN = Refusal("UnrecognizedClientException", "The security token included in the request is invalid.")
_EXPIRED = Refusal("ExpiredTokenException", "The security token included in the request is expired")
_MISMATCH = Refusal(
    "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided.",
)


@dataclass(frozen=True, slots=True)
class _Authorization:
    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: list[str]
    signature: str


class SignatureVerifier:
    """Decide whether a request was signed by someone known, for this service, just now."""

    def __init__(self, lookup: CredentialLookup, region: str) -> None:
        self._lookup = lookup
        self._region = region
        self._signing_keys: dict[tuple[str, str], bytes] = {}

    def refusal(self, request: SignedRequest, now_unix_s: float) -> Refusal | None:
        """Say why the request is refused, or None if it may pass."""
        headers: dict[str, list[str]] = {}
        for name, value in request.headers:
            headers.setdefault(name.lower(), []).append(value)
        if "authorization" not in headers:
            return _MISSING
        authorization = _parse_authorization(headers["authorization"][0])
        timestamp = headers.get("x-amz-date", [""])[0]
        signed_at_unix_s = _parse_timestamp(timestamp)
        if authorization is None or signed_at_unix_s is None or not _signs_enough(authorization, headers):
            return _INCOMPLETE
        scope = (authorization.region, authorization.service, authorization.date)
        if scope != (self._region, SERVICE, timestamp[:8]):
            return _WRONG_SCOPE
        if abs(now_unix_s - signed_at_unix_s) > CLOCK_SKEW_LIMIT_S:
            return _STALE
        credential = self._lookup(authorization.access_key_id)
        if credential is None:
            return _UNKNOWN
        secret, session_token, expires_at_unix_s = credential
        sent_token = headers.get("x-amz-security-token", [None])[0]
        if not hmac.compare_digest((sent_token or "").encode(), (session_token or "").encode()):
            return _UNKNOWN
        if expires_at_unix_s is not None and now_unix_s >= expires_at_unix_s:
            return _EXPIRED
        expected = self._signature(request, headers, authorization, timestamp, secret)
        if expected is None or not hmac.compare_digest(expected, authorization.signature):
            return _MISMATCH
        return None

    def _signature(
        self,
        request: SignedRequest,
        headers: Mapping[str, list[str]],
        authorization: _Authorization,
        timestamp: str,
        secret: str,
    ) -> str | None:
        body_hash = hashlib.sha256(request.body).hexdigest()
        if headers.get("x-amz-content-sha256", [body_hash]) != [body_hash]:
            return None
        canonical = canonical_request(request, headers, authorization.signed_headers, body_hash)
        scope = f"{authorization.date}/{self._region}/{SERVICE}/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        key = self._signing_key(secret, authorization.date)
        return hmac.new(key, f"{ALGORITHM}\n{timestamp}\n{scope}\n{digest}".encode(), "sha256").hexdigest()

    def _signing_key(self, secret: str, date: str) -> bytes:
        key = self._signing_keys.get((secret, date))
        if key is None:
            if len(self._signing_keys) >= SIGNING_KEYS_KEPT:
                self._signing_keys.clear()
            key = f"AWS4{secret}".encode()
            for part in (date, self._region, SERVICE, "aws4_request"):
                key = hmac.new(key, part.encode(), "sha256").digest()
            self._signing_keys[secret, date] = key
        return key


def canonical_request(
    request: SignedRequest, headers: Mapping[str, list[str]], signed_headers: Sequence[str], body_hash: str
) -> str:
    """Write the request the one way both sides can agree on; `headers` are keyed by lower-case name."""
    path, _, query = request.target.partition("?")
    pairs = sorted(tuple(pair.partition("=")[::2]) for pair in query.split("&")) if query else []
    lines = [f"{name}:{','.join(map(_trim, headers[name]))}\n" for name in signed_headers]
    return "\n".join(
        [
            request.method,
            quote(path, safe="/~"),  # the path came encoded: this is the second time, as all but S3 want it
            "&".join(f"{name}={value}" for name, value in pairs),
            "".join(lines),
            ";".join(signed_headers),
            body_hash,
        ]
    )


def _trim(value: str) -> str:
    return " ".join(value.split())


def _parse_authorization(value: str) -> _Authorization | None:
    algorithm, _, rest = value.partition(" ")
    given: dict[str, str] = {}
    for part in rest.split(","):
        name, _, content = part.strip().partition("=")
        given[name] = content
    scope = given.get("Credential", "").split("/")
    names = given.get("SignedHeaders", "").split(";")
    is_whole = algorithm == ALGORITHM and len(scope) == 5 and scope[4] == "aws4_request"
    if not is_whole or names != sorted(names) or not given.get("Signature"):
        return None
    return _Authorization(scope[0], scope[1], scope[2], scope[3], names, given["Signature"])


@lru_cache(maxsize=16)  # a second's pushes share it
def _parse_timestamp(text: str) -> float | None:
    try:
        return calendar.timegm(time.strptime(text, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        return None


def _signs_enough(authorization: _Authorization, headers: Mapping[str, list[str]]) -> bool:
    signed = set(authorization.signed_headers)
    must_be_signed = {"host"} | {name for name in headers if name.startswith("x-amz-")}
    return must_be_signed <= signed <= headers.keys()
