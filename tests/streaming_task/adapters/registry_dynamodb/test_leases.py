"""A task's lease shows a growing version, and goes when the task does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract.records import TaskId
from streaming_task.adapters.registry_dynamodb import DynamoLeases, Table

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

    await leases.bump(TASK, "10.0.0.1:8080", 1, 0)
    await leases.bump(TASK, "10.0.0.1:8080", 2, 7)

    assert leases_in(dynamodb, table_name) == [
        {
            "pk": {"S": "tasks"},
            "sk": {"S": "task-1"},
            "version": {"N": "2"},
            "address": {"S": "10.0.0.1:8080"},
            "sessions": {"N": "7"},
            "updated_at": {"N": "1000.5"},
            "ttl": {"N": "87400"},
        }
    ]


async def test_a_late_bump_does_not_turn_the_version_back(
    table: Table, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """An observer that saw 3 must not take 2 for a sign of life."""
    leases = DynamoLeases(table)
    await leases.bump(TASK, "a:1", 3, 5)

    await leases.bump(TASK, "a:1", 2, 4)

    assert [lease["version"] for lease in leases_in(dynamodb, table_name)] == [{"N": "3"}]


async def test_a_leaving_task_takes_its_lease_along(
    table: Table, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """Its own only, and once is as good as twice."""
    leases = DynamoLeases(table)
    await leases.bump(TASK, "a:1", 1, 0)
    await leases.bump(TaskId("task-2"), "b:1", 1, 0)

    await leases.release(TASK)
    await leases.release(TASK)

    assert [lease["sk"] for lease in leases_in(dynamodb, table_name)] == [{"S": "task-2"}]
