"""Call boto3's DynamoDB client off the event loop, and turn its errors into the ports'.

boto3 in threads costs a millisecond a call, which is dear for a message and cheap here: a session writes once
for every final, a task once for every lease's bump. Every write is conditional, so that the client's own
second attempt after a lost answer is harmless.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from contract.records import PARTITION_KEY, SORT_KEY
from streaming_task.ports import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        QueryInputTypeDef,
        TransactWriteItemTypeDef,
    )

    Item = dict[str, AttributeValueTypeDef]

WAITING = 512  # calls; one more is refused at once: by its turn it would be too late anyway


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may take, in seconds, and how many are made at once."""

    workers: int
    connect_s: float
    read_s: float
    attempts: int
    turn_s: float  # until a thread is free; a call that starts later is one more that nobody waits for
    call_s: float  # all in all


FOR_SESSIONS = Patience(workers=16, connect_s=1.0, read_s=2.0, attempts=2, turn_s=2.0, call_s=6.5)
# A bump that is answered after four seconds is worth nothing, and the next one is sent beside it: no second
# attempt by the SDK, and threads for three bumps and a look at the others' leases.
FOR_LEASES = Patience(workers=4, connect_s=1.0, read_s=3.0, attempts=1, turn_s=1.0, call_s=4.0)

_Answer = TypeVar("_Answer")


class ConditionFailed(Exception):
    """The item was not as the write wanted it; nothing was written. Never leaves this package."""


class Cancelled(Exception):
    """A transaction's conditions did not hold: `failed` are the places of those; nothing was written."""

    def __init__(self, failed: frozenset[int]) -> None:
        super().__init__(len(failed))
        self.failed = failed


def open_dynamodb(region: str, patience: Patience = FOR_SESSIONS) -> DynamoDBClient:
    """Build a client with so much patience; its endpoint and credentials come from the environment."""
    client: DynamoDBClient = boto3.Session(region_name=region).client(
        "dynamodb",
        config=Config(
            connect_timeout=patience.connect_s,
            read_timeout=patience.read_s,
            retries={"mode": "standard", "total_max_attempts": patience.attempts},
            max_pool_connections=patience.workers,
            tcp_keepalive=True,
        ),
    )
    return client


class Table:
    """One table, called from a few threads."""

    def __init__(self, client: DynamoDBClient, name: str, patience: Patience = FOR_SESSIONS) -> None:
        self.client = client
        self.name = name
        self._patience = patience
        self._pool = ThreadPoolExecutor(patience.workers, thread_name_prefix="dynamodb")
        self._waiting = 0

    @classmethod
    def for_leases(cls, region: str, name: str) -> Table:
        """Open the table once more, for the leases alone: they wait for no session's calls.

        In the same line, a table slow enough to keep 16 calls waiting would cost the task its lease, and with
        it every session; claiming them all anew would then keep it slow.
        """
        return cls(open_dynamodb(region, FOR_LEASES), name, FOR_LEASES)

    async def call(self, function: Callable[[], _Answer]) -> _Answer:
        """Run one call of the client in a thread.

        Raises:
            ConditionFailed: a single write's condition did not hold.
            Cancelled: a transaction's conditions did not hold.
            Unavailable: anything else went wrong; whether it was done is unknown.
        """
        if self._waiting >= WAITING:
            raise Unavailable("queue_full")
        self._waiting += 1
        in_its_turn = partial(_before, time.monotonic() + self._patience.turn_s, function)
        try:
            async with asyncio.timeout(self._patience.call_s):
                return await asyncio.get_running_loop().run_in_executor(self._pool, in_its_turn)
        except ClientError as error:
            raise _translated(error) from error
        except BotoCoreError as error:
            raise Unavailable(type(error).__name__) from error
        except TimeoutError as error:
            raise Unavailable("timeout") from error
        finally:
            self._waiting -= 1

    async def find(self, partition: str, sort: str) -> Item | None:
        """Read an item consistently.

        Raises:
            Unavailable: it could not be read.
        """
        answer = await self.call(
            lambda: self.client.get_item(
                TableName=self.name, Key=self.key(partition, sort), ConsistentRead=True
            )
        )
        return answer.get("Item")

    async def pages(self, query: QueryInputTypeDef) -> AsyncIterator[list[Item]]:
        """Give what a query finds, a page at a time.

        Raises:
            Unavailable: a page could not be read.
        """
        rest = query
        while True:
            page = await self.call(partial(self.client.query, **rest))
            yield page["Items"]
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
        await self.call(
            lambda: self.client.transact_write_items(TransactItems=writes, ClientRequestToken=token)
        )

    def key(self, partition: str, sort: str) -> Item:
        """Write the key of an item."""
        return {PARTITION_KEY: {"S": partition}, SORT_KEY: {"S": sort}}

    async def close(self) -> None:
        """Drop the calls that wait for a thread, and leave those under way to their own end."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self.client.close)


def _before(start_by: float, function: Callable[[], _Answer]) -> _Answer:
    """Run a call, in its thread, unless it has waited for too long: work for nobody keeps a table slow."""
    if time.monotonic() >= start_by:
        raise Unavailable("queue_late")
    return function()


def _translated(error: ClientError) -> Exception:
    code = error.response.get("Error", {}).get("Code", "Unknown")
    if code == "ConditionalCheckFailedException":
        return ConditionFailed()
    if code != "TransactionCanceledException":
        return Unavailable(code)
    reasons = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
    # A conflict or a throttle beside a failed condition says nothing of that condition's future: ask again.
    for reason in reasons:
        if reason not in ("None", "ConditionalCheckFailed"):
            return Unavailable(reason)
    failed = frozenset(place for place, reason in enumerate(reasons) if reason != "None")
    return Cancelled(failed) if failed else Unavailable(code)
