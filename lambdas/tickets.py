"""Tickets: short-lived, single-use permissions to open a WebSocket. Only their hashes are stored."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from contract.records import META, PARTITION_KEY, SORT_KEY, TTL, ticket_key
from lambdas.aws import failures_as_codes
from lambdas.identity import Identity

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TICKET_BYTES: Final = 32  # 256 random bits
EXPIRES_AT: Final = "expires_at"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as the page gets it; it is written nowhere else."""

    secret: str = field(repr=False)
    expires_in_s: int


class Tickets:
    """Issues tickets into the table of live state."""

    def __init__(self, dynamodb: DynamoDBClient, table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def issue(self, identity: Identity, *, now: float, lifetime_s: int) -> Ticket:
        """Store a new ticket of this user; `now` is Unix seconds.

        Raises:
            Unavailable: it could not be stored.
        """
        secret = secrets.token_urlsafe(TICKET_BYTES)
        expires_at = min(int(now) + lifetime_s, identity.authorised_until)
        with failures_as_codes():
            self._dynamodb.put_item(
                TableName=self._table_name,
                Item={
                    PARTITION_KEY: {"S": ticket_key(secret)},
                    SORT_KEY: {"S": META},
                    "user_id": {"S": identity.user_id},
                    "issued_at": {"N": str(identity.issued_at)},
                    "authorised_until": {"N": str(identity.authorised_until)},
                    EXPIRES_AT: {"N": str(expires_at)},
                    TTL: {"N": str(expires_at)},
                },
            )
        return Ticket(secret, expires_at - int(now))
