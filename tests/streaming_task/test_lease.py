"""A task shows that it lives, watches whether the others do, and is silent once it cannot show it."""

from __future__ import annotations

import asyncio

import pytest

from contract.records import TaskId
from streaming_task.core.leases import FENCE_AFTER_S, LEASE_S, Lease, LeaseBoard
from streaming_task.lease import BUMP_EVERY_S, BUMP_RETRY_S, BUMPS_AT_ONCE, LOOK_EVERY_S, LeaseKeeper
from streaming_task.ports import Unavailable
from tests.fakes.ports import FakeLeases
from tests.fakes.turnstile import Turnstile
from tests.fakes.virtual_time import VirtualTimeLoop, in_virtual_time, settled
from tests.streaming_task.bench import TASK, Bench

OTHER = Lease(TaskId("t2"), 1, "10.0.0.2:8080", 0, 10)


class LosesTheSecond(Turnstile):
    """Lets every call pass but the second, which nobody ever hears of again."""

    async def __aenter__(self) -> None:
        await super().__aenter__()
        if self.calls == 2:
            await asyncio.Event().wait()


class Office:
    """A keeper at work, with the sessions it keeps the lease for."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.bench.connect()
        self.leases = FakeLeases()
        self.board = LeaseBoard()
        self.keeper = LeaseKeeper(self.leases, self.board, TASK, "10.0.0.1:8080", self.bench.directory)
        keeper = self.keeper
        self.chores = [asyncio.create_task(work) for work in (keeper.keep(), keeper.watch(), keeper.guard())]

    async def close(self) -> None:
        """End its chores."""
        for chore in self.chores:
            chore.cancel()
        await asyncio.gather(*self.chores, return_exceptions=True)
        await self.bench.leave()


@in_virtual_time
async def test_the_lease_says_how_full_the_task_is() -> None:
    """Others send a start to the task with most room."""
    office = Office()
    await office.bench.start()

    await asyncio.sleep(BUMP_EVERY_S)

    assert office.leases.held[TASK] == Lease(TASK, 2, "10.0.0.1:8080", 1, 9)
    await office.close()


@in_virtual_time
async def test_a_slow_table_does_not_slow_the_lease_down() -> None:
    """A bump every two seconds, whatever bumping and reading take of them."""
    office = Office()
    await settled()
    office.leases.lists.hold()
    for _ in range(5):
        office.leases.bumps.hold()
        await asyncio.sleep(BUMP_EVERY_S * 0.9)
        office.leases.bumps.release()
        await asyncio.sleep(BUMP_EVERY_S * 0.1)

    assert office.leases.bumps.calls >= 5
    await office.close()


@in_virtual_time
async def test_other_tasks_are_watched() -> None:
    """A lease that changes is alive; one that stands still is dead after a while."""
    office = Office()
    office.leases.held[OTHER.task_id] = OTHER
    await asyncio.sleep(BUMP_EVERY_S + LOOK_EVERY_S)
    loop = asyncio.get_running_loop()
    seen = office.board.alive(OTHER.task_id, loop.time())

    await asyncio.sleep(10.0)

    assert seen == OTHER
    assert office.board.alive(OTHER.task_id, loop.time()) is None
    await office.close()


@pytest.mark.parametrize("is_reading", [False, True])
def test_who_stood_still_takes_no_other_for_dead(*, is_reading: bool) -> None:
    """A frozen machine wakes all its tasks at once: none may claim what the others still have."""

    @in_virtual_time
    async def stand_still() -> None:
        office = Office()
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        office.leases.held[OTHER.task_id] = OTHER
        await settled()
        office.leases.lists.hold()
        await asyncio.sleep(BUMP_EVERY_S + LOOK_EVERY_S if is_reading else LOOK_EVERY_S)

        loop.skip(LEASE_S + 1.0)
        if is_reading:
            office.leases.lists.release()
        await settled()
        seen = office.board.alive(OTHER.task_id, loop.time())
        office.leases.lists.release()
        await asyncio.sleep(LEASE_S)

        assert seen == OTHER
        assert office.board.alive(OTHER.task_id, loop.time()) is None
        await office.close()

    stand_still()


@in_virtual_time
async def test_a_lease_that_cannot_be_kept_silences_the_task() -> None:
    """After four seconds others may take over: no session of ours says anything any more."""
    office = Office()
    await office.bench.start()
    office.leases.bumps.fail(*[Unavailable("Throttled")] * 10)

    await asyncio.sleep(FENCE_AFTER_S + BUMP_EVERY_S + 2 * LOOK_EVERY_S)
    said = len(office.bench.heard())
    await asyncio.sleep(10.0)

    assert office.bench.directory.active == 0
    assert len(office.bench.heard()) == said
    await office.close()


@in_virtual_time
async def test_one_failed_bump_silences_nobody() -> None:
    """The table's bad second passes; the next bump comes soon enough."""
    office = Office()
    await office.bench.start()
    office.leases.bumps.fail()
    office.leases.lists.fail()

    await asyncio.sleep(BUMP_EVERY_S + BUMP_RETRY_S + LOOK_EVERY_S)
    bumps = office.leases.bumps.calls
    await asyncio.sleep(20.0)

    assert bumps == 3
    assert office.bench.directory.active == 1
    await office.close()


@in_virtual_time
async def test_a_bump_that_is_never_answered_silences_nobody() -> None:
    """Another goes out beside it after a second; to wait for its end would take as long as the lease does."""
    office = Office()
    office.leases.bumps = LosesTheSecond()
    await office.bench.start()

    await asyncio.sleep(20.0)

    assert office.bench.directory.active == 1
    await office.close()


@in_virtual_time
async def test_bumps_that_nobody_answers_do_not_pile_up() -> None:
    """Three are under way at most: a table that hangs is not asked more and more."""
    office = Office()
    await settled()
    office.leases.bumps.hold()

    await asyncio.sleep(20.0)

    assert office.leases.bumps.calls == 1 + BUMPS_AT_ONCE
    office.leases.bumps.release()
    await office.close()


@in_virtual_time
async def test_the_lease_is_given_up_on_leaving() -> None:
    """Nobody waits six seconds for a task that said goodbye; failing to say so harms no one."""
    offices = [Office(), Office()]
    offices[1].leases.releases.fail()
    await settled()

    for office in offices:
        await office.close()

    assert TASK not in offices[0].leases.held
    assert TASK in offices[1].leases.held
