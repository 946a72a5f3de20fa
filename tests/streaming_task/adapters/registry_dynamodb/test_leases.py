"""A task's lease shows a growing version, and goes when the task does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract.records import TaskId
from streaming_task.adapters.registry_dynamodb import DynamoLeases, Table
from streaming_task.core.leases import Lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TASK = TaskId("task-1")


def leases_in(dynamodb: DynamoDBClient, table_name: str) -> list[dict[str, Any]]:
    """List the leases as an observer does: by one query."""
    found = dynamodb.query(
        TableName=table_name,
        KeyConditionExpression="pk = :tasks",
        ExpressionAttributeValues={":tasks": {"S": "tasks"}},
    )
    return [dict(item) for item in found["Items"]]


async def test_a_bump_shows_the_task(table: Table, dynamodb: DynamoDBClient, table_name: str) -> None:
    """Where it is, how full, and that it lives."""
    leases = DynamoLeases(table, clock=lambda: 1_000.5)

    await leases.bump(Lease(TASK, 1, "10.0.0.1:8080", 0, 10))
    await leases.bump(Lease(TASK, 2, "10.0.0.1:8080", 7, 10))

    assert leases_in(dynamodb, table_name) == [
        {
            "pk": {"S": "tasks"},
            "sk": {"S": "task-1"},
            "version": {"N": "2"},
            "address": {"S": "10.0.0.1:8080"},
            "sessions": {"N": "7"},
            "room": {"N": "10"},
            "updated_at": {"N": "1000.5"},
            "ttl": {"N": "87400"},
        }
    ]


async def test_a_late_bump_does_not_turn_the_version_back(
    table: Table, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """An observer that saw 3 must not take 2 for a sign of life."""
    leases = DynamoLeases(table)
    await leases.bump(Lease(TASK, 3, "a:1", 5, 10))

    await leases.bump(Lease(TASK, 2, "a:1", 4, 10))

    assert [lease["version"] for lease in leases_in(dynamodb, table_name)] == [{"N": "3"}]


async def test_a_leaving_task_takes_its_lease_along(
    table: Table, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """Its own only, and once is as good as twice."""
    leases = DynamoLeases(table)
    await leases.bump(Lease(TASK, 1, "a:1", 0, 10))
    await leases.bump(Lease(TaskId("task-2"), 1, "b:1", 0, 10))

    await leases.release(TASK)
    await leases.release(TASK)

    assert [lease["sk"] for lease in leases_in(dynamodb, table_name)] == [{"S": "task-2"}]


async def test_leases_are_listed_as_they_were_bumped(table: Table) -> None:
    """Every task sees every other, and itself."""
    leases = DynamoLeases(table)
    held = [Lease(TASK, 1, "a:1", 2, 98), Lease(TaskId("task-2"), 5, "b:1", 100, 0)]
    for lease in held:
        await leases.bump(lease)

    assert await leases.list() == held
