"""Connection records are read as the connect Lambda writes them, and renewed by tickets, each good once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from contract.records import ConnectionId, UserId, connection_key, ticket_key, user_key
from streaming_task.adapters.registry_dynamodb import DynamoConnections, Table
from streaming_task.ports import Connection, Unavailable
from tests.streaming_task.adapters.registry_dynamodb.lossy_table import LossyTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = 1_767_225_599.5
ID = ConnectionId("L0SM9cOFvHcCIhw=")
USER = UserId("user-1")
BEFORE = Connection(ID, USER, issued_at=NOW - 899.5, authorised_until=NOW + 0.5)
AFTER = Connection(ID, USER, issued_at=1_767_225_590.0, authorised_until=1_767_226_490.0)


class Records:
    """Writes records as the Lambdas do."""

    def __init__(self, dynamodb: DynamoDBClient, table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def connection(self, ttl: int = int(NOW) + 3600, connection_id: str = ID) -> None:
        """Record a connection."""
        self._put(connection_key(connection_id), BEFORE.issued_at, BEFORE.authorised_until, ttl=ttl)

    def ticket(self, ticket: str, user_id: str = USER, expires_at: int = int(NOW) + 30) -> None:
        """Issue a ticket."""
        self._put(
            ticket_key(ticket),
            AFTER.issued_at,
            AFTER.authorised_until,
            user_id=user_id,
            expires_at=expires_at,
            ttl=expires_at,
        )

    def has_ticket(self, ticket: str) -> bool:
        """Say whether a ticket is still there."""
        key = {"pk": {"S": ticket_key(ticket)}, "sk": {"S": "meta"}}
        return "Item" in self._dynamodb.get_item(TableName=self._table_name, Key=key)

    def revoke(self, at: int) -> None:
        """Sign the user out everywhere."""
        self._dynamodb.put_item(
            TableName=self._table_name,
            Item={"pk": {"S": user_key(USER)}, "sk": {"S": "revoked"}, "at": {"N": str(at)}},
        )

    def _put(self, key: str, issued_at: float, until: float, user_id: str = USER, **numbers: int) -> None:
        self._dynamodb.put_item(
            TableName=self._table_name,
            Item={
                "pk": {"S": key},
                "sk": {"S": "meta"},
                "user_id": {"S": user_id},
                "issued_at": {"N": str(issued_at)},
                "authorised_until": {"N": str(until)},
                **{name: {"N": str(value)} for name, value in numbers.items()},
            },
        )


@pytest.fixture
def records(dynamodb: DynamoDBClient, table_name: str) -> Records:
    """Write records."""
    return Records(dynamodb, table_name)


@pytest.fixture
def connections(table: Table) -> DynamoConnections:
    """Read connections at a fixed time."""
    return DynamoConnections(table, clock=lambda: NOW)


async def test_a_connection_is_found_as_recorded(connections: DynamoConnections, records: Records) -> None:
    """The user is learnt from here, never from a header."""
    records.connection()

    assert await connections.find(ID) == BEFORE


async def test_unknown_and_expired_connections_are_none(
    connections: DynamoConnections, records: Records
) -> None:
    """A record past its time is none, though the table may delete it hours later."""
    records.connection(ttl=int(NOW))

    assert await connections.find(ID) is None
    assert await connections.find(ConnectionId("forged")) is None


async def test_a_ticket_renews_the_connection(connections: DynamoConnections, records: Records) -> None:
    """Its times become the connection's; the ticket is spent."""
    records.connection()
    records.ticket("t-1")

    renewed = await connections.renew(BEFORE, "t-1")

    assert renewed == AFTER
    assert await connections.find(ID) == AFTER
    assert not records.has_ticket("t-1")


async def test_the_same_renewal_is_answered_again(connections: DynamoConnections, records: Records) -> None:
    """A client repeats what it heard no answer to; the ticket is no less its own for having been used."""
    records.connection()
    records.ticket("t-1")
    await connections.renew(BEFORE, "t-1")

    assert await connections.renew(BEFORE, "t-1") == AFTER


async def test_a_renewal_whose_answer_was_lost_is_answered_again(
    lossy_table: LossyTable, records: Records
) -> None:
    """Done, but nobody heard: the client repeats, and so may the caller."""
    connections = DynamoConnections(lossy_table.table, clock=lambda: NOW)
    records.connection()
    records.ticket("t-1")
    lossy_table.lose(1, "TransactWriteItems")

    with pytest.raises(Unavailable):
        await connections.renew(BEFORE, "t-1")

    assert not records.has_ticket("t-1")
    assert await connections.renew(BEFORE, "t-1") == AFTER


async def test_another_connection_cannot_use_a_spent_ticket(
    connections: DynamoConnections, records: Records
) -> None:
    """Single use is single use."""
    other = ConnectionId("other=")
    records.connection()
    records.connection(connection_id=other)
    records.ticket("t-1")
    await connections.renew(BEFORE, "t-1")

    assert await connections.renew(Connection(other, USER, 0, 0), "t-1") is None


async def test_two_connections_race_for_a_ticket_and_one_gets_it(
    connections: DynamoConnections, records: Records
) -> None:
    """Spending and renewing cannot come apart."""
    other = ConnectionId("other=")
    records.connection()
    records.connection(connection_id=other)
    records.ticket("t-1")

    outcomes = await asyncio.gather(
        connections.renew(BEFORE, "t-1"),
        connections.renew(Connection(other, USER, 0, 0), "t-1"),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, Connection) for outcome in outcomes) == 1


async def test_someone_elses_ticket_is_no_good_and_stays_theirs(
    connections: DynamoConnections, records: Records
) -> None:
    """A connection keeps its user for life."""
    records.connection()
    records.ticket("t-1", user_id="user-2")

    assert await connections.renew(BEFORE, "t-1") is None
    assert records.has_ticket("t-1")
    assert await connections.find(ID) == BEFORE


async def test_an_expired_ticket_is_no_good(connections: DynamoConnections, records: Records) -> None:
    """30 seconds, by its own attribute."""
    records.connection()
    records.ticket("t-1", expires_at=int(NOW))

    assert await connections.renew(BEFORE, "t-1") is None
    assert await connections.find(ID) == BEFORE


@pytest.mark.parametrize("ticket", ["never issued", "", "x" * 10_000])
async def test_what_is_no_ticket_is_no_good(
    connections: DynamoConnections, records: Records, ticket: str
) -> None:
    """Anything may come from outside."""
    records.connection()

    assert await connections.renew(BEFORE, ticket) is None


async def test_a_ticket_from_before_a_sign_out_everywhere_is_no_good(
    connections: DynamoConnections, records: Records
) -> None:
    """Signing out must not be undone by a ticket fetched a moment before."""
    records.connection()
    records.ticket("t-1")
    records.revoke(at=int(AFTER.issued_at))

    assert await connections.renew(BEFORE, "t-1") is None
    assert await connections.find(ID) == BEFORE


async def test_a_connection_that_is_gone_is_not_renewed_into_being(
    connections: DynamoConnections, records: Records
) -> None:
    """Only the connect Lambda makes connections; the ticket stays good for the next one."""
    records.ticket("t-1")

    assert await connections.renew(BEFORE, "t-1") is None
    assert records.has_ticket("t-1")
