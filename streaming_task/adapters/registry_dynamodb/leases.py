"""The leases: one item a task, under one partition so that one query lists them all."""

from __future__ import annotations

import time
from collections.abc import Callable

from contract.records import PARTITION_KEY, SORT_KEY, TASKS_KEY, TTL, TaskId
from streaming_task.adapters.registry_dynamodb.table import ConditionFailed, Table
from streaming_task.adapters.registry_dynamodb.values import number, read_text, read_whole, text
from streaming_task.core.leases import Lease

LEASE_KEPT_S = 24 * 3600  # a dead task's lease tells nobody anything; deleted by the table's TTL


class DynamoLeases:
    """Implements `Leases`; `clock` gives Unix seconds, which no observer compares with its own."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    async def bump(self, lease: Lease) -> None:
        """Show that this task lives: write its lease with a higher version.

        Raises:
            Unavailable: it may not have been written.
        """
        table, now = self._table, self._clock()
        item = table.key(TASKS_KEY, lease.task_id) | {
            "version": number(lease.version),
            "address": text(lease.address),
            "sessions": number(lease.sessions),
            "room": number(lease.room),
            "updated_at": number(now),
            TTL: number(int(now) + LEASE_KEPT_S),
        }
        try:
            await table.put(
                {
                    "TableName": table.name,
                    "Item": item,
                    "ConditionExpression": "attribute_not_exists(version) OR version < :version",
                    "ExpressionAttributeValues": {":version": number(lease.version)},
                }
            )
        except ConditionFailed:
            return  # a later bump has overtaken this one, or it is its own repeat

    async def release(self, task_id: TaskId) -> None:
        """Take the lease away: this task is leaving.

        Raises:
            Unavailable: it may still be there.
        """
        table = self._table
        await table.delete({"TableName": table.name, "Key": table.key(TASKS_KEY, task_id)})

    async def list(self) -> list[Lease]:
        """Read every task's lease, consistently.

        Raises:
            Unavailable: they could not be read.
        """
        pages = self._table.pages(
            {
                "TableName": self._table.name,
                "KeyConditionExpression": f"{PARTITION_KEY} = :tasks",
                "ExpressionAttributeValues": {":tasks": text(TASKS_KEY)},
                "ConsistentRead": True,
            }
        )
        return [
            Lease(
                task_id=TaskId(read_text(item, SORT_KEY) or ""),
                version=read_whole(item, "version") or 0,
                address=read_text(item, "address") or "",
                sessions=read_whole(item, "sessions") or 0,
                room=read_whole(item, "room") or 0,
            )
            async for page in pages
            for item in page
        ]
