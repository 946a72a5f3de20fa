"""One owner at a time: claims race and one wins, what is left is found, what is finished is nobody's."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from contract.records import (
    WORK_SHARDS,
    ConnectionId,
    RecordingState,
    SessionId,
    SessionState,
    TaskId,
    TranscriptState,
    session_id_for,
)
from streaming_task.adapters.registry_dynamodb import DynamoOwnership, DynamoSessions, Table
from streaming_task.adapters.registry_dynamodb.service import DynamoService
from streaming_task.core.ownership import SessionChanges, SessionMeta, Unfinished
from streaming_task.ports import Fenced, Unavailable
from tests.streaming_task.adapters.registry_dynamodb.lossy_table import LossyTable
from tests.streaming_task.adapters.registry_dynamodb.one_session import SESSION, TERMS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import UpdateItemInputTypeDef

    from streaming_task.adapters.registry_dynamodb.table import Item

ME, OTHER, DEAD = TaskId("me"), TaskId("other"), TaskId("dead")
SEEN = SessionMeta(
    terms=TERMS,
    owner=DEAD,
    epoch=4,
    state=SessionState.OPEN,
    final_until=800,
    segments=2,
    streams=1,
    connection_id=ConnectionId("c"),
    client="page",
)
FINISHED = SessionChanges(
    state=SessionState.COMMITTED,
    transcript=TranscriptState.COMPLETE,
    transcription_id=9,
    recording=RecordingState.COMPACTED,
    is_finished=True,
)


@pytest.fixture
async def sessions(table: Table) -> DynamoSessions:
    """Keep one session, whose owner is dead."""
    kept = DynamoSessions(table)
    await kept.create(SEEN)
    return kept


@pytest.fixture
def ownership(table: Table, sessions: DynamoSessions) -> DynamoOwnership:
    """Own sessions."""
    return DynamoOwnership(table)


async def listed(ownership: DynamoOwnership, state: SessionState) -> list[Unfinished]:
    """List a state's unfinished sessions, of every shard."""
    shards = [await ownership.unfinished(state, shard) for shard in range(WORK_SHARDS)]
    return sorted((one for shard in shards for one in shard), key=lambda one: one.session_id)


def numbered(count: int) -> Iterable[SessionMeta]:
    """Make sessions with ids of their own."""
    for number in range(count):
        terms = dataclasses.replace(TERMS, session_id=session_id_for("user-1", str(number)))
        yield SessionMeta(terms=terms, owner=ME, epoch=1, state=SessionState.OPEN)


class FailingUpdates(Table):
    """Lets every update fail before anything is done."""

    async def update(self, request: UpdateItemInputTypeDef) -> Item:
        """Fail."""
        raise Unavailable("InternalServerError")


class ThreeAtATime(Table):
    """Makes pages small."""

    async def call(self, operation: str, request: Mapping[str, object]) -> dict[str, Any]:
        """Ask for three items at most."""
        return await super().call(operation, {**request, "Limit": 3} if operation == "Query" else request)


async def test_a_claim_moves_owner_and_epoch_and_nothing_else(
    ownership: DynamoOwnership, sessions: DynamoSessions
) -> None:
    """The new owner hears how far the session has come, as it is stored."""
    claimed = await ownership.claim(SEEN, ME)

    assert claimed == dataclasses.replace(SEEN, owner=ME, epoch=5)
    assert claimed == await sessions.find(SESSION)


async def test_a_claim_tells_what_has_happened_since_it_was_seen(
    ownership: DynamoOwnership, sessions: DynamoSessions
) -> None:
    """Only owner and epoch must be those seen: a dying owner may have written after the look."""
    await sessions.update(SESSION, 4, SessionChanges(state=SessionState.STOPPING, end_offset=900))

    claimed = await ownership.claim(SEEN, ME)

    assert claimed is not None
    assert (claimed.state, claimed.end_offset) == (SessionState.STOPPING, 900)


async def test_many_claim_and_one_wins(ownership: DynamoOwnership, sessions: DynamoSessions) -> None:
    """However many see the same dead owner."""
    tasks = [TaskId(f"task-{number}") for number in range(10)]

    outcomes = await asyncio.gather(*(ownership.claim(SEEN, task) for task in tasks))

    there = await sessions.find(SESSION)
    assert there is not None
    assert [outcome for outcome in outcomes if outcome is not None] == [there]
    assert (there.owner, there.epoch) == (tasks[outcomes.index(there)], 5)


@pytest.mark.parametrize(
    "stale",
    [
        dataclasses.replace(SEEN, epoch=3),
        dataclasses.replace(SEEN, epoch=5),
        dataclasses.replace(SEEN, owner=OTHER),
        dataclasses.replace(SEEN, owner=None),
        dataclasses.replace(SEEN, terms=dataclasses.replace(TERMS, session_id=SessionId("gone"))),
    ],
    ids=["older epoch", "newer epoch", "other owner", "no owner", "no session"],
)
async def test_what_was_seen_must_still_be_so(
    ownership: DynamoOwnership, sessions: DynamoSessions, stale: SessionMeta
) -> None:
    """A claim upon an old look changes nothing."""
    assert await ownership.claim(stale, ME) is None

    assert await sessions.find(SESSION) == SEEN


async def test_a_claim_fences_whoever_had_it(ownership: DynamoOwnership, sessions: DynamoSessions) -> None:
    """A woken zombie writes nothing."""
    await ownership.claim(SEEN, ME)

    with pytest.raises(Fenced):
        await sessions.update(SESSION, 4, SessionChanges(streams=9))
    with pytest.raises(Fenced):
        await ownership.release(SESSION, 4, None)

    assert await sessions.find(SESSION) == dataclasses.replace(SEEN, owner=ME, epoch=5)


async def test_a_finished_session_is_nobodys_to_take(
    ownership: DynamoOwnership, sessions: DynamoSessions
) -> None:
    """Its epoch stands: there is nothing left to do."""
    await sessions.update(SESSION, 4, FINISHED)

    assert await ownership.claim(SEEN, ME) is None

    there = await sessions.find(SESSION)
    assert there is not None
    assert (there.owner, there.epoch) == (DEAD, 4)


async def test_a_claim_whose_answer_was_lost_is_known_as_ones_own(
    ownership: DynamoOwnership, lossy_table: LossyTable
) -> None:
    """A consistent read settles it."""
    lossy_table.lose(1, "UpdateItem")

    claimed = await DynamoOwnership(lossy_table.table).claim(SEEN, ME)

    assert claimed == dataclasses.replace(SEEN, owner=ME, epoch=5)


async def test_a_repeat_of_a_claim_that_was_done_is_a_success(ownership: DynamoOwnership) -> None:
    """The client's own second attempt after a lost answer must not tell us that we lost."""
    first = await ownership.claim(SEEN, ME)

    assert await ownership.claim(SEEN, ME) == first


async def test_a_claim_that_cannot_be_settled_is_unavailable(
    ownership: DynamoOwnership, lossy_table: LossyTable
) -> None:
    """Not knowing is not having lost: the same call again finds out."""
    lossy = DynamoOwnership(lossy_table.table)
    lossy_table.lose(2)  # of the claim and of the read

    with pytest.raises(Unavailable):
        await lossy.claim(SEEN, ME)

    assert await lossy.claim(SEEN, ME) == dataclasses.replace(SEEN, owner=ME, epoch=5)


async def test_a_claim_that_was_not_done_is_not_lost(
    ownership: DynamoOwnership, service: DynamoService, table_name: str
) -> None:
    """The session is as it was seen, and may be claimed yet."""
    with pytest.raises(Unavailable) as unavailable:
        await DynamoOwnership(FailingUpdates(service, table_name)).claim(SEEN, ME)

    assert unavailable.value.code == "InternalServerError"
    assert await ownership.claim(SEEN, ME) == dataclasses.replace(SEEN, owner=ME, epoch=5)


async def test_a_claim_that_was_not_done_and_is_too_late_is_lost(
    ownership: DynamoOwnership, service: DynamoService, table_name: str
) -> None:
    """Another has claimed meanwhile: there is nothing unknown any more."""
    await ownership.claim(SEEN, OTHER)

    outcome = await DynamoOwnership(FailingUpdates(service, table_name)).claim(SEEN, ME)

    assert outcome is None


async def test_what_was_released_is_for_the_next_to_claim(
    ownership: DynamoOwnership, sessions: DynamoSessions
) -> None:
    """A leaving task leaves nobody waiting for its death; releasing twice is releasing once."""
    await ownership.release(SESSION, 4, None)
    await ownership.release(SESSION, 4, None)
    released = await sessions.find(SESSION)

    assert released == dataclasses.replace(SEEN, owner=None)
    assert await ownership.claim(released, ME) == dataclasses.replace(SEEN, owner=ME, epoch=5)


async def test_what_is_stored_is_left_to_the_next_owner_alone(
    ownership: DynamoOwnership, sessions: DynamoSessions
) -> None:
    """Whoever comes after that one may find more in the store."""
    await ownership.release(SESSION, 4, ((0, 800), (900, 1_000)))
    released = await sessions.find(SESSION)
    assert released is not None
    next_owner = await ownership.claim(released, OTHER)
    assert next_owner is not None

    the_one_after = await ownership.claim(next_owner, ME)

    assert released.left is None
    assert next_owner.left == ((0, 800), (900, 1_000))
    assert the_one_after is not None
    assert the_one_after.left is None


async def test_a_session_that_is_gone_cannot_be_released(ownership: DynamoOwnership) -> None:
    """And releasing does not make one."""
    with pytest.raises(Fenced):
        await ownership.release(SessionId("gone"), 1, None)


async def test_unfinished_sessions_are_listed_under_their_state(
    ownership: DynamoOwnership, sessions: DynamoSessions
) -> None:
    """With the owner that they have, or none; never the finished."""
    states = [
        SessionChanges(),
        SessionChanges(state=SessionState.STOPPING, end_offset=1),
        SessionChanges(state=SessionState.SEALED, samples=1),
        SessionChanges(state=SessionState.COMMITTED, transcript=TranscriptState.PENDING, transcription_id=1),
        FINISHED,
    ]
    metas = list(numbered(len(states)))
    for meta, changes in zip(metas, states, strict=True):
        await sessions.create(meta)
        await sessions.update(meta.terms.session_id, 1, changes)
    await ownership.release(metas[1].terms.session_id, 1, ())

    found = {state: await listed(ownership, state) for state in SessionState}

    ids = [meta.terms.session_id for meta in metas]
    assert set(found[SessionState.OPEN]) == {Unfinished(SESSION, DEAD), Unfinished(ids[0], ME)}
    assert found[SessionState.STOPPING] == [Unfinished(ids[1], None)]
    assert found[SessionState.SEALED] == [Unfinished(ids[2], ME)]
    assert found[SessionState.COMMITTED] == [Unfinished(ids[3], ME)]


async def test_a_pending_transcript_can_be_claimed(
    ownership: DynamoOwnership, sessions: DynamoSessions
) -> None:
    """Committed is not finished: whoever can have a stream takes it up."""
    pending = SessionChanges(
        state=SessionState.COMMITTED, transcript=TranscriptState.PENDING, transcription_id=1
    )
    await sessions.update(SESSION, 4, pending)

    claimed = await ownership.claim(SEEN, ME)

    assert claimed is not None
    assert (claimed.epoch, claimed.transcript) == (5, TranscriptState.PENDING)


async def test_a_long_list_comes_whole(
    sessions: DynamoSessions, service: DynamoService, table_name: str
) -> None:
    """Every session is in one shard, whatever its id, and the pages are put together."""
    metas = list(numbered(60))
    ownership = DynamoOwnership(ThreeAtATime(service, table_name))
    await asyncio.gather(*(sessions.create(meta) for meta in metas))

    found = await listed(ownership, SessionState.OPEN)

    expected = [*(Unfinished(meta.terms.session_id, ME) for meta in metas), Unfinished(SESSION, DEAD)]
    assert found == sorted(expected, key=lambda one: one.session_id)


async def test_a_table_out_of_reach_is_unavailable(service: DynamoService) -> None:
    """The code names the kind of failure and holds no content."""
    elsewhere = DynamoOwnership(Table(service, "no-such-table"))

    with pytest.raises(Unavailable) as unavailable:
        await elsewhere.unfinished(SessionState.OPEN, 0)

    assert unavailable.value.code == "ResourceNotFoundException"
