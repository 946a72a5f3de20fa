"""What the table of live state still has of a session: its finals, and whether somebody works on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from contract.records import META, PARTITION_KEY, SORT_KEY, WORK_KEY, session_key
from contract.replies import Final as Heard
from contract.replies import final_from_json
from lambdas.aws import failures_as_codes
from lambdas.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        WriteRequestOutputTypeDef,
        WriteRequestTypeDef,
    )

FINALS: Final = "final#"
WRITES_AT_ONCE: Final = 25  # the most that DynamoDB takes
ATTEMPTS: Final = 5  # at what it left undone


class LiveSessions:
    """The sessions' items."""

    def __init__(self, dynamodb: DynamoDBClient, table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def finals(self, session_id: str) -> tuple[Heard, ...]:
        """Give the finals stored so far, in order.

        Raises:
            Unavailable: they could not be read.
        """
        return tuple(final_from_json(item["body"]["S"]) for item in self._items(session_id, FINALS))

    def is_worked_on(self, session_id: str) -> bool:
        """Tell whether a task records, transcribes or puts this session together, or will.

        Raises:
            Unavailable: it could not be read.
        """
        with failures_as_codes():
            found = self._dynamodb.get_item(
                TableName=self._table_name,
                Key={PARTITION_KEY: {"S": session_key(session_id)}, SORT_KEY: {"S": META}},
                ConsistentRead=True,
            )
        return WORK_KEY in found.get("Item", {})

    def erase(self, session_id: str) -> None:
        """Delete every item of a session; harmless when there are none.

        Raises:
            Unavailable: some may be left.
        """
        writes: list[WriteRequestTypeDef] = [
            {"DeleteRequest": {"Key": {name: item[name] for name in (PARTITION_KEY, SORT_KEY)}}}
            for item in self._items(session_id, "")
        ]
        for first in range(0, len(writes), WRITES_AT_ONCE):
            self._write(writes[first : first + WRITES_AT_ONCE])

    def _write(self, writes: Sequence[WriteRequestTypeDef | WriteRequestOutputTypeDef]) -> None:
        for _ in range(ATTEMPTS):
            with failures_as_codes():
                done = self._dynamodb.batch_write_item(RequestItems={self._table_name: writes})
            left = done.get("UnprocessedItems", {}).get(self._table_name)
            if not left:
                return
            writes = left
        raise Unavailable("UnprocessedItems")

    def _items(self, session_id: str, prefix: str) -> Iterator[dict[str, AttributeValueTypeDef]]:
        condition = f"{PARTITION_KEY} = :session"
        values: dict[str, AttributeValueTypeDef] = {":session": {"S": session_key(session_id)}}
        if prefix:
            condition += f" AND begins_with({SORT_KEY}, :prefix)"
            values[":prefix"] = {"S": prefix}
        start: dict[str, AttributeValueTypeDef] = {}
        while True:
            further = {"ExclusiveStartKey": start} if start else {}
            with failures_as_codes():
                page = self._dynamodb.query(
                    TableName=self._table_name,
                    KeyConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ConsistentRead=True,
                    **further,  # type: ignore[arg-type]
                )
            yield from page["Items"]
            start = page.get("LastEvaluatedKey", {})
            if not start:
                return
