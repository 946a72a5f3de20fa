"""The signer agrees with botocore's, byte for byte."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from streaming_task.ports import AwsCredentials
from streaming_task.signing import EMPTY_PAYLOAD_SHA256, KEYS_KEPT, Signer

NOW = 1_767_225_599.75  # the last second of a day and a year
LASTING = AwsCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None, None)
PASSING = AwsCredentials("ASIAEXAMPLE", "secret", "token/with+odd=characters==", NOW + 900)

URLS = [
    "https://abc.execute-api.us-east-1.amazonaws.com/prod/%40connections/L0SM9cOFvHcCIhw%3D",
    "https://abc.execute-api.us-east-1.amazonaws.com/prod/@connections/abc=",
    "http://127.0.0.1:5001/%40connections/a%2Fb%20c~%C3%A9",
    "https://bucket.s3.us-east-1.amazonaws.com/parts/user%7C1/s/000000000000-000000032000-0a1b.pcm",
    "https://bucket.s3.us-east-1.amazonaws.com/?list-type=2&prefix=parts%2Fu%201%2F&continuation-token=a%2Bb%3D%3D",
    "https://bucket.s3.us-east-1.amazonaws.com/?delete=",
    "https://bucket.s3.us-east-1.amazonaws.com/?delete",
    "https://bucket.s3.us-east-1.amazonaws.com/?a=2&a=1&a-b=3&A=4",
    "https://bucket.s3.us-east-1.amazonaws.com/",
]


def botocores(
    service: str, credentials: AwsCredentials, url: str, headers: dict[str, str], body: bytes
) -> tuple[dict[str, str], float]:
    """Sign with botocore; give all headers in lower case, and the time they were signed at."""
    request = AWSRequest("POST", url, headers=headers, data=body)
    auth_type = S3SigV4Auth if service == "s3" else SigV4Auth
    keys = Credentials(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
    auth_type(keys, service, "us-east-1").add_auth(request)
    signed = {name.lower(): value for name, value in request.headers.items()}
    signed_at = datetime.strptime(signed["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return signed, signed_at.timestamp()


@pytest.mark.parametrize("service", ["execute-api", "s3"])
@pytest.mark.parametrize("credentials", [LASTING, PASSING], ids=["lasting", "passing"])
@pytest.mark.parametrize("url", URLS)
def test_signature_is_botocores(service: str, credentials: AwsCredentials, url: str) -> None:
    """Whatever the path, the query, the token and the service, both give one signature."""
    body = b'{"type":"ack"}'
    digest = sha256(body).hexdigest()
    parts = urlsplit(url)
    headers = {"content-type": "application/json", "if-none-match": "*"}
    if service == "s3":
        headers["x-amz-content-sha256"] = digest
    expected, now = botocores(service, credentials, url, headers, body)

    signed = Signer(service, "us-east-1").sign(
        credentials, "POST", parts.path, parts.query, {"host": parts.netloc, **headers}, digest, now
    )

    assert signed.pop("host") == parts.netloc
    assert signed == {name: value for name, value in expected.items() if name != "content-length"}


def test_an_empty_body_has_the_hash_of_nothing() -> None:
    """A request without a body is signed over the empty string."""
    expected, now = botocores("execute-api", LASTING, URLS[0], {}, b"")
    parts = urlsplit(URLS[0])

    signed = Signer("execute-api", "us-east-1").sign(
        LASTING, "POST", parts.path, "", {"host": parts.netloc}, EMPTY_PAYLOAD_SHA256, now
    )

    assert signed["authorization"] == expected["authorization"]


def test_rotation_and_midnight_each_change_the_signature() -> None:
    """A kept key is used for its own secret and its own day only."""
    signer = Signer("execute-api", "us-east-1")
    day_later = Signer("execute-api", "us-east-1")
    arguments = ("POST", "/", "", {"host": "h"}, EMPTY_PAYLOAD_SHA256)

    first = signer.sign(LASTING, *arguments, NOW)
    rotated = signer.sign(PASSING, *arguments, NOW)
    next_day = signer.sign(LASTING, *arguments, NOW + 1)

    assert first["authorization"] != rotated["authorization"]
    assert next_day == day_later.sign(LASTING, *arguments, NOW + 1)
    assert signer.sign(LASTING, *arguments, NOW) == first


def test_rotating_for_ever_keeps_few_keys() -> None:
    """Credentials that rotate every few seconds must not grow the process."""
    signer = Signer("execute-api", "us-east-1")

    for number in range(100):
        rotated = AwsCredentials("A", f"secret-{number}", None, None)
        signer.sign(rotated, "POST", "/", "", {"host": "h"}, EMPTY_PAYLOAD_SHA256, NOW)

    assert len(signer._keys) == KEYS_KEPT
