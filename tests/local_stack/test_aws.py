"""The AWS endpoint: what a deployment would have made is there, and faults do what they say."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import botocore.exceptions
import pytest
from moto.s3.models import FakeBucket

from local_stack.aws import AwsEndpoint
from local_stack.aws_resources import create_resources
from local_stack.aws_settings import ResourceNames, SignInResources, new_user_password
from local_stack.credentials import CredentialIssuer, CredentialsFile, Issued

NAMES = ResourceNames(
    region="us-east-1",
    bucket="audio",
    table="live",
    database_secret="database",
    application_secret="application",
    forwarding_secret="forwarding",
    users=("doctor1", "doctor2"),
    database_user="someone",
    database_password="pass word",
    user_password=new_user_password(),
)


class Clock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@dataclass
class Running:
    """An endpoint with everything made in it, and a task that holds credentials."""

    url: str
    port: int
    made: SignInResources
    issued: Issued
    clock: Clock

    def client(self, service: str, *, key: Issued | None = None) -> Any:
        signed = key or Issued("anyone", "secret", None, None, None)
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=NAMES.region,
            aws_access_key_id=signed.access_key_id,
            aws_secret_access_key=signed.secret,
            aws_session_token=signed.token,
            config=botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=5),
        )

    def put_rules(self, *rules: dict[str, object]) -> dict[str, Any]:
        return self.admin("PUT", json.dumps({"rules": rules}))[1]

    def admin(self, method: str, body: str | None = None) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request(method, "/_admin/aws", body)
        answer = connection.getresponse()
        value: dict[str, Any] = json.loads(answer.read())
        connection.close()
        return answer.status, value


@pytest.fixture
async def aws(tmp_path: Path) -> AsyncIterator[Running]:
    clock = Clock()
    issuer = CredentialIssuer(tmp_path / "credentials.json", rotate_s=10, clock=clock)
    password = issuer.admit("task-slot")
    issuer.name("task-slot", "task-1")
    issued = issuer.current("task-slot", password)
    assert issued is not None
    endpoint = AwsEndpoint(0, CredentialsFile(tmp_path / "credentials.json", clock))
    await endpoint.start()
    url = f"http://127.0.0.1:{endpoint.port}"
    await asyncio.to_thread(empty_moto, endpoint.port)
    made = await asyncio.to_thread(create_resources, url, NAMES)
    yield Running(url, endpoint.port, made, issued, clock)
    await endpoint.stop()


def empty_moto(port: int) -> None:
    """Forget what the last test created: moto keeps it in its modules."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("POST", "/moto-api/reset")
    assert connection.getresponse().status == 200
    connection.close()


async def away(call: Callable[..., Any], **arguments: object) -> Any:
    return await asyncio.to_thread(call, **arguments)


async def test_the_bucket_keeps_versions_and_takes_a_key_once(aws: Running) -> None:
    """`If-None-Match: *` is what makes a part's write safe to repeat."""
    s3 = aws.client("s3")
    part = {"Bucket": "audio", "Key": "parts/a b/1-2.pcm", "Body": b"\0\1", "IfNoneMatch": "*"}

    await away(s3.put_object, **part)

    with pytest.raises(botocore.exceptions.ClientError, match="PreconditionFailed"):
        await away(s3.put_object, **part)
    assert (await away(s3.get_bucket_versioning, Bucket="audio"))["Status"] == "Enabled"
    assert (await away(s3.head_object, Bucket="audio", Key="parts/a b/1-2.pcm"))["ContentLength"] == 2
    fetched = await away(s3.get_object, Bucket="audio", Key="parts/a b/1-2.pcm")
    assert fetched["Body"].read() == b"\0\1"
    assert fetched["ServerSideEncryption"] == "AES256"


async def test_a_listing_has_what_is_below_its_prefix_in_order(aws: Running) -> None:
    """Page after page, without what was deleted, however much else there is."""
    s3 = aws.client("s3")
    names = [f"listed/{number:02d}" for number in range(5)]
    before = len(vars(FakeBucket)["instances_tracked"])
    for name in (*reversed(names), "other/00", "listed-not/00"):
        await away(s3.put_object, Bucket="audio", Key=name, Body=b"x")
    await away(s3.delete_object, Bucket="audio", Key=names[2])

    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket="audio", Prefix="listed/", PaginationConfig={"PageSize": 2}
    )
    found = await asyncio.to_thread(lambda: [item["Key"] for page in pages for item in page["Contents"]])

    assert found == [*names[:2], *names[3:]]
    assert len(vars(FakeBucket)["instances_tracked"]) == before  # a listing leaves nothing behind


async def test_of_racing_conditional_writes_one_wins(aws: Running) -> None:
    """Ten tasks that claim one session must end with one owner."""
    dynamodb = aws.client("dynamodb")
    key = {"pk": {"S": "session#1"}, "sk": {"S": "meta"}}
    await away(dynamodb.put_item, TableName="live", Item={**key, "epoch": {"N": "1"}})

    async def claim(owner: str) -> bool:
        try:
            await away(
                dynamodb.update_item,
                TableName="live",
                Key=key,
                UpdateExpression="SET epoch = epoch + :one, #o = :me",
                ConditionExpression="epoch = :seen",
                ExpressionAttributeNames={"#o": "owner"},
                ExpressionAttributeValues={":one": {"N": "1"}, ":seen": {"N": "1"}, ":me": {"S": owner}},
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    won = await asyncio.gather(*(claim(f"task-{number}") for number in range(10)))

    assert won.count(True) == 1


async def test_a_table_is_read_in_the_order_of_its_keys(aws: Running) -> None:
    """Whatever order it was written in; moto pages through it by that."""
    dynamodb = aws.client("dynamodb")
    keys = [(f"session#{session}", f"final#{number:06d}") for session in range(3) for number in range(4)]
    for partition, sort in keys[::-2] + keys[::2]:
        item = {"pk": {"S": partition}, "sk": {"S": sort}}
        await away(dynamodb.put_item, TableName="live", Item=item)

    found = await away(dynamodb.scan, TableName="live", Limit=len(keys) - 1)

    assert [(item["pk"]["S"], item["sk"]["S"]) for item in found["Items"]] == keys[:-1]


async def test_the_secrets_and_the_index_are_there(aws: Running) -> None:
    """Everything that a task reads at its start exists before it."""
    vault, dynamodb = aws.client("secretsmanager"), aws.client("dynamodb")

    database = await away(vault.get_secret_value, SecretId="database")
    forwarding = await away(vault.get_secret_value, SecretId="forwarding")
    table = (await away(dynamodb.describe_table, TableName="live"))["Table"]

    assert json.loads(database["SecretString"]) == {"username": "someone", "password": "pass word"}
    assert len(forwarding["SecretString"]) == 64
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["work"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


async def test_a_built_in_user_signs_in(aws: Running) -> None:
    """The pool knows doctor1 and doctor2."""
    cognito = aws.client("cognito-idp")

    answer = await away(
        cognito.initiate_auth,
        ClientId=aws.made.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "doctor2", "PASSWORD": NAMES.user_password},
    )

    assert answer["AuthenticationResult"]["AccessToken"]


async def test_a_rule_refuses_only_its_own_call_and_task(aws: Running) -> None:
    """A tester can cut one task off from one action and leave the rest alone."""
    aws_rules = {"service": "s3", "action": "PutObject", "task": "task-1", "status": 503}
    await asyncio.to_thread(aws.put_rules, aws_rules)
    part = {"Bucket": "audio", "Key": "k", "Body": b"1"}

    with pytest.raises(botocore.exceptions.ClientError) as refused:
        await away(aws.client("s3", key=aws.issued).put_object, **part)

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    await away(aws.client("s3").put_object, **part)
    await away(aws.client("s3", key=aws.issued).get_object, Bucket="audio", Key="k")
    _, shown = await asyncio.to_thread(aws.admin, "GET")
    assert shown["counts"]["refused"] == 1
    assert shown["faults"]["rules"][0]["action"] == "PutObject"


async def test_a_lost_answer_leaves_the_call_done(aws: Running) -> None:
    """The caller cannot know the outcome; the store does."""
    await asyncio.to_thread(aws.put_rules, {"service": "s3", "action": "PutObject", "lose_answer": True})

    with pytest.raises(botocore.exceptions.HTTPClientError):
        await away(aws.client("s3").put_object, Bucket="audio", Key="k", Body=b"1")

    await asyncio.to_thread(aws.admin, "DELETE")
    assert (await away(aws.client("s3").get_object, Bucket="audio", Key="k"))["Body"].read() == b"1"


async def test_wrong_rules_are_refused_in_a_sentence(aws: Running) -> None:
    """A typing error in a rule must not pass as a rule that never meets a call."""
    status, answer = await asyncio.to_thread(aws.admin, "PUT", '{"rules": [{"statsu": 503}]}')

    assert status == 400
    assert "known are" in answer["message"]


async def test_an_expired_key_is_refused(aws: Running) -> None:
    """A task that keeps credentials past their time must hear of it here first."""
    s3 = aws.client("s3", key=aws.issued)
    await away(s3.list_objects_v2, Bucket="audio")

    aws.clock.now += 15

    with pytest.raises(botocore.exceptions.ClientError, match="ExpiredToken"):
        await away(s3.list_objects_v2, Bucket="audio")


async def test_a_failed_transaction_changes_nothing(aws: Running) -> None:
    """A final and the position it moves are written together or not at all."""
    dynamodb = aws.client("dynamodb")
    meta = {"pk": {"S": "session#1"}, "sk": {"S": "meta"}}
    final = {"pk": {"S": "session#1"}, "sk": {"S": "final#000000"}}
    await away(dynamodb.put_item, TableName="live", Item={**meta, "final_until": {"N": "0"}})

    def store(expected: str, until: str) -> None:
        dynamodb.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": "live", "Item": {**final, "text": {"S": until}}}},
                {
                    "Update": {
                        "TableName": "live",
                        "Key": meta,
                        "UpdateExpression": "SET final_until = :until",
                        "ConditionExpression": "final_until = :expected",
                        "ExpressionAttributeValues": {":until": {"N": until}, ":expected": {"N": expected}},
                    }
                },
            ]
        )

    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        await asyncio.to_thread(store, "7", "8")
    assert "Item" not in await away(dynamodb.get_item, TableName="live", Key=final)

    await asyncio.to_thread(store, "0", "5")
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        await asyncio.to_thread(store, "0", "9")

    stored = await away(dynamodb.get_item, TableName="live", Key=final)
    moved = await away(dynamodb.get_item, TableName="live", Key=meta)
    assert stored["Item"]["text"] == {"S": "5"}
    assert moved["Item"]["final_until"] == {"N": "5"}


async def test_an_upload_does_not_wait_to_be_asked_for(aws: Running) -> None:
    """boto sends `Expect: 100-continue` and waits a second for the answer."""
    s3 = aws.client("s3")
    began_at = time.monotonic()

    for number in range(5):
        await away(s3.put_object, Bucket="audio", Key=str(number), Body=b"\0" * 70_000)

    assert time.monotonic() - began_at < 4


async def test_a_connection_is_kept_alive(aws: Running) -> None:
    """A handshake per call would cost more than the call."""

    def ask_twice() -> list[object]:
        connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=5)
        sockets = []
        for _ in range(2):
            connection.request("GET", "/_admin/aws")
            connection.getresponse().read()
            sockets.append(connection.sock)
        connection.close()
        return sockets

    first, second = await asyncio.to_thread(ask_twice)

    assert first is not None
    assert first is second


async def test_an_item_comes_back_as_it_was_put(aws: Running) -> None:
    """Whatever of it is written without moto's own care."""
    dynamodb = aws.client("dynamodb")
    attributes = {
        "text": {"S": "a"},
        "none": {"S": ""},
        "number": {"N": "12.5"},
        "yes": {"BOOL": True},
        "nothing": {"NULL": True},
        "bytes": {"B": b"\x00\xff"},
        "names": {"SS": ["a", "b"]},
        "list": {"L": [{"S": "a"}, {"M": {"in": {"B": b"b"}}}]},
    }
    key = {"pk": {"S": "one"}, "sk": {"S": "item"}}
    await away(dynamodb.put_item, TableName=NAMES.table, Item={**key, **attributes})

    found = await away(dynamodb.get_item, TableName=NAMES.table, Key=key)

    assert found["Item"] == {**key, **attributes}
