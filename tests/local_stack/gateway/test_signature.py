"""What botocore signs is let in, and nothing else."""

from __future__ import annotations

import calendar
import time
from dataclasses import replace

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_stack.gateway.signature import Credential, SignatureVerifier, SignedRequest

KEY_ID, SECRET, TOKEN = "AKIDEXAMPLE", "secret/with+signs", "token=="
PATHS = [
    "/@connections/LzIwZz%3D%3D",
    "/@connections/LzIwZz==",
    "/%40connections/a-_b%3D",
    "/prod/@connections/L0SM9cOFvHcCIhw%3D",
    "/@connections/a%2Fb%20c~d",
]


def signed(
    path: str = PATHS[0],
    *,
    method: str = "POST",
    body: bytes = b"{}",
    token: str | None = TOKEN,
    region: str = "us-east-1",
    service: str = "execute-api",
    secret: str = SECRET,
) -> SignedRequest:
    """Let botocore sign a request, and give it as it would come over the wire."""
    request = AWSRequest(method=method, url=f"http://localhost:5001{path}", data=body)
    SigV4Auth(Credentials(KEY_ID, secret, token), service, region).add_auth(request)
    headers = [("Host", "localhost:5001"), *((name, str(value)) for name, value in request.headers.items())]
    return SignedRequest(method, path, headers, body)


def signed_at_unix_s(request: SignedRequest) -> float:
    """Give the time that botocore wrote into a request."""
    text = dict(request.headers)["X-Amz-Date"]
    return calendar.timegm(time.strptime(text, "%Y%m%dT%H%M%SZ"))


def verifier(token: str | None = TOKEN, expires_at_unix_s: float | None = None) -> SignatureVerifier:
    """Make a verifier that knows one key."""

    def lookup(access_key_id: str) -> Credential | None:
        return (SECRET, token, expires_at_unix_s) if access_key_id == KEY_ID else None

    return SignatureVerifier(lookup, "us-east-1")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_what_botocore_signs_is_let_in(path: str, method: str) -> None:
    """The path is encoded a second time before it is signed, whatever it holds."""
    request = signed(path, method=method, body=b'{"type":"ack"}' if method == "POST" else b"")

    assert verifier().refusal(request, signed_at_unix_s(request)) is None


def test_long_lived_keys_need_no_token() -> None:
    """A key without a session token is as good."""
    request = signed(token=None)

    assert verifier(token=None).refusal(request, signed_at_unix_s(request)) is None


def test_a_query_is_signed_in_order() -> None:
    """The canonical query is sorted, whatever order it came in."""
    request = signed(PATHS[0] + "?b=2&a=1&a=0")

    assert verifier().refusal(request, signed_at_unix_s(request)) is None


def test_any_change_breaks_the_signature() -> None:
    """Body, path, method and signed headers are all covered."""
    request = signed()
    now = signed_at_unix_s(request)
    changed_headers = [(name, "other:1" if name == "Host" else value) for name, value in request.headers]

    changed = [
        replace(request, body=b"{ }"),
        replace(request, target="/@connections/other%3D"),
        replace(request, method="DELETE"),
        replace(request, headers=changed_headers),
        signed(secret="other"),
    ]

    for one in changed:
        refusal = verifier().refusal(one, now)
        assert refusal is not None
        assert refusal.error_type == "InvalidSignatureException"


@pytest.mark.parametrize(
    ("request_", "error_type"),
    [
        (signed(region="eu-west-1"), "InvalidSignatureException"),
        (signed(service="s3"), "InvalidSignatureException"),
        (signed(token="stolen"), "UnrecognizedClientException"),
        (signed(token=None), "UnrecognizedClientException"),
    ],
)
def test_foreign_scopes_and_tokens_are_refused(request_: SignedRequest, error_type: str) -> None:
    """A signature for another region, service or session is none."""
    refusal = verifier().refusal(request_, signed_at_unix_s(request_))

    assert refusal is not None
    assert refusal.error_type == error_type


def test_unknown_keys_are_refused() -> None:
    """Who is not known may not push."""
    request = signed()

    refusal = SignatureVerifier(lambda _: None, "us-east-1").refusal(request, signed_at_unix_s(request))

    assert refusal is not None
    assert refusal.error_type == "UnrecognizedClientException"


def test_time_runs_out_for_signatures_and_for_credentials() -> None:
    """A signature is good for five minutes, a session token until it expires."""
    request = signed()
    now = signed_at_unix_s(request)

    stale = verifier().refusal(request, now + 301)
    early = verifier().refusal(request, now - 301)
    expired = verifier(expires_at_unix_s=now).refusal(request, now)

    assert stale is not None
    assert early is not None
    assert expired is not None
    assert expired.error_type == "ExpiredTokenException"
    assert verifier(expires_at_unix_s=now + 1).refusal(request, now) is None


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer x",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host",
        (
            "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/execute-api/aws4_request, "
            "SignedHeaders=host, Signature=0"
        ),
    ],
)
def test_halves_of_a_signature_are_refused(authorization: str) -> None:
    """Neither a malformed header nor one that leaves `x-amz-*` unsigned gets further."""
    headers = [("host", "localhost"), ("x-amz-date", "20260101T000000Z"), ("authorization", authorization)]
    request = SignedRequest("POST", PATHS[0], headers, b"")

    refusal = verifier().refusal(request, 1767225600)

    assert refusal is not None
    assert refusal.error_type == "IncompleteSignatureException"


def test_an_unsigned_request_is_told_what_it_lacks() -> None:
    """AWS's own words, so that the mistake is recognised."""
    refusal = verifier().refusal(SignedRequest("POST", PATHS[0], [("host", "localhost")], b""), 0.0)

    assert refusal is not None
    assert refusal.message == "Missing Authentication Token"
