"""The sessions' items `meta`. Every write but the first is fenced by the epoch."""

from __future__ import annotations

import time
from collections.abc import Callable

from contract.records import META, PARTITION_KEY, TTL, SessionId, SessionState, session_key
from streaming_task.adapters.registry_dynamodb.session_items import decode_meta, encode_changes, encode_meta
from streaming_task.adapters.registry_dynamodb.table import ConditionFailed, Table
from streaming_task.adapters.registry_dynamodb.values import number, text
from streaming_task.core.ownership import SessionChanges, SessionMeta
from streaming_task.ports import Fenced, Unavailable

_FORWARD = tuple(SessionState)


class DynamoSessions:
    """Implements `Sessions`; `clock` gives Unix seconds."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    async def create(self, meta: SessionMeta) -> SessionMeta | None:
        """Put a new session unless its id is taken; give the one that is there instead, None if it is new.

        Raises:
            Unavailable: the outcome is unknown.
        """
        table, session_id = self._table, meta.terms.session_id
        item = table.key(session_key(session_id), META) | encode_meta(meta, self._clock())
        try:
            await table.put(
                {
                    "TableName": table.name,
                    "Item": item,
                    "ConditionExpression": f"attribute_not_exists({PARTITION_KEY})",
                }
            )
        except ConditionFailed:
            there = await self.find(session_id)
            if there is None:
                raise Unavailable("Vanished") from None  # its time ran out between the two
            # Our own write, seen by its repeat after a lost answer: a task's id is no other process's.
            return None if there == meta else there
        return None

    async def find(self, session_id: SessionId) -> SessionMeta | None:
        """Read a session consistently; None: no such session.

        Raises:
            Unavailable: it could not be read.
        """
        item = await self._table.find(session_key(session_id), META)
        return None if item is None else decode_meta(item)

    async def update(self, session_id: SessionId, epoch: int, changes: SessionChanges) -> None:
        """Write what changed, if the epoch is still ours; a late repeat of a step long passed does nothing.

        Raises:
            Fenced: it is not; nothing was written.
            Unavailable: the outcome is unknown; the same call again is safe.
        """
        written, removed = encode_changes(session_id, changes, self._clock())
        if not written and not removed:
            return
        names = {f"#{name}": name for name in (*written, *removed, "epoch")}
        values = {f":{name}": value for name, value in written.items()} | {":mine": number(epoch)}
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in written)
        if removed:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in removed)
        condition = "#epoch = :mine"
        if changes.state is not None:
            before = _FORWARD[: _FORWARD.index(changes.state) + 1]
            values |= {f":before_{place}": text(state) for place, state in enumerate(before)}
            condition += f" AND #state IN ({', '.join(f':before_{place}' for place in range(len(before)))})"
            condition += " AND attribute_not_exists(#ttl)"  # what is finished is nobody's work again
            names["#ttl"] = TTL
        table = self._table
        try:
            await table.update(
                {
                    "TableName": table.name,
                    "Key": table.key(session_key(session_id), META),
                    "UpdateExpression": expression,
                    "ConditionExpression": condition,
                    "ExpressionAttributeNames": names,
                    "ExpressionAttributeValues": values,
                }
            )
        except ConditionFailed:
            there = await self.find(session_id)
            if there is None or there.epoch != epoch:
                raise Fenced("epoch") from None
