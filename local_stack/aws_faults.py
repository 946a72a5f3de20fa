"""Faults of calls to AWS: what a call is, which rule meets it, what is answered. Pure but for its dice."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from local_stack.json_numbers import is_number_within

DELAY_MAX_MS: Final = 600_000
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/[^/,\s]+/([^/,\s]+)/aws4_request")
_UNSIGNED: Final = {"AWSCognitoIdentityProviderService": "cognito-idp"}  # what a browser may call
# What S3 is asked for, by method, whether there is a key, and the query's telling word.
_S3_OBJECT: Final = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_S3_BUCKET: Final = {
    "GET": "ListObjects",
    "HEAD": "HeadBucket",
    "PUT": "CreateBucket",
    "DELETE": "DeleteBucket",
}
_S3_MULTIPART: Final = {
    "PUT": "UploadPart",
    "POST": "CompleteMultipartUpload",
    "DELETE": "AbortMultipartUpload",
}
_JSON_CODES: Final = {
    400: "ThrottlingException",
    403: "AccessDeniedException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}
_S3_CODES: Final = {400: "RequestTimeout", 403: "AccessDenied", 429: "SlowDown", 503: "SlowDown"}


@dataclass(frozen=True, slots=True)
class Call:
    """What a request to the AWS endpoint asks for, and with which key it was signed."""

    service: str
    action: str
    access_key_id: str | None


@dataclass(frozen=True, slots=True)
class Rule:
    """Say which calls fail and how; None matches anything, in `status` it means the call is done."""

    service: str | None = None
    action: str | None = None
    task: str | None = None
    status: int | None = None
    rate: float = 1.0
    delay_ms: float = 0
    lose_answer: bool = False

    def matches(self, call: Call, task: str | None) -> bool:
        """Say whether the rule is about that call of that task."""
        return (
            self.service in (None, call.service)
            and self.action in (None, call.action)
            and self.task in (None, task)
        )


NO_FAULT: Final = Rule()


class AwsFaults:
    """The rules in force, and how often they met a call."""

    def __init__(self, seed: int = 1) -> None:
        self._rules: tuple[Rule, ...] = ()
        self._dice = random.Random(seed)  # noqa: S311 - faults, not secrets
        self._counts = {"calls": 0, "delayed": 0, "refused": 0, "answers_lost": 0}

    def replace(self, rules: tuple[Rule, ...]) -> None:
        """Put other rules in force."""
        self._rules = rules

    def as_json(self) -> dict[str, object]:
        """Give the rules and the counts as the admin interface shows them."""
        return {"faults": {"rules": [asdict(rule) for rule in self._rules]}, "counts": dict(self._counts)}

    def meet(self, call: Call, task: str | None) -> Rule:
        """Decide about a call: the first rule that matches and whose dice fall decides."""
        self._counts["calls"] += 1
        for rule in self._rules:
            if rule.matches(call, task) and self._dice.random() < rule.rate:
                self._counts["delayed"] += rule.delay_ms > 0
                self._counts["refused"] += rule.status is not None
                self._counts["answers_lost"] += rule.lose_answer
                return rule
        return NO_FAULT


def read_call(method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Call:
    """Name the service and the action of a request; header names must be found in lower case."""
    signed = _CREDENTIAL.search(headers.get("authorization", ""))
    access_key_id, service = (signed[1], signed[2]) if signed else (None, "")
    target = headers.get("x-amz-target")
    if target is not None:
        prefix, _, action = target.rpartition(".")
        return Call(service or _UNSIGNED.get(prefix, ""), action, access_key_id)
    return Call(service or "s3", _s3_action(method, path, query, headers), access_key_id)


def error_body(call: Call, status: int) -> tuple[str, bytes]:
    """Give content type and body of an error as the service would word it."""
    if call.service == "s3":
        code = _S3_CODES.get(status, "InternalError")
        return "application/xml", _s3_error(code)
    code = _JSON_CODES.get(status, "InternalServerError")
    return "application/x-amz-json-1.0", json.dumps({"__type": code, "message": "Injected"}).encode()


def expired_body(call: Call) -> tuple[int, str, bytes]:
    """Give status, content type and body for a call that was signed with an expired key."""
    if call.service == "s3":
        return 400, "application/xml", _s3_error("ExpiredToken")
    return 400, "application/x-amz-json-1.0", json.dumps({"__type": "ExpiredTokenException"}).encode()


def parse_rules(text: bytes) -> tuple[Rule, ...]:
    """Read a whole set of rules from JSON; what a rule leaves out matches anything, or is off.

    Raises:
        ValueError: with a sentence that names the first thing wrong.
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("the body must be a JSON object") from None
    if not isinstance(given, dict) or set(given) - {"rules"} or not isinstance(given.get("rules", []), list):
        raise ValueError('the body must be {"rules": [...]}')
    return tuple(_rule(rule) for rule in given.get("rules", []))


def _s3_error(code: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>'.encode()


def _rule(given: Any) -> Rule:
    if not isinstance(given, dict):
        raise ValueError("a rule must be an object")  # noqa: TRY004 - one kind of error, for one sentence
    known = {field.name for field in fields(Rule)}
    unknown = set(given) - known
    if unknown:
        raise ValueError(f"a rule has no such field; known are {', '.join(sorted(known))}")
    for name in ("service", "action", "task"):
        if not isinstance(given.get(name), str | None):
            raise ValueError(f"{name} must be a string or null")  # noqa: TRY004 - as above
    status = given.get("status")
    if status is not None and not (type(status) is int and 400 <= status <= 599):
        raise ValueError("status must be null or from 400 to 599")
    _check_number(given, "rate", 1)
    _check_number(given, "delay_ms", DELAY_MAX_MS)
    if not isinstance(given.get("lose_answer", False), bool):
        raise ValueError("lose_answer must be true or false")  # noqa: TRY004 - as above
    return Rule(**given)


def _check_number(given: dict[str, Any], name: str, highest: float) -> None:
    if not is_number_within(given.get(name, 0), highest):
        raise ValueError(f"{name} must be a number from 0 to {highest}")


def _s3_action(method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    _, _, key = path.lstrip("/").partition("/")
    if not key:
        if "versions" in query:
            return "ListObjectVersions"
        if "delete" in query:
            return "DeleteObjects"
        if method == "GET" and query.get("list-type") == "2":
            return "ListObjectsV2"
        return _S3_BUCKET.get(method, method)
    if "uploadId" in query:
        return _S3_MULTIPART.get(method, "ListParts")
    if "uploads" in query:
        return "CreateMultipartUpload"
    if method == "PUT" and "x-amz-copy-source" in headers:
        return "CopyObject"
    return _S3_OBJECT.get(method, method)
