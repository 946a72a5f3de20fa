"""Calls to the table end in time and in their turn, and their failures have codes without content."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from streaming_task.adapters.registry_dynamodb.service import Patience
from streaming_task.adapters.registry_dynamodb.table import (
    FOR_LEASES,
    FOR_SESSIONS,
    WAITING,
    Cancelled,
    ConditionFailed,
    Table,
    open_dynamodb,
)
from streaming_task.core.leases import FENCE_AFTER_S
from streaming_task.ports import Credentials, Unavailable
from tests.fakes.raw_http import OK, RawHttpServer, answer

PATIENT = replace(FOR_SESSIONS, attempts=1, connect_s=30.0, answer_s=30.0, turn_s=30.0, call_s=60.0)


@pytest.fixture
async def server() -> AsyncIterator[RawHttpServer]:
    """Be DynamoDB."""
    async with RawHttpServer.running() as served:
        yield served


def open_table(url: str, credentials: Credentials, patience: Patience = PATIENT) -> Table:
    """Open a table there."""
    return Table(open_dynamodb(url, "us-east-1", credentials, patience), "live", patience)


@pytest.fixture
async def table(server: RawHttpServer, credentials: Credentials) -> AsyncIterator[Table]:
    """Open a table there, with one attempt."""
    opened = open_table(server.url, credentials)
    yield opened
    await opened.close()


def refused(code: str, *reasons: str) -> bytes:
    """Write DynamoDB's refusal."""
    content = {
        "__type": f"com.amazonaws.dynamodb.v20120810#{code}",
        "message": "patient words",
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return answer(400, json.dumps(content).encode())


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (refused("ThrottlingException"), "ThrottlingException"),
        (refused("TransactionCanceledException", "None", "TransactionConflict"), "TransactionConflict"),
        (
            refused("TransactionCanceledException", "ConditionalCheckFailed", "TransactionConflict"),
            "TransactionConflict",
        ),
        (refused("TransactionCanceledException", "ThrottlingError", "None"), "ThrottlingError"),
        (refused("TransactionCanceledException"), "TransactionCanceledException"),
        (refused("InternalServerError"), "InternalServerError"),
    ],
)
async def test_what_may_help_to_repeat_is_unavailable(
    server: RawHttpServer, table: Table, said: bytes, code: str
) -> None:
    """A conflict or a throttle says nothing of the conditions, and its code nothing of the content."""
    server.script(said)

    with pytest.raises(Unavailable) as unavailable:
        await table.find("pk", "sk")

    assert (unavailable.value.code, str(unavailable.value)) == (code, code)


@pytest.mark.parametrize("said", [b"{}", b'{"Items": null}', b'{"Items": {}}'])
async def test_an_answer_without_items_is_no_empty_page(
    server: RawHttpServer, table: Table, said: bytes
) -> None:
    """What answers in DynamoDB's place, and says nothing, has not said that there is nothing."""
    server.script(answer(200, said))

    with pytest.raises(Unavailable) as unavailable:
        async for _ in table.pages({"TableName": "live"}):
            pass

    assert unavailable.value.code == "bad_answer"


async def test_failed_conditions_are_told_by_their_places(server: RawHttpServer, table: Table) -> None:
    """Which of the writes was refused may matter."""
    server.script(refused("TransactionCanceledException", "None", "ConditionalCheckFailed"))

    with pytest.raises(Cancelled) as cancelled:
        await table.transact("token")

    assert cancelled.value.failed == {1}


async def test_a_single_writes_failed_condition_is_told(server: RawHttpServer, table: Table) -> None:
    """It is an answer, not a failure."""
    server.script(refused("ConditionalCheckFailedException"))

    with pytest.raises(ConditionFailed):
        await table.call("PutItem", {})


async def test_a_call_that_takes_too_long_is_unavailable(
    server: RawHttpServer, credentials: Credentials
) -> None:
    """A table that hangs holds up its caller for so long and no longer."""
    server.script(b"")
    impatient = open_table(server.url, credentials, replace(PATIENT, call_s=0.05))

    with pytest.raises(Unavailable) as unavailable:
        await impatient.find("pk", "sk")
    await impatient.close()

    assert unavailable.value.code == "timeout"


async def test_a_call_that_waited_too_long_for_its_turn_is_not_made(
    server: RawHttpServer, credentials: Credentials
) -> None:
    """Who asked has gone by then, or soon will have: the table has enough to do."""
    server.script(b"", OK)
    hasty = open_table(server.url, credentials, replace(PATIENT, at_once=1, turn_s=0.05))
    held = asyncio.create_task(hasty.find("held", "sk"))
    await server.asked(1)

    with pytest.raises(Unavailable) as unavailable:
        await hasty.find("late", "sk")
    held.cancel()
    await asyncio.gather(held, return_exceptions=True)
    found = await hasty.find("next", "sk")  # whose turn came with the end of the first
    await hasty.close()

    assert (unavailable.value.code, found) == ("queue_late", None)
    assert [json.loads(request.body)["Key"]["pk"]["S"] for request in server.requests] == ["held", "next"]


def test_a_bumps_patience_fits_the_lease() -> None:
    """One attempt, over before the fence: a second one would end when all is lost already."""
    patience = FOR_LEASES

    assert patience.attempts == 1
    assert patience.answer_s < FENCE_AFTER_S
    assert patience.call_s <= FENCE_AFTER_S


async def test_too_many_calls_at_once_are_refused(server: RawHttpServer, table: Table) -> None:
    """While the table hangs, its callers' queue has an end; as many as may are under way."""
    server.script(*[b""] * PATIENT.at_once)
    held = [asyncio.create_task(table.find("pk", str(number))) for number in range(WAITING)]
    await server.asked(PATIENT.at_once)

    with pytest.raises(Unavailable) as unavailable:
        await table.find("pk", "one more")
    for call in held:
        call.cancel()
    await asyncio.gather(*held, return_exceptions=True)
    await table.find("pk", "sk")

    assert unavailable.value.code == "queue_full"
    assert len(server.requests) == PATIENT.at_once + 1


async def test_a_lease_waits_for_no_session(
    server: RawHttpServer, table: Table, credentials: Credentials
) -> None:
    """A task whose sessions keep a slow table busy must not be taken for dead."""
    server.script(*[b""] * PATIENT.at_once)
    held = [asyncio.create_task(table.find("pk", str(number))) for number in range(PATIENT.at_once * 2)]
    await server.asked(PATIENT.at_once)
    apart = Table.for_leases(server.url, "us-east-1", credentials, "live")

    found = await apart.find("tasks", "me")
    for call in held:
        call.cancel()
    await asyncio.gather(*held, return_exceptions=True)
    await apart.close()

    assert found is None


async def test_an_unreachable_table_is_unavailable_within_the_patience(
    credentials: Credentials,
) -> None:
    """Nobody waits for a table that is not there."""
    unreachable = open_table("http://127.0.0.1:1", credentials, FOR_SESSIONS)

    with pytest.raises(Unavailable) as unavailable:
        await unreachable.find("pk", "sk")
    await unreachable.close()

    assert unavailable.value.code == "not_connected"
