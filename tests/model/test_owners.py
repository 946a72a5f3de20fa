"""Random schedules in which owners die, or only seem to, and others go on in their place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.model.world import HOSTILE, Faults, World


@pytest.mark.parametrize("seed", range(200))
def test_owners_that_die_or_only_seem_to_lose_nothing(seed: int) -> None:
    """Kills at any moment, zombies that go on for seconds: the next owner goes on from what is stored."""
    world = World(seed, replace(HOSTILE, kill_per_s=0.08, zombie=0.4))

    world.run()


def test_the_schedules_kill_often_enough_to_mean_anything() -> None:
    """A world in which nobody dies proves nothing about dying."""
    worlds = [World(seed, Faults(kill_per_s=0.2, zombie=0.4)) for seed in range(10)]
    for world in worlds:
        world.run()

    assert sum(world.kills for world in worlds) >= 20
