"""Connection records: who is at the other end of a WebSocket. Written here, read by the streaming task."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from contract.records import (
    CONNECTION_KEPT_S,
    META,
    PARTITION_KEY,
    REVOKED,
    SORT_KEY,
    TTL,
    connection_key,
    ticket_key,
    user_key,
)
from lambdas.aws import failures_as_codes
from lambdas.errors import Unavailable
from lambdas.tickets import EXPIRES_AT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

LONGEST_TICKET: Final = 128  # characters; ours have 43
CONFLICT_ATTEMPTS: Final = 3


class Opening(Enum):
    """What came of the wish to open a connection."""

    OPENED = auto()
    TICKET_NOT_VALID = auto()  # never issued, used already, or expired
    SIGNED_OUT = auto()  # the user has signed out everywhere since the ticket's token was issued


class Connections:
    """The connection records in the table of live state."""

    def __init__(self, dynamodb: DynamoDBClient, table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def open(self, connection_id: str, ticket: str, *, now: float) -> Opening:
        """Spend the ticket and record the connection, both or neither; `now` is Unix seconds.

        Raises:
            Unavailable: the table did not do it; if it did after all, the ticket is spent and no more.
        """
        found = self._find_ticket(ticket)
        if found is None:
            return Opening.TICKET_NOT_VALID
        # A repeat after a lost answer is no second use: the SDK's attempts share one idempotency token.
        for _ in range(CONFLICT_ATTEMPTS):
            codes = self._try_to_open(connection_id, ticket, found, int(now))
            if codes is None:
                return Opening.OPENED
            if "TransactionConflict" not in codes:
                break
        else:
            raise Unavailable("TransactionConflict")
        match codes:
            case ["ConditionalCheckFailed", *_]:
                return Opening.TICKET_NOT_VALID
            case [_, _, "ConditionalCheckFailed"]:
                return Opening.SIGNED_OUT
            case _:
                raise Unavailable(next((code for code in codes if code != "None"), "TransactionCanceled"))

    def close(self, connection_id: str) -> None:
        """Forget a connection; harmless when there is none.

        Raises:
            Unavailable: the record may still be there; it expires by itself.
        """
        with failures_as_codes():
            self._dynamodb.delete_item(
                TableName=self._table_name, Key=_key(connection_key(connection_id), META)
            )

    def _find_ticket(self, ticket: str) -> dict[str, AttributeValueTypeDef] | None:
        if len(ticket) > LONGEST_TICKET or not ticket.isascii():
            return None
        with failures_as_codes():
            found = self._dynamodb.get_item(
                TableName=self._table_name, Key=_key(ticket_key(ticket), META), ConsistentRead=True
            )
        return found.get("Item")

    def _try_to_open(
        self, connection_id: str, ticket: str, found: dict[str, AttributeValueTypeDef], now: int
    ) -> list[str] | None:
        """Give the reasons why each of the writes was not done; None: all were."""
        writes: list[TransactWriteItemTypeDef] = [
            {
                "Delete": {
                    "TableName": self._table_name,
                    "Key": _key(ticket_key(ticket), META),
                    # By its own attribute: the table's TTL deletes hours later.
                    "ConditionExpression": f"attribute_exists({PARTITION_KEY}) AND {EXPIRES_AT} > :now",
                    "ExpressionAttributeValues": {":now": {"N": str(now)}},
                }
            },
            {"Put": {"TableName": self._table_name, "Item": _record(connection_id, found, now)}},
            {
                "ConditionCheck": {
                    "TableName": self._table_name,
                    "Key": _key(user_key(found["user_id"]["S"]), REVOKED),
                    # A token issued in the very second of the sign-out may have come before it.
                    "ConditionExpression": "attribute_not_exists(#at) OR #at < :issued_at",
                    "ExpressionAttributeNames": {"#at": "at"},
                    "ExpressionAttributeValues": {":issued_at": found["issued_at"]},
                }
            },
        ]
        with failures_as_codes():
            try:
                self._dynamodb.transact_write_items(TransactItems=writes)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != "TransactionCanceledException":
                    raise
                reasons = error.response.get("CancellationReasons", [])
                return [reason.get("Code", "None") for reason in reasons]
        return None


def _record(
    connection_id: str, ticket: dict[str, AttributeValueTypeDef], now: int
) -> dict[str, AttributeValueTypeDef]:
    return {
        **_key(connection_key(connection_id), META),
        "user_id": ticket["user_id"],
        "issued_at": ticket["issued_at"],
        "authorised_until": ticket["authorised_until"],
        "connected_at": {"N": str(now)},
        TTL: {"N": str(now + CONNECTION_KEPT_S)},
    }


def _key(partition: str, sort: str) -> dict[str, AttributeValueTypeDef]:
    return {PARTITION_KEY: {"S": partition}, SORT_KEY: {"S": sort}}
