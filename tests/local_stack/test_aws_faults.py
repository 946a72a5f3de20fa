"""Rules about calls to AWS: what a request asks for, which rule meets it."""

from __future__ import annotations

import json

import pytest

from local_stack.aws_faults import NO_FAULT, AwsFaults, Call, Rule, error_body, parse_rules, read_call

SIGNED = "AWS4-HMAC-SHA256 Credential=ASIAKEY/20260101/us-east-1/{}/aws4_request, SignedHeaders=host"


@pytest.mark.parametrize(
    ("method", "path", "query", "action"),
    [
        ("PUT", "/bucket/parts/a/b.pcm", {}, "PutObject"),
        ("GET", "/bucket/parts/a/b.pcm", {}, "GetObject"),
        ("HEAD", "/bucket/k", {}, "HeadObject"),
        ("DELETE", "/bucket/k", {"versionId": "1"}, "DeleteObject"),
        ("GET", "/bucket", {"list-type": "2"}, "ListObjectsV2"),
        ("GET", "/bucket/", {"versions": ""}, "ListObjectVersions"),
        ("POST", "/bucket", {"delete": ""}, "DeleteObjects"),
        ("POST", "/bucket/k", {"uploads": ""}, "CreateMultipartUpload"),
        ("PUT", "/bucket/k", {"uploadId": "1", "partNumber": "1"}, "UploadPart"),
        ("POST", "/bucket/k", {"uploadId": "1"}, "CompleteMultipartUpload"),
        ("DELETE", "/bucket/k", {"uploadId": "1"}, "AbortMultipartUpload"),
    ],
)
def test_a_call_to_s3_is_named_by_its_shape(
    method: str, path: str, query: dict[str, str], action: str
) -> None:
    """S3 says nowhere what it is asked for."""
    call = read_call(method, path, query, {"authorization": SIGNED.format("s3")})

    assert call == Call("s3", action, "ASIAKEY")


def test_other_calls_name_themselves() -> None:
    """The target header holds the action, the signature the service."""
    headers = {
        "authorization": SIGNED.format("dynamodb"),
        "x-amz-target": "DynamoDB_20120810.TransactWriteItems",
    }

    assert read_call("POST", "/", {}, headers) == Call("dynamodb", "TransactWriteItems", "ASIAKEY")


def test_an_unsigned_call_of_a_browser_is_known() -> None:
    """Signing in needs no credentials."""
    headers = {"x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth"}

    assert read_call("POST", "/", {}, headers) == Call("cognito-idp", "InitiateAuth", None)


def test_the_first_rule_that_matches_decides() -> None:
    """A narrow rule before a wide one is an exception to it."""
    faults = AwsFaults()
    narrow, wide = Rule(service="s3", action="GetObject", delay_ms=5), Rule(service="s3", status=503)
    faults.replace((narrow, wide))

    assert faults.meet(Call("s3", "GetObject", None), None) is narrow
    assert faults.meet(Call("s3", "PutObject", None), None) is wide
    assert faults.meet(Call("dynamodb", "PutItem", None), None) is NO_FAULT
    assert faults.as_json()["counts"] == {"calls": 3, "delayed": 1, "refused": 1, "answers_lost": 0}


def test_a_rate_is_kept_over_many_calls() -> None:
    """Half means half, and the same half in every run."""
    faults, again = AwsFaults(), AwsFaults()
    rule = Rule(rate=0.5, status=500)
    call = Call("s3", "PutObject", None)
    faults.replace((rule,))
    again.replace((rule,))

    met = [faults.meet(call, None) is rule for _ in range(1000)]

    assert 450 < sum(met) < 550
    assert met == [again.meet(call, None) is rule for _ in range(1000)]


def test_the_documented_rule_is_understood() -> None:
    """Exactly as the design writes it."""
    text = (
        b'{"rules": [{"service": "s3", "action": "PutObject", "task": null, "status": 503,'
        b' "rate": 1.0, "delay_ms": 0, "lose_answer": false}]}'
    )

    assert parse_rules(text) == (Rule("s3", "PutObject", None, 503, 1.0, 0, False),)
    assert parse_rules(b"{}") == ()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b'{"rule": []}',
        b'{"rules": {}}',
        b'{"rules": ["s3"]}',
        b'{"rules": [{"service": 3}]}',
        b'{"rules": [{"status": 200}]}',
        b'{"rules": [{"status": true}]}',
        b'{"rules": [{"rate": 2}]}',
        b'{"rules": [{"rate": NaN}]}',
        b'{"rules": [{"rate": 1' + b"0" * 400 + b"}]}",
        b'{"rules": [{"delay_ms": -1}]}',
        b'{"rules": [{"lose_answer": 1}]}',
        b"[" * 20_000,
    ],
)
def test_anything_else_is_refused(text: bytes) -> None:
    """A sentence instead of a rule that means something else."""
    with pytest.raises(ValueError, match=r"\w"):
        parse_rules(text)


def test_an_error_is_worded_as_its_service_would() -> None:
    """SDKs decide by the code whether to try again."""
    s3_type, s3_body = error_body(Call("s3", "PutObject", None), 503)
    json_type, json_body = error_body(Call("dynamodb", "PutItem", None), 400)

    assert (s3_type, b"<Code>SlowDown</Code>" in s3_body) == ("application/xml", True)
    assert json_type == "application/x-amz-json-1.0"
    assert json.loads(json_body)["__type"] == "ThrottlingException"
