"""What DynamoDB is sent and what is made of its answers: signatures, second attempts, codes."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys

from streaming_task.adapters.registry_dynamodb.retries import COST, TOKENS
from streaming_task.adapters.registry_dynamodb.service import CallFailed, DynamoService, dynamodb_url
from streaming_task.adapters.registry_dynamodb.table import FOR_SESSIONS
from streaming_task.ports import AwsCredentials, Unavailable
from tests.fakes.raw_http import CUT, OK, RawHttpServer, answer

NOW = 1_767_225_599.0
OLD, NEW = AwsCredentials("ASIAOLD", "old", "to/ken==", None), AwsCredentials("ASIANEW", "new", "t2", None)
PATIENT = replace(FOR_SESSIONS, connect_s=30.0, answer_s=30.0)


class Rotating:
    """Credentials that are replaced, or gone."""

    def __init__(self) -> None:
        self.held: AwsCredentials | None = OLD

    async def current(self) -> AwsCredentials:
        """Give them."""
        if self.held is None:
            raise Unavailable("NoCredentials")
        return self.held


class NoTime(Random):
    """Draws the shortest pause each time."""

    def random(self) -> float:
        """Draw."""
        return 0.0


@pytest.fixture
async def server() -> AsyncIterator[RawHttpServer]:
    """Be DynamoDB."""
    async with RawHttpServer.running() as served:
        yield served


@pytest.fixture
def rotating() -> Rotating:
    """Hold credentials."""
    return Rotating()


Open = Callable[..., DynamoService]


@pytest.fixture
async def open_service(server: RawHttpServer, rotating: Rotating) -> AsyncIterator[Open]:
    """Build clients."""
    opened: list[DynamoService] = []

    def build(**changes: Any) -> DynamoService:
        opened.append(
            DynamoService(
                url=server.url,
                region="us-east-1",
                credentials=rotating,
                patience=replace(PATIENT, **changes),
                now=lambda: NOW,
                random=NoTime(),
            )
        )
        return opened[-1]

    yield build
    for service in opened:
        await service.close()


@pytest.fixture
async def service(open_service: Open) -> DynamoService:
    """Build the client that the sessions have: two attempts."""
    return open_service()


def refused(code: str, status: int = 400) -> bytes:
    """Write a refusal."""
    content = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "patient words"}
    return answer(status, json.dumps(content).encode())


async def test_a_call_is_signed_as_the_sdk_would(server: RawHttpServer, service: DynamoService) -> None:
    """Operation, body and signature are those of DynamoDB's own protocol."""
    said = {"TableName": "live", "Key": {"pk": {"S": "Ω"}}}

    await service.call("GetItem", said)

    request = server.requests[0]
    signed = ("host", "content-type", "x-amz-target", "x-amz-date", "x-amz-security-token")
    sent = AWSRequest("POST", f"{server.url}/", data=request.body)
    for name in signed:
        sent.headers[name] = request.headers[name]
    sent.context["timestamp"] = request.headers["x-amz-date"]
    auth = SigV4Auth(Keys("ASIAOLD", "old", "to/ken=="), "dynamodb", "us-east-1")
    signature = auth.signature(auth.string_to_sign(sent, auth.canonical_request(sent)), sent)
    assert (request.line, json.loads(request.body)) == ("POST / HTTP/1.1", said)
    assert request.headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert request.headers["authorization"].endswith(f"Signature={signature}")


@pytest.mark.parametrize(
    "failure",
    [
        CUT,
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{half" + CUT,
        refused("ThrottlingException"),
        refused("ProvisionedThroughputExceededException"),
        refused("InternalServerError", 500),
        answer(503, b"<html>"),
        answer(200, b"not json"),
        answer(200, b"[]"),
        answer(200, b"{}", "x-amz-crc32: 1\r\n"),
    ],
    ids=["cut", "half", "throttled", "throughput", "500", "no-json-503", "no-json-200", "list", "crc"],
)
async def test_what_may_pass_is_tried_once_more(
    server: RawHttpServer, service: DynamoService, failure: bytes
) -> None:
    """One lost packet, or one busy moment, is no news to a session."""
    body = b'{"Item":{}}'
    server.script(failure, answer(200, body, f"x-amz-crc32: {zlib.crc32(body)}\r\n"))

    assert await service.call("GetItem", {}) == {"Item": {}}
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (CUT, "connection_lost"),
        (refused("ThrottlingException"), "ThrottlingException"),
        (answer(500, b""), "http_500"),
        (answer(200, b"not json"), "bad_answer"),
    ],
)
async def test_what_fails_twice_is_told_by_its_code(
    server: RawHttpServer, service: DynamoService, failure: bytes, code: str
) -> None:
    """Two attempts in all; the code holds nothing that was answered."""
    server.script(failure, failure)

    with pytest.raises(CallFailed) as failed:
        await service.call("PutItem", {})

    assert (failed.value.code, len(server.requests)) == (code, 2)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (refused("ConditionalCheckFailedException"), "ConditionalCheckFailedException"),
        (refused("ValidationException"), "ValidationException"),
        (refused("ExpiredTokenException"), "ExpiredTokenException"),
        (answer(403, b'{"message": "patient words"}'), "http_403"),
        (answer(302, b""), "http_302"),
    ],
)
async def test_what_will_not_pass_is_not_tried_again(
    server: RawHttpServer, service: DynamoService, failure: bytes, code: str
) -> None:
    """It would fail in the same way."""
    server.script(failure)

    with pytest.raises(CallFailed) as failed:
        await service.call("PutItem", {})

    assert (failed.value.code, len(server.requests)) == (code, 1)


async def test_a_hanging_answer_is_given_up_and_asked_for_anew(
    server: RawHttpServer, open_service: Open
) -> None:
    """Over another connection, on which no late answer can come."""
    server.script(b"")

    assert await open_service(answer_s=0.3).call("GetItem", {}) == {}
    assert [request.connection for request in server.requests] == [1, 2]


async def test_one_attempt_is_one(server: RawHttpServer, open_service: Open) -> None:
    """A lease's next bump is worth more than a second try of this one."""
    server.script(refused("ThrottlingException"))

    with pytest.raises(CallFailed):
        await open_service(attempts=1).call("PutItem", {})
    assert len(server.requests) == 1


async def test_second_attempts_end_when_most_calls_fail(
    server: RawHttpServer, service: DynamoService
) -> None:
    """A table in trouble is not asked twice for everything; one that recovers earns them back."""
    affordable = TOKENS // COST
    server.script(*[CUT] * (2 * affordable + 1))
    for _ in range(affordable + 1):
        with pytest.raises(CallFailed):
            await service.call("GetItem", {})
    asked_in_trouble = len(server.requests)
    for _ in range(COST):
        await service.call("GetItem", {})
    server.script(CUT, OK)

    await service.call("GetItem", {})

    assert asked_in_trouble == 2 * affordable + 1


async def test_each_attempt_is_signed_with_the_credentials_of_its_moment(
    server: RawHttpServer, service: DynamoService, rotating: Rotating
) -> None:
    """They rotate between one attempt and the next."""
    server.script(b"")
    asking = asyncio.create_task(service.call("GetItem", {}))
    await server.asked(1)
    rotating.held = NEW
    server.say_unasked(answer(503, b""))

    await asking

    keys = [request.headers["authorization"].partition("Credential=")[2][:7] for request in server.requests]
    assert keys == ["ASIAOLD", "ASIANEW"]
    assert server.requests[1].headers["x-amz-security-token"] == "t2"


async def test_without_credentials_nothing_is_sent(
    server: RawHttpServer, service: DynamoService, rotating: Rotating
) -> None:
    """The code says what is missing."""
    rotating.held = None

    with pytest.raises(Unavailable) as unavailable:
        await service.call("GetItem", {})

    assert (unavailable.value.code, server.requests) == ("NoCredentials", [])


@pytest.mark.parametrize(
    ("told", "reasons"),
    [
        (None, ()),
        ({}, ()),
        ("Code", ()),
        (["Code", None, {"Code": 7}], ("bad_answer",) * 3),
        ([{"Code": "None"}, {}, {"Code": "ThrottlingError"}], ("None", "None", "ThrottlingError")),
    ],
)
async def test_reasons_of_any_form_are_a_failed_call(
    server: RawHttpServer, service: DynamoService, told: object, reasons: tuple[str, ...]
) -> None:
    """Whatever stands in DynamoDB's place; and what is not understood is not taken for a good condition."""
    said = {"__type": "x#TransactionCanceledException", "CancellationReasons": told}
    server.script(answer(400, json.dumps(said).encode()))

    with pytest.raises(CallFailed) as failed:
        await service.call("TransactWriteItems", {})

    assert failed.value.reasons == reasons


def test_the_address_is_the_regions_own_unless_another_is_given() -> None:
    """As S3's."""
    assert dynamodb_url("eu-west-1", None) == "https://dynamodb.eu-west-1.amazonaws.com"
    assert dynamodb_url("eu-west-1", "http://127.0.0.1:1") == "http://127.0.0.1:1"
