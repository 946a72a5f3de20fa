"""Calls to the table end in time, and their failures have codes without content."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from streaming_task.adapters.registry_dynamodb.table import (
    FOR_LEASES,
    FOR_SESSIONS,
    WAITING,
    Cancelled,
    Table,
    open_dynamodb,
)
from streaming_task.core.leases import FENCE_AFTER_S
from streaming_task.ports import Unavailable


def refused(code: str, *reasons: str) -> ClientError:
    """Make the client's error."""
    return ClientError(
        {
            "Error": {"Code": code, "Message": "patient words"},
            "CancellationReasons": [{"Code": reason} for reason in reasons],
        },
        "TransactWriteItems",
    )


def failing(error: Exception) -> None:
    """Fail in the thread."""
    raise error


@pytest.mark.parametrize(
    ("error", "code"),
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
async def test_what_may_help_to_repeat_is_unavailable(table: Table, error: ClientError, code: str) -> None:
    """A conflict or a throttle says nothing of the conditions, and its code nothing of the content."""
    with pytest.raises(Unavailable) as unavailable:
        await table.call(lambda: failing(error))

    assert (unavailable.value.code, str(unavailable.value)) == (code, code)


async def test_failed_conditions_are_told_by_their_places(table: Table) -> None:
    """Which of the writes was refused may matter."""
    error = refused("TransactionCanceledException", "None", "ConditionalCheckFailed")

    with pytest.raises(Cancelled) as cancelled:
        await table.call(lambda: failing(error))

    assert cancelled.value.failed == {1}


async def test_a_call_that_takes_too_long_is_unavailable(table: Table) -> None:
    """A table that hangs holds up its caller for so long and no longer."""
    hung = threading.Event()
    impatient = Table(table.client, table.name, replace(FOR_SESSIONS, call_s=0.05))

    with pytest.raises(Unavailable) as unavailable:
        await impatient.call(lambda: hung.wait(timeout=10))
    hung.set()

    assert unavailable.value.code == "timeout"


async def test_a_call_that_waited_too_long_for_its_turn_is_not_made(table: Table) -> None:
    """Who asked has gone by then, or soon will have: the table has enough to do."""
    hasty = Table(table.client, table.name, replace(FOR_SESSIONS, turn_s=0.0))
    made: list[str] = []

    with pytest.raises(Unavailable) as unavailable:
        await hasty.call(lambda: made.append("late"))
    await hasty.close()

    assert (unavailable.value.code, made) == ("queue_late", [])


def test_a_bumps_patience_fits_the_lease() -> None:
    """One attempt, over before the fence: the SDK's second one would end when all is lost already."""
    patience = FOR_LEASES

    assert patience.attempts == 1
    assert patience.read_s < FENCE_AFTER_S
    assert patience.call_s <= FENCE_AFTER_S


async def test_too_many_calls_at_once_are_refused(table: Table) -> None:
    """While the table hangs, its callers' queue has an end."""
    hung = threading.Event()
    held = [asyncio.create_task(table.call(lambda: hung.wait(timeout=10))) for _ in range(WAITING)]
    await asyncio.sleep(0)

    with pytest.raises(Unavailable) as unavailable:
        await table.call(lambda: None)
    hung.set()
    await asyncio.gather(*held, return_exceptions=True)  # on a full machine some turns come too late
    await table.call(lambda: None)

    assert unavailable.value.code == "queue_full"


async def test_a_lease_waits_for_no_session(table: Table) -> None:
    """A task whose sessions keep a slow table busy must not be taken for dead."""
    hung = threading.Event()
    held = [asyncio.create_task(table.call(lambda: hung.wait(timeout=10))) for _ in range(WAITING)]
    apart = Table.for_leases("us-east-1", table.name)
    await asyncio.sleep(0)

    bumped = await apart.call(lambda: not hung.is_set())
    hung.set()
    await asyncio.gather(*held, return_exceptions=True)  # on a full machine some turns come too late
    await apart.close()

    assert bumped


async def test_an_unreachable_table_is_unavailable_within_the_patience(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The endpoint comes from the environment, as on every part of the product."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    unreachable = Table(open_dynamodb("us-east-1"), "live")

    with pytest.raises(Unavailable) as unavailable:
        await unreachable.find("pk", "sk")
    await unreachable.close()

    assert unavailable.value.code == "EndpointConnectionError"
