"""Who owns a session. Taken and given up under a condition on the epoch, looked for by the sparse index."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract.audio import Ranges
from contract.records import (
    META,
    NO_OWNER,
    OWNER,
    PARTITION_KEY,
    WORK_INDEX,
    WORK_KEY,
    SessionId,
    SessionState,
    TaskId,
    session_key,
)
from streaming_task.adapters.registry_dynamodb.session_items import decode_meta, encode_left
from streaming_task.adapters.registry_dynamodb.table import ConditionFailed, Table
from streaming_task.adapters.registry_dynamodb.values import number, text
from streaming_task.core.ownership import SessionMeta, Unfinished
from streaming_task.ports import Fenced, Unavailable

if TYPE_CHECKING:
    from streaming_task.adapters.registry_dynamodb.table import Item


class DynamoOwnership:
    """Implements `Ownership`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def claim(self, seen: SessionMeta, owner: TaskId) -> SessionMeta | None:
        """Take a session over: one epoch on, if its epoch and owner are still those seen; None: they are not.

        A finished session is nobody's to take. An unknown outcome is settled by a consistent read before it
        is given.

        Raises:
            Unavailable: it is still unknown; the same call again is safe.
        """
        unknown: Unavailable | None = None
        try:
            return decode_meta(await self._take(seen, owner))
        except ConditionFailed:
            pass  # another was first, or it was ourselves and nobody heard
        except Unavailable as error:
            unknown = error
        there = await self._find(seen.terms.session_id)
        if there is not None and there.owner == owner and there.epoch == seen.epoch + 1:
            return replace(there, left=None)  # it may be ours for a while already
        if unknown is not None and there is not None and there.epoch == seen.epoch:
            raise unknown  # not done, or not yet
        return None

    async def release(self, session_id: SessionId, epoch: int, stored: Ranges | None) -> None:
        """Leave a session to whoever claims it, if the epoch is still ours; tell it what is `stored`.

        Raises:
            Fenced: it is not; nothing was written.
            Unavailable: the outcome is unknown; the same call again is safe.
        """
        table = self._table
        left = encode_left(stored, epoch)
        try:
            await table.update(
                {
                    "TableName": table.name,
                    "Key": table.key(session_key(session_id), META),
                    "UpdateExpression": ", ".join(
                        ["SET #owner = :nobody", *(f"{name} = :{name}" for name in left)]
                    ),
                    "ConditionExpression": "epoch = :mine",
                    "ExpressionAttributeNames": {"#owner": OWNER},
                    "ExpressionAttributeValues": {
                        ":nobody": text(NO_OWNER),
                        ":mine": number(epoch),
                        **{f":{name}": value for name, value in left.items()},
                    },
                }
            )
        except ConditionFailed:
            raise Fenced("epoch") from None

    async def unfinished(self, state: SessionState, shard: int) -> list[Unfinished]:
        """List what the sparse index holds of one state and shard; it may lag by a second.

        Raises:
            Unavailable: it could not be read.
        """
        pages = self._table.pages(
            {
                "TableName": self._table.name,
                "IndexName": WORK_INDEX,
                "KeyConditionExpression": "#work = :work",
                "ProjectionExpression": "#session, #owner",
                "ExpressionAttributeNames": {"#work": WORK_KEY, "#session": PARTITION_KEY, "#owner": OWNER},
                "ExpressionAttributeValues": {":work": text(f"{state}#{shard}")},
            }
        )
        return [_decode(item) async for page in pages for item in page]

    async def _take(self, seen: SessionMeta, owner: TaskId) -> Item:
        table = self._table
        return await table.update(
            {
                "TableName": table.name,
                "Key": table.key(session_key(seen.terms.session_id), META),
                "UpdateExpression": "SET epoch = epoch + :one, #owner = :me",
                "ConditionExpression": "epoch = :seen AND #owner = :seen_owner AND attribute_exists(#work)",
                "ExpressionAttributeNames": {"#owner": OWNER, "#work": WORK_KEY},
                "ExpressionAttributeValues": {
                    ":one": number(1),
                    ":me": text(owner),
                    ":seen": number(seen.epoch),
                    ":seen_owner": text(seen.owner or NO_OWNER),
                },
                "ReturnValues": "ALL_NEW",
            }
        )

    async def _find(self, session_id: SessionId) -> SessionMeta | None:
        item = await self._table.find(session_key(session_id), META)
        return None if item is None else decode_meta(item)


def _decode(item: Item) -> Unfinished:
    owner = item[OWNER]["S"]
    return Unfinished(
        session_id=SessionId(item[PARTITION_KEY]["S"].removeprefix(session_key(""))),
        owner=None if owner == NO_OWNER else TaskId(owner),
    )
