"""Call one table: so many calls at once and no more, each within its time, failures as the ports say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from contract.records import PARTITION_KEY, SORT_KEY
from streaming_task.adapters.registry_dynamodb.service import (
    BAD_ANSWER,
    CallFailed,
    DynamoService,
    Patience,
)
from streaming_task.ports import Credentials, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        DeleteItemInputTypeDef,
        PutItemInputTypeDef,
        QueryInputTypeDef,
        TransactWriteItemTypeDef,
        UpdateItemInputTypeDef,
    )

    Item = dict[str, AttributeValueTypeDef]

WAITING = 512  # calls; one more is refused at once: by its turn it would be too late anyway


FOR_SESSIONS = Patience(at_once=16, connect_s=1.0, answer_s=3.0, attempts=2, turn_s=2.0, call_s=6.5)
# A bump that is answered after four seconds is worth nothing, and the next one is sent beside it: no second
# attempt, and room for three bumps and a look at the others' leases.
FOR_LEASES = Patience(at_once=4, connect_s=1.0, answer_s=3.0, attempts=1, turn_s=1.0, call_s=4.0)


class ConditionFailed(Exception):
    """The item was not as the write wanted it; nothing was written. Never leaves this package."""


class Cancelled(Exception):
    """A transaction's conditions did not hold: `failed` are the places of those; nothing was written."""

    def __init__(self, failed: frozenset[int]) -> None:
        super().__init__(len(failed))
        self.failed = failed


def open_dynamodb(
    url: str, region: str, credentials: Credentials, patience: Patience = FOR_SESSIONS
) -> DynamoService:
    """Build a client of DynamoDB at that address (see `dynamodb_url`), with so much patience."""
    return DynamoService(
        url=url,
        region=region,
        credentials=credentials,
        patience=patience,
        now=time.time,
        random=SystemRandom(),
    )


class Table:
    """One table; build it inside a running loop."""

    def __init__(self, service: DynamoService, name: str, patience: Patience = FOR_SESSIONS) -> None:
        self.name = name
        self._service = service
        self._patience = patience
        self._turns = asyncio.Semaphore(patience.at_once)
        self._waiting = 0

    @classmethod
    def for_leases(cls, url: str, region: str, credentials: Credentials, name: str) -> Table:
        """Open the table once more, for the leases alone: they wait for no session's calls.

        In the same line, a table slow enough to keep 16 calls waiting would cost the task its lease, and with
        it every session; claiming them all anew would then keep it slow.
        """
        return cls(open_dynamodb(url, region, credentials, FOR_LEASES), name, FOR_LEASES)

    async def call(self, operation: str, request: Mapping[str, object]) -> dict[str, Any]:
        """Make one call, in its turn.

        Raises:
            ConditionFailed: a single write's condition did not hold.
            Cancelled: a transaction's conditions did not hold.
            Unavailable: anything else went wrong; whether it was done is unknown.
        """
        if self._waiting >= WAITING:
            raise Unavailable("queue_full")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience.call_s):
                await self._wait_for_turn()
                try:
                    return await self._service.call(operation, request)
                finally:
                    self._turns.release()
        except CallFailed as failed:
            raise _translated(failed) from failed
        except TimeoutError as error:
            raise Unavailable("timeout") from error
        finally:
            self._waiting -= 1

    async def _wait_for_turn(self) -> None:
        """Wait until fewer calls are under way; too late is too late: work for nobody keeps a table slow."""
        if not self._turns.locked():
            await self._turns.acquire()
            return
        try:
            async with asyncio.timeout(self._patience.turn_s):
                await self._turns.acquire()
        except TimeoutError as error:
            raise Unavailable("queue_late") from error

    async def find(self, partition: str, sort: str) -> Item | None:
        """Read an item consistently.

        Raises:
            Unavailable: it could not be read.
        """
        request = {"TableName": self.name, "Key": self.key(partition, sort), "ConsistentRead": True}
        item: Item | None = (await self.call("GetItem", request)).get("Item")
        return item

    async def put(self, request: PutItemInputTypeDef) -> None:
        """Put an item.

        Raises:
            ConditionFailed, Unavailable: as `call` does.
        """
        await self.call("PutItem", request)

    async def update(self, request: UpdateItemInputTypeDef) -> Item:
        """Update an item; give the attributes that were asked for.

        Raises:
            ConditionFailed, Unavailable: as `call` does.
        """
        attributes: Item = (await self.call("UpdateItem", request)).get("Attributes", {})
        return attributes

    async def delete(self, request: DeleteItemInputTypeDef) -> None:
        """Delete an item.

        Raises:
            ConditionFailed, Unavailable: as `call` does.
        """
        await self.call("DeleteItem", request)

    async def pages(self, query: QueryInputTypeDef) -> AsyncIterator[list[Item]]:
        """Give what a query finds, a page at a time.

        Raises:
            Unavailable: a page could not be read.
        """
        rest: Mapping[str, object] = query
        while True:
            page = await self.call("Query", rest)
            items = page.get("Items")
            if not isinstance(items, list):
                raise Unavailable(BAD_ANSWER)  # no page would look like an empty one
            yield items
            from_key = page.get("LastEvaluatedKey")
            if not from_key:
                return
            rest = {**query, "ExclusiveStartKey": from_key}

    async def transact(self, token: str, *writes: TransactWriteItemTypeDef) -> None:
        """Do all writes or none; a repeat with the same token (36 characters at most) is no second write.

        Raises:
            Cancelled: conditions did not hold.
            Unavailable: the outcome is unknown.
        """
        await self.call("TransactWriteItems", {"TransactItems": writes, "ClientRequestToken": token})

    def key(self, partition: str, sort: str) -> Item:
        """Write the key of an item."""
        return {PARTITION_KEY: {"S": partition}, SORT_KEY: {"S": sort}}

    async def close(self) -> None:
        """End what is under way."""
        await self._service.close()


def _translated(failed: CallFailed) -> Exception:
    if failed.code == "ConditionalCheckFailedException":
        return ConditionFailed()
    if failed.code != "TransactionCanceledException":
        return Unavailable(failed.code)
    # A conflict or a throttle beside a failed condition says nothing of that condition's future: ask again.
    for reason in failed.reasons:
        if reason not in ("None", "ConditionalCheckFailed"):
            return Unavailable(reason)
    refused = frozenset(place for place, reason in enumerate(failed.reasons) if reason != "None")
    return Cancelled(refused) if refused else Unavailable(failed.code)
