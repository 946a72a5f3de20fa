"""The stored finals. A final and the advance of `final_until` are one transaction, or neither is."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING

from contract.records import META, PARTITION_KEY, SORT_KEY, TTL, SessionId, final_sort_key, session_key
from contract.replies import Final, final_from_json, final_to_json
from streaming_task.adapters.registry_dynamodb.table import Cancelled, ConditionFailed, Table
from streaming_task.adapters.registry_dynamodb.values import number, text
from streaming_task.ports import Diverged, Fenced

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, TransactWriteItemTypeDef

LAST_SEGMENT = 999_999  # the highest that a sort key of six digits holds
TOKEN_CHARACTERS = 36
EXPIRED_AT_ONCE = 4  # of the table's calls, which sessions that are spoken in need more


class DynamoFinals:
    """Implements `Finals`; `clock` gives Unix seconds."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    async def append(
        self, session_id: SessionId, epoch: int, start: int, end: int, final: Final | None
    ) -> None:
        """Store a final (None: only move on) and advance `final_until` from start to end, in one transaction.

        A repeat of what was stored already is a success.

        Raises:
            Fenced: the epoch is no longer ours.
            Diverged: `final_until` is not `start`.
            Unavailable: the outcome is unknown; the same call again is safe.
        """
        try:
            if final is None:
                await self._advance(session_id, epoch, start, end)
            else:
                await self._store(session_id, epoch, start, end, final)
        except (Cancelled, ConditionFailed):
            await self._settle(session_id, epoch, end, final)

    async def after(self, session_id: SessionId, segment: int) -> list[Final]:
        """Read the finals with a higher segment number, in order.

        Raises:
            Unavailable: they could not be read.
        """
        pages = self._table.pages(self._query(session_id, segment + 1))
        return [final_from_json(item["body"]["S"]) async for page in pages for item in page]

    async def expire(self, session_id: SessionId, *, after_s: float) -> None:
        """Let a finished session's finals go so many seconds from now; those that have an end keep it.

        Raises:
            Unavailable: some may have none yet; the same call again goes on from there.
        """
        ends_at = int(self._clock() + after_s)
        everlasting = self._query(session_id, 0)
        everlasting["ProjectionExpression"] = SORT_KEY
        everlasting["FilterExpression"] = "attribute_not_exists(#ttl)"
        everlasting["ExpressionAttributeNames"] = {"#ttl": TTL}
        async for page in self._table.pages(everlasting):
            places = [item[SORT_KEY]["S"] for item in page]
            for first in range(0, len(places), EXPIRED_AT_ONCE):
                batch = places[first : first + EXPIRED_AT_ONCE]
                await _all(self._end(session_id, place, ends_at) for place in batch)

    async def _end(self, session_id: SessionId, place: str, ends_at: int) -> None:
        table = self._table
        try:
            await table.update(
                {
                    "TableName": table.name,
                    "Key": table.key(session_key(session_id), place),
                    "UpdateExpression": "SET #ttl = :end",
                    # One that is gone must not come back empty; of two calls the first one's time stands.
                    "ConditionExpression": "attribute_exists(#key) AND attribute_not_exists(#ttl)",
                    "ExpressionAttributeNames": {"#key": PARTITION_KEY, "#ttl": TTL},
                    "ExpressionAttributeValues": {":end": number(ends_at)},
                }
            )
        except ConditionFailed:
            return

    def _query(self, session_id: SessionId, first: int) -> QueryInputTypeDef:
        return {
            "TableName": self._table.name,
            "KeyConditionExpression": f"{PARTITION_KEY} = :session AND {SORT_KEY} BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":session": text(session_key(session_id)),
                ":first": text(final_sort_key(first)),
                ":last": text(final_sort_key(LAST_SEGMENT)),
            },
            "ConsistentRead": True,
        }

    async def _advance(self, session_id: SessionId, epoch: int, start: int, end: int) -> None:
        table = self._table
        await table.update(
            {
                "TableName": table.name,
                "Key": table.key(session_key(session_id), META),
                "UpdateExpression": "SET final_until = :end",
                "ConditionExpression": "epoch = :mine AND final_until = :start",
                "ExpressionAttributeValues": {
                    ":mine": number(epoch),
                    ":start": number(start),
                    ":end": number(end),
                },
            }
        )

    async def _store(self, session_id: SessionId, epoch: int, start: int, end: int, final: Final) -> None:
        table, body = self._table, final_to_json(final)
        advance: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": table.name,
                "Key": table.key(session_key(session_id), META),
                "UpdateExpression": "SET final_until = :end, #segments = :next",
                # The segment's number is part of the position: numbers stay dense whatever happens.
                "ConditionExpression": "epoch = :mine AND final_until = :start AND #segments = :segment",
                "ExpressionAttributeNames": {"#segments": "segments"},
                "ExpressionAttributeValues": {
                    ":mine": number(epoch),
                    ":start": number(start),
                    ":end": number(end),
                    ":segment": number(final.segment),
                    ":next": number(final.segment + 1),
                },
            }
        }
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": table.name,
                "Item": {
                    **table.key(session_key(session_id), final_sort_key(final.segment)),
                    "start": number(start),
                    "end": number(end),
                    "body": text(body),
                },
                "ConditionExpression": f"attribute_not_exists({PARTITION_KEY})",
            }
        }
        identity = f"{session_id}\n{epoch}\n{start}\n{end}\n{body}"
        token = hashlib.sha256(identity.encode()).hexdigest()[:TOKEN_CHARACTERS]
        await table.transact(token, advance, put)

    async def _settle(self, session_id: SessionId, epoch: int, end: int, final: Final | None) -> None:
        """Find out whether a refused write had been done before.

        Raises:
            Fenced, Diverged, Unavailable: as `append` does.
        """
        meta = await self._table.find(session_key(session_id), META)
        if meta is None or int(meta["epoch"]["N"]) != epoch:
            raise Fenced("epoch") from None
        until = int(meta["final_until"]["N"])
        if final is None:
            if until != end:
                raise Diverged("final_until") from None
            return
        stored = await self._table.find(session_key(session_id), final_sort_key(final.segment))
        if until < end or stored is None or stored["body"]["S"] != final_to_json(final):
            raise Diverged("final_until") from None


async def _all(calls: Iterable[Coroutine[None, None, None]]) -> None:
    """Await every call, and only then raise what the first of those that failed raised."""
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        if outcome is not None:
            raise outcome
