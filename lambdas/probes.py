"""What `GET /health` asks of whom: the secret, PostgreSQL and its ledger, and the streaming tasks' leases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from contract.records import PARTITION_KEY, TASKS_KEY
from lambdas.aws import failures_as_codes
from lambdas.database import Database
from lambdas.errors import Unavailable
from lambdas.health import Finding, Reachable, Schema, Streaming
from migrations.errors import MigrationError
from migrations.files import Migration
from migrations.runner import status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

LEASE_STALE_S: Final = 15.0  # bumped every 2 s; this look decides nothing, so that wall clocks will do
CONNECT_S: Final = 1.0
ANSWER_S: Final = 1.0


class RecordProbe:
    """The secret, then the database with it, then the schema in it."""

    def __init__(self, database: Database, files: Sequence[Migration]) -> None:
        self._database = database
        self._files = files

    def __call__(self) -> Iterator[Finding]:
        """Find them out in order.

        Raises:
            Unavailable: one did not answer.
        """
        credentials = self._database.read_credentials()
        yield Reachable("secrets_manager")
        with self._database.connect(credentials, connect_s=CONNECT_S, answer_s=ANSWER_S) as connection:
            yield Reachable("database")
            try:
                plan = status(connection, self._files)
            except MigrationError as error:
                raise Unavailable(type(error).__name__) from None
        yield Schema(len(plan.applied), len(plan.pending))


class StreamingProbe:
    """The leases of the streaming tasks; `now` gives Unix seconds."""

    def __init__(self, dynamodb: DynamoDBClient, table_name: str, now: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name
        self._now = now

    def __call__(self) -> Iterator[Finding]:
        """Count the tasks that live and their sessions.

        Raises:
            Unavailable: the table did not answer.
        """
        with failures_as_codes():
            # One page holds thousands of leases.
            found = self._dynamodb.query(
                TableName=self._table_name,
                KeyConditionExpression=f"{PARTITION_KEY} = :tasks",
                ExpressionAttributeValues={":tasks": {"S": TASKS_KEY}},
            )
        live = [lease for lease in found["Items"] if self._is_live(lease)]
        sessions = sum(_number(lease, "sessions") or 0 for lease in live)
        room = sum(_number(lease, "room") or 0 for lease in live)
        yield Streaming(len(live), sessions, room)

    def _is_live(self, lease: dict[str, AttributeValueTypeDef]) -> bool:
        updated_at = _number(lease, "updated_at")
        return updated_at is not None and self._now() - updated_at < LEASE_STALE_S


def _number(item: dict[str, AttributeValueTypeDef], name: str) -> int | None:
    return int(float(item[name]["N"])) if name in item and "N" in item[name] else None
