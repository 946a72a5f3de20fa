"""A call to AWS as the permissions that it needs."""

from __future__ import annotations

import json

import pytest

from local_stack.aws_calls import CallLog, Permission, permissions_of
from local_stack.aws_faults import Call
from local_stack.credentials import Issued

FUNCTION = Issued("AKIA", "secret", None, None, "connect")
TASK = Issued("ASIA", "secret", "token", 1e12, None)


def needed(service: str, action: str, path: str = "/", body: object = b"") -> list[tuple[str, str]]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return [(one.action, one.resource) for one in permissions_of(Call(service, action, "k"), path, raw)]


@pytest.mark.parametrize(
    ("action", "path", "expected"),
    [
        ("PutObject", "/audio/parts/u/s/0", ("s3:PutObject", "bucket/audio/parts/*")),
        ("GetObject", "/audio/recordings/u/s/m", ("s3:GetObject", "bucket/audio/recordings/*")),
        ("HeadObject", "/audio/parts/u", ("s3:GetObject", "bucket/audio/parts/*")),
        ("ListObjectsV2", "/audio", ("s3:ListBucket", "bucket/audio")),
    ],
)
def test_objects_are_known_by_their_folder(action: str, path: str, expected: tuple[str, str]) -> None:
    """A policy lets a part at a folder, not at an object."""
    assert needed("s3", action, path) == [expected]


def test_a_deletion_of_many_needs_each() -> None:
    """Their keys are in the body."""
    body = b"<Delete><Object><Key>parts/a</Key></Object><Object><Key>recordings/b</Key></Object></Delete>"

    assert needed("s3", "DeleteObjects", "/audio", body) == [
        ("s3:DeleteObject", "bucket/audio/parts/*"),
        ("s3:DeleteObject", "bucket/audio/recordings/*"),
    ]


def test_a_deletion_of_versions_is_another() -> None:
    """Whoever may delete an object may not by that undo the bucket's versions."""
    body = b"<Delete><Object><Key>parts/a</Key><VersionId>v</VersionId></Object></Delete>"

    assert needed("s3", "DeleteObjects", "/audio", body) == [
        ("s3:DeleteObjectVersion", "bucket/audio/parts/*")
    ]


def test_a_transaction_needs_what_it_is_made_of() -> None:
    """IAM knows no permission for the transaction itself."""
    body = {
        "TransactItems": [
            {"Put": {"TableName": "live"}},
            {"Delete": {"TableName": "live"}},
            {"ConditionCheck": {"TableName": "live"}},
        ]
    }

    assert needed("dynamodb", "TransactWriteItems", body=body) == [
        ("dynamodb:PutItem", "table/live"),
        ("dynamodb:DeleteItem", "table/live"),
        ("dynamodb:ConditionCheckItem", "table/live"),
    ]


def test_an_index_is_a_resource_of_its_own() -> None:
    """A grant on the table does not hold for it."""
    body = {"TableName": "live", "IndexName": "work"}

    assert needed("dynamodb", "Query", body=body) == [("dynamodb:Query", "table/live/index/work")]


def test_a_secret_is_known_by_its_id() -> None:
    """Whoever may read one may not read the other."""
    found = needed("secretsmanager", "GetSecretValue", body={"SecretId": "mine"})

    assert found == [("secretsmanager:GetSecretValue", "secret/mine")]


def test_a_batch_needs_its_permission_on_each_table() -> None:
    """It names them where other calls name one."""
    body: dict[str, object] = {"RequestItems": {"live": {}, "other": {}}}

    for action in ("BatchGetItem", "BatchWriteItem"):
        assert needed("dynamodb", action, body=body) == [
            (f"dynamodb:{action}", "table/live"),
            (f"dynamodb:{action}", "table/other"),
        ]


def test_a_user_pool_is_known_by_its_id() -> None:
    """Who may sign people out of one may not of another."""
    found = needed("cognito-idp", "AdminUserGlobalSignOut", body={"UserPoolId": "p1", "Username": "u"})

    assert found == [("cognito-idp:AdminUserGlobalSignOut", "pool/p1")]


@pytest.mark.parametrize("body", [b"", b"not JSON", b"[]", b"[" * 100_000])
def test_garbage_needs_something_all_the_same(body: bytes) -> None:
    """The log must not be what breaks."""
    assert needed("dynamodb", "GetItem", body=body) == [("dynamodb:GetItem", "table/*")]


def test_calls_are_counted_by_who_made_them() -> None:
    """A function by its name; tasks are all of one role."""
    log = CallLog()
    call = Call("secretsmanager", "GetSecretValue", "k")
    for issued in (FUNCTION, TASK, TASK):
        log.note(issued, call, "/", b'{"SecretId": "mine"}')

    counted = [(one["caller"], one["count"]) for one in log.as_json()]
    assert counted == [("connect", 1), ("streaming_task", 2)]
    assert log.as_json()[0]["action"] == Permission("secretsmanager:GetSecretValue", "").action
