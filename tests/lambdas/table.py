"""Look into the table of live state as its other readers do: by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import boto3

from contract.records import META, PARTITION_KEY, REVOKED, SORT_KEY, TASKS_KEY, UserId, user_key
from lambdas.identity import Identity
from lambdas.tickets import Tickets

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE: Final = "live"
NOW: Final = 1_800_000_000.0
DOCTOR: Final = Identity(
    UserId("doctor-1"), issued_at=int(NOW) - 60, authorised_until=int(NOW) + 840, username="drmeyer"
)


class Table:
    """The table, and what tests put into it."""

    def __init__(self) -> None:
        self.client: DynamoDBClient = boto3.client("dynamodb")

    def item(self, partition: str, sort: str = META) -> dict[str, str] | None:
        """Give an item's attributes as text, without its keys; None: there is none."""
        key = {PARTITION_KEY: {"S": partition}, SORT_KEY: {"S": sort}}
        found = self.client.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item")
        if found is None:
            return None
        return {name: str(next(iter(value.values()))) for name, value in found.items() if name not in key}

    def everything(self) -> str:
        """Give all items as one text, to look for what must not be in it."""
        return repr(self.client.scan(TableName=TABLE)["Items"])

    def issue_ticket(self, identity: Identity = DOCTOR, *, lifetime_s: int = 30) -> str:
        """Issue a ticket at `NOW`."""
        return Tickets(self.client, TABLE).issue(identity, now=NOW, lifetime_s=lifetime_s).secret

    def sign_out(self, user_id: str, at: float) -> None:
        """Record that a user signed out everywhere."""
        self._put(user_key(user_id), REVOKED, at=at)

    def lease(self, task_id: str, **numbers: float) -> None:
        """Record a task's lease."""
        self._put(TASKS_KEY, task_id, **numbers)

    def _put(self, partition: str, sort: str, **numbers: float) -> None:
        item = {name: {"N": str(number)} for name, number in numbers.items()}
        self.client.put_item(
            TableName=TABLE, Item={PARTITION_KEY: {"S": partition}, SORT_KEY: {"S": sort}, **item}
        )
