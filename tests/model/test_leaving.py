"""Random schedules in which owners leave, or are cut off from where ownership is kept."""

from __future__ import annotations

import pytest

from tests.model.batches import batches, run_schedules
from tests.model.faults import Faults
from tests.model.world import World


@pytest.mark.parametrize("seeds", batches(0, 250))
def test_owners_that_leave_hand_everything_over(seeds: range) -> None:
    """One deployment after another, a kill among them: the next owner goes on where the last one stopped."""
    run_schedules("owners leave", seeds)


@pytest.mark.parametrize("seeds", batches(0, 250))
def test_owners_cut_off_from_dynamodb_lose_nothing(seeds: range) -> None:
    """Clients still reach it and it still stores audio; it may write no text and say nothing for long."""
    run_schedules("owners cut off from DynamoDB", seeds)


def test_an_owner_in_a_kind_world_leaves_within_its_time() -> None:
    """Nothing goes wrong: every owner that was told to leave has released the session by itself."""
    worlds = [World(seed, Faults(leave_per_s=0.2)) for seed in range(10)]
    for world in worlds:
        world.run()

    assert sum(world.leaves for world in worlds) >= 10
    assert sum(world.dropped for world in worlds) == 0
