"""Finals are appended in one transaction with the position, once, in order, under one epoch."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from contract.records import META, SessionId, SessionState, TaskId, final_sort_key, session_key
from contract.replies import Entity, Final, Item
from streaming_task.adapters.registry_dynamodb import DynamoFinals, DynamoSessions, Table
from streaming_task.adapters.registry_dynamodb.service import DynamoService
from streaming_task.core.ownership import SessionMeta
from streaming_task.ports import Diverged, Fenced, Unavailable
from tests.streaming_task.adapters.registry_dynamodb.lossy_table import LossyTable
from tests.streaming_task.adapters.registry_dynamodb.one_session import SESSION, TERMS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def final(segment: int, text: str = "chest pain") -> Final:
    """Make a final."""
    return Final(
        segment=segment,
        start_ms=segment * 1000,
        end_ms=segment * 1000 + 900,
        text=text,
        stream=0,
        speaker=None,
        items=(Item("chest", "word", 0, 400, 0.875, None), Item(".", "punctuation", 400, 400, None, None)),
        entities=(Entity("Ann", "NAME", 0, 400, 0.5),),
    )


@pytest.fixture
async def finals(table: Table) -> DynamoFinals:
    """Keep the finals of one open session of epoch 1."""
    meta = SessionMeta(terms=TERMS, owner=TaskId("task-1"), epoch=1, state=SessionState.OPEN)
    await DynamoSessions(table).create(meta)
    return DynamoFinals(table)


async def position(table: Table) -> tuple[int, int]:
    """Read how far the session's finals go: samples, segments."""
    meta = await DynamoSessions(table).find(SESSION)
    assert meta is not None
    return meta.final_until, meta.segments


async def test_finals_are_read_back_in_order_after_a_segment(finals: DynamoFinals, table: Table) -> None:
    """A client that resumes hears what it has missed, as it was said."""
    for segment in range(12):
        await finals.append(SESSION, 1, segment * 100, segment * 100 + 100, final(segment))

    everything = await finals.after(SESSION, -1)
    missed = await finals.after(SESSION, 9)

    assert everything == [final(segment) for segment in range(12)]
    assert missed == [final(10), final(11)]
    assert await finals.after(SESSION, 11) == []
    assert await position(table) == (1_200, 12)


async def test_moving_on_stores_no_final(finals: DynamoFinals, table: Table) -> None:
    """A park advances over silence."""
    await finals.append(SESSION, 1, 0, 500, None)
    await finals.append(SESSION, 1, 0, 500, None)

    assert await position(table) == (500, 0)
    assert await finals.after(SESSION, -1) == []


async def test_a_repeat_is_a_success_that_changes_nothing(finals: DynamoFinals, table: Table) -> None:
    """Also when more has been stored since."""
    await finals.append(SESSION, 1, 0, 100, final(0))
    await finals.append(SESSION, 1, 100, 200, final(1))

    await finals.append(SESSION, 1, 0, 100, final(0))

    assert await finals.after(SESSION, -1) == [final(0), final(1)]
    assert await position(table) == (200, 2)


async def test_a_lost_answer_is_made_good_by_repeating(
    finals: DynamoFinals, lossy_table: LossyTable, table: Table
) -> None:
    """Done, but nobody heard: the same call again says so and stores nothing twice."""
    lossy = DynamoFinals(lossy_table.table)
    for start, end, said in ((0, 100, final(0)), (100, 200, None)):
        lossy_table.lose(1)
        with pytest.raises(Unavailable):
            await lossy.append(SESSION, 1, start, end, said)
        await lossy.append(SESSION, 1, start, end, said)

    assert await finals.after(SESSION, -1) == [final(0)]
    assert await position(table) == (200, 1)


async def test_a_stored_final_never_changes(finals: DynamoFinals, table: Table) -> None:
    """Other words for the same place are refused: the first may have been shown already."""
    await finals.append(SESSION, 1, 0, 100, final(0))

    with pytest.raises(Diverged):
        await finals.append(SESSION, 1, 0, 100, final(0, "other words"))

    assert await finals.after(SESSION, -1) == [final(0)]
    assert await position(table) == (100, 1)


@pytest.mark.parametrize(
    ("start", "segment"), [(50, 1), (100, 0), (100, 2), (200, 1)], ids=["behind", "taken", "hole", "ahead"]
)
async def test_a_position_other_than_the_stored_one_is_diverged(
    finals: DynamoFinals, table: Table, start: int, segment: int
) -> None:
    """Finals are contiguous and densely numbered."""
    await finals.append(SESSION, 1, 0, 100, final(0))

    with pytest.raises(Diverged):
        await finals.append(SESSION, 1, start, start + 300, final(segment, "new"))

    assert await position(table) == (100, 1)
    assert await finals.after(SESSION, -1) == [final(0)]


async def test_moving_on_from_elsewhere_is_diverged(finals: DynamoFinals) -> None:
    """The position is never guessed."""
    await finals.append(SESSION, 1, 0, 100, None)

    with pytest.raises(Diverged):
        await finals.append(SESSION, 1, 50, 200, None)


@pytest.mark.parametrize("said", [final(0), None], ids=["final", "move"])
async def test_an_old_epoch_is_fenced(
    finals: DynamoFinals, dynamodb: DynamoDBClient, table_name: str, said: Final | None
) -> None:
    """A zombie's words are never stored."""
    dynamodb.update_item(
        TableName=table_name,
        Key={"pk": {"S": session_key(SESSION)}, "sk": {"S": "meta"}},
        UpdateExpression="SET epoch = :next",
        ExpressionAttributeValues={":next": {"N": "2"}},
    )

    with pytest.raises(Fenced):
        await finals.append(SESSION, 1, 0, 100, said)

    assert await finals.after(SESSION, -1) == []


async def test_a_session_that_is_gone_is_fenced(finals: DynamoFinals) -> None:
    """There is nothing left to write to."""
    with pytest.raises(Fenced):
        await finals.append(SessionId("gone"), 1, 0, 100, final(0))


async def test_racing_appends_store_one(finals: DynamoFinals, table: Table) -> None:
    """Whatever each hears, one place gets one final."""
    versions = [final(0, f"version {number}") for number in range(8)]

    outcomes = await asyncio.gather(
        *(finals.append(SESSION, 1, 0, 100, version) for version in versions), return_exceptions=True
    )

    stored = await finals.after(SESSION, -1)
    assert stored == [version for version, outcome in zip(versions, outcomes, strict=True) if outcome is None]
    assert all(outcome is None or isinstance(outcome, Diverged | Unavailable) for outcome in outcomes)
    assert await position(table) == (100, 1)


async def test_long_transcripts_come_whole(finals: DynamoFinals) -> None:
    """A query gives 1 MB at a time."""
    said = [dataclasses.replace(final(segment), text="x" * 300_000) for segment in range(5)]
    for segment, one in enumerate(said):
        await finals.append(SESSION, 1, segment, segment + 1, one)

    assert await finals.after(SESSION, -1) == said


def expiries(dynamodb: DynamoDBClient, table_name: str) -> dict[str, int | None]:
    """Read when each of the session's items goes."""
    found = dynamodb.query(
        TableName=table_name,
        KeyConditionExpression="pk = :session",
        ExpressionAttributeValues={":session": {"S": session_key(SESSION)}},
    )
    return {item["sk"]["S"]: int(item["ttl"]["N"]) if "ttl" in item else None for item in found["Items"]}


class ThreeAtATime(Table):
    """Makes pages small."""

    async def call(self, operation: str, request: Mapping[str, object]) -> dict[str, Any]:
        """Ask for three items at most."""
        return await super().call(operation, {**request, "Limit": 3} if operation == "Query" else request)


async def test_finals_of_a_finished_session_get_an_end(
    finals: DynamoFinals, service: DynamoService, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """Every one of them, however many pages they fill, and nothing else; the first end stands."""
    for segment in range(11):
        await finals.append(SESSION, 1, segment, segment + 1, final(segment))
    table = ThreeAtATime(service, table_name)

    await DynamoFinals(table, clock=lambda: 1_000.5).expire(SESSION, after_s=60.0)
    await DynamoFinals(table, clock=lambda: 5_000.0).expire(SESSION, after_s=60.0)

    expected = {final_sort_key(segment): 1_060 for segment in range(11)}
    assert expiries(dynamodb, table_name) == {**expected, META: None}
    assert await finals.after(SESSION, -1) == [final(segment) for segment in range(11)]


async def test_a_session_without_finals_has_none_to_end(
    finals: DynamoFinals, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """And none are made."""
    await finals.expire(SESSION, after_s=60.0)

    assert expiries(dynamodb, table_name) == {META: None}


async def test_an_expiry_that_failed_midway_goes_on_where_it_was(
    finals: DynamoFinals, lossy_table: LossyTable, table: Table, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """What was done stays done; asking again does the rest."""
    for segment in range(6):
        await finals.append(SESSION, 1, segment, segment + 1, final(segment))
    lossy_table.lose(1, "UpdateItem")
    with pytest.raises(Unavailable):
        await DynamoFinals(lossy_table.table, clock=lambda: 1_000.0).expire(SESSION, after_s=60.0)
    midway = expiries(dynamodb, table_name)

    await DynamoFinals(table, clock=lambda: 2_000.0).expire(SESSION, after_s=60.0)

    ends = [expiries(dynamodb, table_name)[final_sort_key(segment)] for segment in range(6)]
    assert [midway[final_sort_key(segment)] for segment in range(6)] == [1_060] * 4 + [None] * 2
    assert ends == [1_060] * 4 + [2_060] * 2
