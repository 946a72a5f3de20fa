"""The leases: one item a task, under one partition so that one query lists them all."""

from __future__ import annotations

import time
from collections.abc import Callable

from contract.records import TASKS_KEY, TTL, TaskId
from streaming_task.adapters.registry_dynamodb.table import ConditionFailed, Table
from streaming_task.adapters.registry_dynamodb.values import number, text

LEASE_KEPT_S = 24 * 3600  # a dead task's lease tells nobody anything; deleted by the table's TTL


class DynamoLeases:
    """Implements `Leases`; `clock` gives Unix seconds, which no observer compares with its own."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    async def bump(self, task_id: TaskId, address: str, version: int, sessions: int) -> None:
        """Show that this task lives: write a higher version.

        Raises:
            Unavailable: it may not have been written.
        """
        table, now = self._table, self._clock()
        item = table.key(TASKS_KEY, task_id) | {
            "version": number(version),
            "address": text(address),
            "sessions": number(sessions),
            "updated_at": number(now),
            TTL: number(int(now) + LEASE_KEPT_S),
        }
        try:
            await table.call(
                lambda: table.client.put_item(
                    TableName=table.name,
                    Item=item,
                    ConditionExpression="attribute_not_exists(version) OR version < :version",
                    ExpressionAttributeValues={":version": number(version)},
                )
            )
        except ConditionFailed:
            return  # a later bump has overtaken this one, or it is its own repeat

    async def release(self, task_id: TaskId) -> None:
        """Take the lease away: this task is leaving.

        Raises:
            Unavailable: it may still be there.
        """
        table = self._table
        await table.call(
            lambda: table.client.delete_item(TableName=table.name, Key=table.key(TASKS_KEY, task_id))
        )
