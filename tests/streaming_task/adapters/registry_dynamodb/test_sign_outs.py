"""The marks of those who signed out everywhere are read as the api Lambda writes them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from contract.records import UserId, user_key
from streaming_task.adapters.registry_dynamodb import DynamoSignOuts, Table, open_dynamodb
from streaming_task.adapters.registry_dynamodb.service import DynamoService
from streaming_task.adapters.registry_dynamodb.sign_outs import ATTEMPTS, BATCH
from streaming_task.ports import Credentials, Unavailable
from tests.fakes.raw_http import RawHttpServer
from tests.fakes.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class NoPause(Random):
    """Draws the shortest pause each time."""

    def random(self) -> float:
        """Draw."""
        return 0.0


class LongPause(Random):
    """Draws half of the longest pause each time."""

    def random(self) -> float:
        """Draw."""
        return 0.5


def mark(dynamodb: DynamoDBClient, table_name: str, user_id: str, at: int) -> None:
    key = {"pk": {"S": user_key(user_id)}, "sk": {"S": "revoked"}}
    dynamodb.put_item(TableName=table_name, Item={**key, "at": {"N": str(at)}, "ttl": {"N": str(at + 9)}})


async def test_marks_are_found_for_those_who_have_one(
    dynamodb: DynamoDBClient, table_name: str, table: Table
) -> None:
    """Who never signed out is not in the answer, and neither is who was not asked about."""
    mark(dynamodb, table_name, "u1", 1_800_000_000)
    mark(dynamodb, table_name, "u2", 1_800_000_007)
    mark(dynamodb, table_name, "other", 1)

    found = await DynamoSignOuts(table, NoPause()).read({UserId("u1"), UserId("u2"), UserId("u3")})

    assert found == {"u1": 1_800_000_000.0, "u2": 1_800_000_007.0}


async def test_more_users_than_one_call_takes_are_all_read(
    dynamodb: DynamoDBClient, table_name: str, table: Table
) -> None:
    """A task may serve more people than DynamoDB reads at once."""
    users = {UserId(f"u{number}") for number in range(BATCH + 1)}
    for user_id in users:
        mark(dynamodb, table_name, user_id, 7)

    assert await DynamoSignOuts(table, NoPause()).read(users) == dict.fromkeys(users, 7.0)


async def test_nobody_is_nothing_to_read(table: Table) -> None:
    """DynamoDB refuses an empty batch."""
    assert await DynamoSignOuts(table, NoPause()).read(()) == {}


async def test_an_answer_without_items_is_unavailable(credentials: Credentials) -> None:
    """It must not look as if nobody had signed out."""
    async with RawHttpServer.running() as server:
        table = Table(open_dynamodb(server.url, "us-east-1", credentials), "live")

        with pytest.raises(Unavailable) as told:
            await DynamoSignOuts(table, NoPause()).read({UserId("u1")})
        await table.close()

    assert told.value.code == "bad_answer"


class BusyTable(Table):
    """A table that leaves the last of the keys out of each answer, so many times."""

    def __init__(self, service: DynamoService, name: str, times: int) -> None:
        super().__init__(service, name)
        self._times = times

    async def call(self, operation: str, request: Mapping[str, object]) -> dict[str, Any]:
        """Ask, and leave something out."""
        answer = await super().call(operation, request)
        if self._times and answer["Responses"][self.name]:
            self._times -= 1
            last = answer["Responses"][self.name].pop()
            key = {"pk": last["pk"], "sk": last["sk"]}
            answer["UnprocessedKeys"] = {self.name: {"Keys": [key], "ConsistentRead": True}}
        return answer


@pytest.mark.parametrize("times", [1, ATTEMPTS - 1])
async def test_what_a_busy_table_leaves_out_is_asked_for_again(
    dynamodb: DynamoDBClient, service: DynamoService, table_name: str, times: int
) -> None:
    """An answer may be a part of the answer; a user that is left out has not therefore stayed."""
    users = {UserId("u1"), UserId("u2")}
    for user_id in users:
        mark(dynamodb, table_name, user_id, 7)
    table = BusyTable(service, table_name, times)

    assert await DynamoSignOuts(table, NoPause()).read(users) == dict.fromkeys(users, 7.0)


async def test_a_table_that_stays_busy_is_unavailable(
    dynamodb: DynamoDBClient, service: DynamoService, table_name: str
) -> None:
    """Better no answer than half of one: the next look asks again."""
    mark(dynamodb, table_name, "u1", 7)
    table = BusyTable(service, table_name, ATTEMPTS)

    with pytest.raises(Unavailable, match="UnprocessedKeys"):
        await DynamoSignOuts(table, NoPause()).read({UserId("u1")})


class FullTable(Table):
    """A table that has room for nothing, and notes when it was asked."""

    def __init__(self, service: DynamoService) -> None:
        super().__init__(service, "live")
        self.asked_at: list[float] = []

    async def call(self, operation: str, request: Mapping[str, object]) -> dict[str, Any]:
        """Leave everything out."""
        self.asked_at.append(asyncio.get_running_loop().time())
        return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}


@in_virtual_time
async def test_a_busy_table_is_asked_again_after_a_pause(credentials: Credentials) -> None:
    """At once would be the worst moment; each pause may be twice as long as the one before."""
    table = FullTable(open_dynamodb("http://127.0.0.1:1", "us-east-1", credentials))

    with pytest.raises(Unavailable):
        await DynamoSignOuts(table, LongPause()).read({UserId("u1")})

    assert table.asked_at == pytest.approx([0.0, 0.5, 1.5])


async def test_a_table_in_trouble_is_unavailable(service: DynamoService) -> None:
    """Its code is told, never its sentence."""
    table = Table(service, "no-such-table")

    with pytest.raises(Unavailable) as told:
        await DynamoSignOuts(table, NoPause()).read({UserId("u1")})

    assert told.value.code == "ResourceNotFoundException"
