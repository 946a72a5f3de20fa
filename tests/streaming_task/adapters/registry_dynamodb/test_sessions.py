"""The sessions' items: created once, written under one epoch, found by the sweeper while unfinished."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from contract.audio import Encoding
from contract.records import (
    COMMITTED_KEPT_S,
    META,
    WORK_INDEX,
    ConnectionId,
    RecordingState,
    SessionState,
    TaskId,
    TranscriptState,
    session_key,
    work_key,
)
from streaming_task.adapters.registry_dynamodb import DynamoSessions, Table
from streaming_task.adapters.registry_dynamodb.service import DynamoService
from streaming_task.core.ownership import SessionChanges, SessionMeta
from streaming_task.ports import Fenced, Unavailable
from tests.streaming_task.adapters.registry_dynamodb.lossy_table import LossyTable
from tests.streaming_task.adapters.registry_dynamodb.one_session import TERMS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = 1_767_225_599.123
META_1 = SessionMeta(terms=TERMS, owner=TaskId("task-1"), epoch=1, state=SessionState.OPEN)


@pytest.fixture
def sessions(table: Table) -> DynamoSessions:
    """Keep sessions at a fixed time."""
    return DynamoSessions(table, clock=lambda: NOW)


def stored(dynamodb: DynamoDBClient, table_name: str) -> dict[str, Any]:
    """Read the item as it lies there."""
    found = dynamodb.get_item(
        TableName=table_name, Key={"pk": {"S": session_key(TERMS.session_id)}, "sk": {"S": META}}
    )
    return found.get("Item", {})


def in_work(dynamodb: DynamoDBClient, table_name: str, state: SessionState) -> list[str]:
    """Ask the sweeper's index who owns what is unfinished in a state."""
    found = dynamodb.query(
        TableName=table_name,
        IndexName=WORK_INDEX,
        KeyConditionExpression="#work = :work",
        ExpressionAttributeNames={"#work": "work"},
        ExpressionAttributeValues={":work": {"S": work_key(state, TERMS.session_id)}},
    )
    return [item["owner"]["S"] for item in found["Items"]]


FULL = SessionMeta(
    terms=dataclasses.replace(TERMS, vocabulary="cardiac-terms", encoding=Encoding.OPUS),
    owner=None,
    epoch=7,
    state=SessionState.COMMITTED,
    final_until=123_456,
    segments=3,
    streams=2,
    end_offset=200_000,
    client_sha256="ab" * 32,
    connection_id=ConnectionId("L0SM9cOFvHcCIhw="),
    client="2f0e",
    samples=200_000,
    sha256="cd" * 32,
    gaps=((100, 200), (300, 400)),
    transcript=TranscriptState.PENDING,
    transcription_id=42,
    recording=RecordingState.KEPT,
)


@pytest.mark.parametrize("meta", [META_1, FULL], ids=["new", "full"])
async def test_a_session_is_found_as_it_was_created(sessions: DynamoSessions, meta: SessionMeta) -> None:
    """Every field survives, and what is not set stays unset."""
    created = await sessions.create(meta)

    assert created is None
    assert await sessions.find(TERMS.session_id) == meta


async def test_attributes_have_their_plain_names(
    sessions: DynamoSessions, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """Operators read the table, and other parts of the product its keys."""
    await sessions.create(META_1)

    item = stored(dynamodb, table_name)

    assert {name: next(iter(item[name].values())) for name in ("owner", "epoch", "state", "final_until")} == {
        "owner": "task-1",
        "epoch": "1",
        "state": "OPEN",
        "final_until": "0",
    }
    assert "ttl" not in item
    assert in_work(dynamodb, table_name, SessionState.OPEN) == ["task-1"]


async def test_the_first_of_two_creations_stands(sessions: DynamoSessions) -> None:
    """A repeated `start` attaches to the session that is there, whoever opened it."""
    await sessions.create(META_1)

    there = await sessions.create(dataclasses.replace(META_1, owner=TaskId("task-2")))

    assert there == META_1


async def test_many_tasks_race_and_one_creates(sessions: DynamoSessions) -> None:
    """One session has one owner."""
    tasks = [dataclasses.replace(META_1, owner=TaskId(f"task-{number}")) for number in range(10)]

    outcomes = await asyncio.gather(*(sessions.create(meta) for meta in tasks))

    winners = [meta for meta, there in zip(tasks, outcomes, strict=True) if there is None]
    assert len(winners) == 1
    assert all(there in (None, winners[0]) for there in outcomes)


async def test_a_creation_whose_answer_was_lost_is_known_as_ones_own(lossy_table: LossyTable) -> None:
    """The same call again says that the session is new, for it is this task's."""
    sessions = DynamoSessions(lossy_table.table, clock=lambda: NOW)
    lossy_table.lose(1)

    with pytest.raises(Unavailable):
        await sessions.create(META_1)

    assert await sessions.create(META_1) is None


async def test_no_such_session_is_none(sessions: DynamoSessions) -> None:
    """Absence is an answer."""
    assert await sessions.find(TERMS.session_id) is None


async def test_an_update_writes_what_changed_and_nothing_else(sessions: DynamoSessions) -> None:
    """None leaves a field as it is."""
    await sessions.create(META_1)

    await sessions.update(TERMS.session_id, 1, SessionChanges(streams=3, connection_id=ConnectionId("c")))
    await sessions.update(TERMS.session_id, 1, SessionChanges())

    expected = dataclasses.replace(META_1, streams=3, connection_id=ConnectionId("c"))
    assert await sessions.find(TERMS.session_id) == expected


@pytest.mark.parametrize("epoch", [0, 2])
async def test_another_epoch_writes_nothing(sessions: DynamoSessions, epoch: int) -> None:
    """A woken zombie, or one whose session is gone, learns that it is fenced."""
    with pytest.raises(Fenced):
        await sessions.update(TERMS.session_id, epoch, SessionChanges(streams=1))
    await sessions.create(META_1)

    with pytest.raises(Fenced):
        await sessions.update(TERMS.session_id, epoch, SessionChanges(state=SessionState.SEALED))

    assert await sessions.find(TERMS.session_id) == META_1


async def test_a_lost_answer_to_an_update_is_made_good_by_repeating_it(lossy_table: LossyTable) -> None:
    """The same call again is safe."""
    sessions = DynamoSessions(lossy_table.table, clock=lambda: NOW)
    changes = SessionChanges(state=SessionState.STOPPING, end_offset=100)
    await sessions.create(META_1)
    lossy_table.lose(1)

    with pytest.raises(Unavailable):
        await sessions.update(TERMS.session_id, 1, changes)
    await sessions.update(TERMS.session_id, 1, changes)

    there = await sessions.find(TERMS.session_id)
    assert there == dataclasses.replace(META_1, state=SessionState.STOPPING, end_offset=100)


async def test_an_update_that_arrives_late_does_not_turn_a_session_back(sessions: DynamoSessions) -> None:
    """States go forward only, whatever order the network has."""
    await sessions.create(META_1)
    sealed = SessionChanges(state=SessionState.SEALED, samples=5)
    await sessions.update(TERMS.session_id, 1, sealed)

    await sessions.update(TERMS.session_id, 1, SessionChanges(state=SessionState.STOPPING, end_offset=5))

    there = await sessions.find(TERMS.session_id)
    assert there == dataclasses.replace(META_1, state=SessionState.SEALED, samples=5)


async def test_the_sweepers_index_follows_the_state(
    sessions: DynamoSessions, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """An unfinished session is in it once, under the state that it is in."""
    await sessions.create(META_1)

    await sessions.update(TERMS.session_id, 1, SessionChanges(state=SessionState.SEALED))

    assert in_work(dynamodb, table_name, SessionState.OPEN) == []
    assert in_work(dynamodb, table_name, SessionState.SEALED) == ["task-1"]


@pytest.mark.parametrize("transcript", list(TranscriptState))
async def test_a_committed_session_is_work_until_it_is_finished(
    sessions: DynamoSessions, dynamodb: DynamoDBClient, table_name: str, transcript: TranscriptState
) -> None:
    """Parts and text may wait: only when nothing does, the item gets its end, a day to answer `resume`."""
    await sessions.create(META_1)
    await sessions.update(TERMS.session_id, 1, committed(transcript))
    await sessions.update(TERMS.session_id, 1, SessionChanges(recording=RecordingState.COMPACTED))
    before = stored(dynamodb, table_name)
    found = in_work(dynamodb, table_name, SessionState.COMMITTED)

    await sessions.update(TERMS.session_id, 1, SessionChanges(is_finished=True))

    there = await sessions.find(TERMS.session_id)
    finished = stored(dynamodb, table_name)
    assert found == ["task-1"]
    assert "ttl" not in before
    assert finished["ttl"] == {"N": str(int(NOW) + COMMITTED_KEPT_S)}
    assert "work" not in finished
    assert in_work(dynamodb, table_name, SessionState.COMMITTED) == []
    assert there is not None
    assert (there.is_finished, there.recording) == (True, RecordingState.COMPACTED)


async def test_a_commit_that_arrives_late_makes_no_work_of_what_is_finished(
    sessions: DynamoSessions, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """Its first attempt was slow and the second did it; the sweeper must not see the session again."""
    await sessions.create(META_1)
    await sessions.update(TERMS.session_id, 1, committed(TranscriptState.COMPLETE))
    await sessions.update(TERMS.session_id, 1, SessionChanges(is_finished=True))

    await sessions.update(TERMS.session_id, 1, committed(TranscriptState.COMPLETE))

    assert in_work(dynamodb, table_name, SessionState.COMMITTED) == []
    assert "work" not in stored(dynamodb, table_name)


def committed(transcript: TranscriptState) -> SessionChanges:
    """Make what a commit writes."""
    return SessionChanges(state=SessionState.COMMITTED, transcript=transcript, transcription_id=9)


async def test_a_table_out_of_reach_is_unavailable(service: DynamoService) -> None:
    """The code names the kind of failure and holds no content."""
    elsewhere = DynamoSessions(Table(service, "no-such-table"))

    with pytest.raises(Unavailable) as unavailable:
        await elsewhere.find(TERMS.session_id)

    assert unavailable.value.code == "ResourceNotFoundException"
