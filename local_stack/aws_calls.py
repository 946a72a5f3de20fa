"""Which permissions each part's calls to AWS would have needed, as IAM names them. Pure.

Kept for a test that holds them against what the templates allow. A resource is given without its ARN's head:
`table/NAME`, `table/NAME/index/INDEX`, `bucket/NAME`, `bucket/NAME/FOLDER/*`, `secret/NAME`, `pool/ID`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from local_stack.aws_faults import Call
from local_stack.credentials import Issued

TASK: Final = "streaming_task"

_S3_PERMISSIONS: Final = {  # where the permission has another name than the call
    "HeadObject": "GetObject",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "DeleteObjects": "DeleteObject",
}
_KEYS: Final = re.compile(rb"<Key>([^<]*)</Key>")  # of DeleteObjects
_VERSION: Final = b"<VersionId>"
_ON_BUCKETS: Final = frozenset({"ListBucket", "ListBucketVersions", "CreateBucket", "DeleteBucket"})
_IN_TRANSACTIONS: Final = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


@dataclass(frozen=True, slots=True)
class Permission:
    """One action on one resource."""

    action: str
    resource: str


class CallLog:
    """Counts what each caller needed."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, Permission]] = Counter()

    def note(self, issued: Issued, call: Call, path: str, body: bytes) -> None:
        """Take one call of someone whom we gave credentials."""
        caller = TASK if issued.expires_at is not None else issued.task or ""
        for permission in permissions_of(call, path, body):
            self._counts[caller, permission] += 1

    def as_json(self) -> list[dict[str, object]]:
        """Give all of it, as the admin interface shows it."""
        return [
            {"caller": caller, "action": needed.action, "resource": needed.resource, "count": count}
            for (caller, needed), count in sorted(
                self._counts.items(), key=lambda item: (item[0][0], item[0][1].action, item[0][1].resource)
            )
        ]


def permissions_of(call: Call, path: str, body: bytes) -> Iterator[Permission]:
    """Give every permission that a call needs, repeats included."""
    match call.service:
        case "s3":
            yield from _of_s3(call.action, path, body)
        case "dynamodb":
            yield from _of_dynamodb(call.action, _parsed(body))
        case "secretsmanager":
            secret = str(_parsed(body).get("SecretId", "*"))
            yield Permission(f"secretsmanager:{call.action}", f"secret/{secret}")
        case "cognito-idp":
            pool = str(_parsed(body).get("UserPoolId", "*"))
            yield Permission(f"cognito-idp:{call.action}", f"pool/{pool}")
        case service:
            yield Permission(f"{service}:{call.action}", "*")


def _of_s3(call: str, path: str, body: bytes) -> Iterator[Permission]:
    action = _S3_PERMISSIONS.get(call, call)
    bucket, _, key = path.lstrip("/").partition("/")
    if action in _ON_BUCKETS:
        yield Permission(f"s3:{action}", f"bucket/{bucket}")
        return
    if action == "DeleteObject" and _VERSION in body:
        action = "DeleteObjectVersion"
    keys = [key] if key else [found.decode() for found in _KEYS.findall(body)]
    for one in keys:
        yield Permission(f"s3:{action}", f"bucket/{bucket}/{one.partition('/')[0]}/*")


def _of_dynamodb(action: str, asked: dict[str, Any]) -> Iterator[Permission]:
    if action in ("TransactWriteItems", "TransactGetItems"):
        for item in asked.get("TransactItems", []):
            for kind, written in item.items():
                yield Permission(f"dynamodb:{_IN_TRANSACTIONS[kind]}", f"table/{written['TableName']}")
        return
    if action in ("BatchGetItem", "BatchWriteItem"):
        for name in asked.get("RequestItems", {}):
            yield Permission(f"dynamodb:{action}", f"table/{name}")
        return
    table = f"table/{asked.get('TableName', '*')}"
    index = f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
    yield Permission(f"dynamodb:{action}", table + index)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}  # AWS would refuse it
    return asked if isinstance(asked, dict) else {}
