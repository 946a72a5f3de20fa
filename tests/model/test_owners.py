"""Random schedules in which owners die, or only seem to, and others go on in their place."""

from __future__ import annotations

import pytest

from tests.model.batches import batches, run_schedules
from tests.model.faults import Faults
from tests.model.world import World


@pytest.mark.parametrize("seeds", batches(0, 500))
def test_owners_that_die_or_only_seem_to_lose_nothing(seeds: range) -> None:
    """Kills at any moment, zombies that go on, clocks apart: the next owner goes on from what is stored."""
    run_schedules("owners die or only seem to", seeds)


def test_the_schedules_kill_often_enough_to_mean_anything() -> None:
    """A world in which nobody dies proves nothing about dying."""
    worlds = [World(seed, Faults(kill_per_s=0.2, zombie=0.4)) for seed in range(10)]
    for world in worlds:
        world.run()

    assert sum(world.takeovers for world in worlds) >= 20
