"""The service believes good signatures and says of bad ones what AWS says."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from local_stack.transcribe.eventstream import Timestamp
from local_stack.transcribe.refusal import Refusal
from local_stack.transcribe.signature import EventChain, KnownKey, verify_request
from tests.fakes.signed_request import PATH, signed_headers

KEYS = {"AKIDLOCAL": KnownKey("secret", "token", None), "AKIDBARE": KnownKey("bare", None, None)}


def verify(
    headers: dict[str, str],
    *,
    keys: dict[str, KnownKey] | None = None,
    now: Callable[[], float] = time.time,
) -> EventChain:
    return verify_request(headers, path=PATH, region="us-east-1", lookup=(keys or KEYS).get, now=now)


def test_a_request_signed_by_botocore_is_believed() -> None:
    """Two implementations that never met agree."""
    verify(signed_headers())


def test_a_key_without_a_token_is_believed() -> None:
    """Long-lived keys have none."""
    verify(signed_headers(access_key_id="AKIDBARE", secret="bare", token=None))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("UnrecognizedClientException", {"access_key_id": "AKIDSTRANGER"}),
        ("UnrecognizedClientException", {"token": "another"}),
        ("UnrecognizedClientException", {"token": None}),
        ("InvalidSignatureException", {"secret": "guessed"}),
        ("InvalidSignatureException", {"region": "eu-west-1"}),
        ("InvalidSignatureException", {"service": "translate"}),
    ],
)
def test_a_request_signed_with_something_wrong_is_refused(name: str, changes: dict[str, str]) -> None:
    """Each mistake has AWS's own name for it, and 403."""
    with pytest.raises(Refusal) as refusal:
        verify(signed_headers(**changes))

    assert (refusal.value.name, refusal.value.status) == (name, 403)


@pytest.mark.parametrize(
    "changed", ["x-amzn-transcribe-specialty", "x-amz-date", ":authority", "authorization"]
)
def test_a_header_changed_after_signing_is_refused(changed: str) -> None:
    """What was signed is what must arrive."""
    headers = signed_headers()
    headers[changed] = headers[changed][:-1] + ("1" if headers[changed].endswith("0") else "0")

    with pytest.raises(Refusal):
        verify(headers)


@pytest.mark.parametrize(
    ("name", "authorization"),
    [
        ("MissingAuthenticationTokenException", None),
        ("IncompleteSignatureException", ""),
        ("IncompleteSignatureException", "Bearer abc"),
        ("IncompleteSignatureException", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0"),
        (
            "IncompleteSignatureException",
            "AWS4-HMAC-SHA256 Credential=a/20261122/us-east-1/transcribe/aws4_request",
        ),
    ],
)
def test_an_authorization_that_is_none_is_refused(name: str, authorization: str | None) -> None:
    """Rubbish in the header is a refusal, not a crash."""
    headers = signed_headers()
    del headers["authorization"]
    if authorization is not None:
        headers["authorization"] = authorization

    with pytest.raises(Refusal) as refusal:
        verify(headers)

    assert refusal.value.name == name


def test_a_security_token_must_itself_be_signed() -> None:
    """AWS wants every x-amz header under the signature."""
    headers = signed_headers(access_key_id="AKIDBARE", secret="bare", token=None)
    headers["x-amz-security-token"] = "token"

    with pytest.raises(Refusal) as refusal:
        verify(headers, keys={"AKIDBARE": KnownKey("bare", "token", None)})

    assert refusal.value.name == "InvalidSignatureException"


@pytest.mark.parametrize(("off_s", "is_believed"), [(-290, True), (290, True), (-310, False), (310, False)])
def test_a_clock_may_be_five_minutes_off(off_s: float, is_believed: bool) -> None:
    """As AWS's."""
    headers = signed_headers()

    if is_believed:
        verify(headers, now=lambda: time.time() + off_s)
    else:
        with pytest.raises(Refusal, match="Signature"):
            verify(headers, now=lambda: time.time() + off_s)


def test_expired_credentials_open_no_stream() -> None:
    """Though the signature is good."""
    with pytest.raises(Refusal) as refusal:
        verify(signed_headers(), keys={"AKIDLOCAL": KnownKey("secret", "token", time.time() - 1)})

    assert refusal.value.name == "ExpiredTokenException"


def test_an_open_stream_does_not_outlive_its_credentials() -> None:
    """A client that does not replace its streams in time must find out here, not in production."""
    chain = EventChain(
        key=KnownKey("secret", None, 1_000.0), region="us-east-1", seed=bytes(32), now=lambda: 1_000.0
    )

    with pytest.raises(Refusal, match="expired"):
        chain.check({":date": Timestamp(999_000), ":chunk-signature": bytes(32)}, b"")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {":date": 1_000_000, ":chunk-signature": bytes(32)},
        {":date": Timestamp(1_000_000), ":chunk-signature": "text"},
        {":date": Timestamp(1_000_000), ":chunk-signature": bytes(31)},
        {":date": Timestamp(600_000), ":chunk-signature": bytes(32)},
    ],
)
def test_an_event_that_is_not_properly_signed_is_refused(headers: dict[str, object]) -> None:
    """Missing, of the wrong type, wrong, or too old."""
    chain = EventChain(
        key=KnownKey("secret", None, None), region="us-east-1", seed=bytes(32), now=lambda: 1_000.0
    )

    with pytest.raises(Refusal) as refusal:
        chain.check(headers, b"")  # type: ignore[arg-type]

    assert refusal.value.name == "BadRequestException"
