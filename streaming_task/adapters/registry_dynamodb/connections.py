"""The connection records: written by the connect Lambda, read here, and renewed by a further ticket."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from contract.records import (
    META,
    PARTITION_KEY,
    REVOKED,
    TTL,
    ConnectionId,
    UserId,
    connection_key,
    ticket_key,
    user_key,
)
from streaming_task.adapters.registry_dynamodb.table import Cancelled, Table
from streaming_task.adapters.registry_dynamodb.values import number, read_whole, text
from streaming_task.ports import Connection

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from streaming_task.adapters.registry_dynamodb.table import Item

LONGEST_TICKET = 128  # characters; ours have 43


class DynamoConnections:
    """Implements `Connections`; `clock` gives Unix seconds."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    async def find(self, connection_id: ConnectionId) -> Connection | None:
        """Read a connection's record consistently; None: no such connection.

        Raises:
            Unavailable: it could not be read.
        """
        item = await self._find(connection_id)
        return None if item is None else _decode(connection_id, item)

    async def renew(self, connection: Connection, ticket: str) -> Connection | None:
        """Spend a ticket of the same user on this connection; None: the ticket is no good.

        Raises:
            Unavailable: it could not be said.
        """
        if len(ticket) > LONGEST_TICKET:
            return None
        key = ticket_key(ticket)
        found = await self._table.find(key, META)
        if found is not None:
            if found["user_id"]["S"] != connection.user_id:
                return None  # and it stays good for whose it is
            try:
                await self._spend(connection, key, found)
            except Cancelled:
                pass  # spent, expired or signed out; perhaps spent by ourselves
            else:
                return _decode(connection.connection_id, found)
        item = await self._find(connection.connection_id)
        if item is None or item.get("renewed_with") != text(key):
            return None
        return _decode(connection.connection_id, item)

    async def _find(self, connection_id: ConnectionId) -> Item | None:
        item = await self._table.find(connection_key(connection_id), META)
        # The table's TTL deletes hours late.
        expires_at = None if item is None else read_whole(item, TTL)
        return None if expires_at is not None and expires_at <= self._clock() else item

    async def _spend(self, connection: Connection, key: str, ticket: Item) -> None:
        table = self._table
        take: TransactWriteItemTypeDef = {
            "Delete": {
                "TableName": table.name,
                "Key": table.key(key, META),
                "ConditionExpression": "user_id = :user AND expires_at > :now",
                "ExpressionAttributeValues": {
                    ":user": text(connection.user_id),
                    ":now": number(int(self._clock())),
                },
            }
        }
        renew: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": table.name,
                "Key": table.key(connection_key(connection.connection_id), META),
                # So that a repeat, whose first answer was lost, can be answered again.
                "UpdateExpression": (
                    "SET issued_at = :issued, authorised_until = :until, renewed_with = :ticket"
                ),
                "ConditionExpression": f"attribute_exists({PARTITION_KEY}) AND user_id = :user",
                "ExpressionAttributeValues": {
                    ":issued": ticket["issued_at"],
                    ":until": ticket["authorised_until"],
                    ":ticket": text(key),
                    ":user": text(connection.user_id),
                },
            }
        }
        check: TransactWriteItemTypeDef = {
            "ConditionCheck": {
                "TableName": table.name,
                "Key": table.key(user_key(connection.user_id), REVOKED),
                # A token issued in the very second of a sign-out everywhere may have come before it.
                "ConditionExpression": "attribute_not_exists(#at) OR #at < :issued",
                "ExpressionAttributeNames": {"#at": "at"},
                "ExpressionAttributeValues": {":issued": ticket["issued_at"]},
            }
        }
        # One token for the client's own attempts; a repeat by the caller has another time in it.
        await table.transact(str(uuid.uuid4()), take, renew, check)


def _decode(connection_id: ConnectionId, item: Item) -> Connection:
    return Connection(
        connection_id=connection_id,
        user_id=UserId(item["user_id"]["S"]),
        issued_at=float(item["issued_at"]["N"]),
        authorised_until=float(item["authorised_until"]["N"]),
    )
