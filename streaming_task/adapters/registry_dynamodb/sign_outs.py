"""The marks that the api Lambda writes when a user signs out everywhere: read for many users at once."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from random import Random
from typing import TYPE_CHECKING

from contract.records import PARTITION_KEY, REVOKED, UserId, user_key
from streaming_task.adapters.registry_dynamodb.retries import BACKOFF_IF_THROTTLED_S, pause_s
from streaming_task.adapters.registry_dynamodb.service import BAD_ANSWER
from streaming_task.adapters.registry_dynamodb.table import Table
from streaming_task.ports import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import KeysAndAttributesTypeDef

    from streaming_task.adapters.registry_dynamodb.table import Item

BATCH = 100  # items: BatchGetItem takes no more
ATTEMPTS = 3  # for the items that a busy table has left out of an answer


class DynamoSignOuts:
    """Implements `SignOuts`; `random` spreads what is asked for again."""

    def __init__(self, table: Table, random: Random) -> None:
        self._table = table
        self._random = random

    async def read(self, users: Collection[UserId]) -> Mapping[UserId, float]:
        """Read when each of these users last signed out everywhere, Unix seconds; who did not is left out.

        Raises:
            Unavailable: they could not all be read.
        """
        keys = [self._table.key(user_key(user_id), REVOKED) for user_id in sorted(users)]
        found: dict[UserId, float] = {}
        for first in range(0, len(keys), BATCH):
            for item in await self._batch(keys[first : first + BATCH]):
                user_id = item[PARTITION_KEY]["S"].removeprefix(user_key(""))
                found[UserId(user_id)] = float(item["at"]["N"])
        return found

    async def _batch(self, keys: list[Item]) -> list[Item]:
        found: list[Item] = []
        wanted: KeysAndAttributesTypeDef = {"Keys": keys, "ConsistentRead": True}
        for retries in range(ATTEMPTS):
            if retries:  # it has no room for these: at once would be worse
                await asyncio.sleep(pause_s(BACKOFF_IF_THROTTLED_S, retries, self._random))
            answer = await self._table.call("BatchGetItem", {"RequestItems": {self._table.name: wanted}})
            responses = answer.get("Responses")
            if not isinstance(responses, dict):
                raise Unavailable(BAD_ANSWER)  # nobody would look like signed out
            found.extend(responses.get(self._table.name, []))
            left = answer.get("UnprocessedKeys", {}).get(self._table.name)
            if left is None:
                return found
            wanted = {"Keys": left["Keys"], "ConsistentRead": True}
        raise Unavailable("UnprocessedKeys")
