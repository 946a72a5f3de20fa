"""Random schedules: whatever the world does, no sample and no word is lost, doubled or out of place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.records import TranscriptState
from tests.model.world import SESSION, Faults, World

HOSTILE = Faults(
    drop=0.05,
    duplicate=0.05,
    delay_s=0.6,
    part_fails=0.1,
    part_answer_lost=0.1,
    final_fails=0.1,
    step_fails=0.3,
    reset_per_feed=0.01,
    refuse_open=0.1,
    blocked=0.02,
)


def test_a_kind_world_gives_a_complete_record_with_one_stream() -> None:
    """Nothing goes wrong: one stream, every word, one record."""
    world = World(1, Faults())

    world.run()

    assert world.rows == {SESSION: TranscriptState.COMPLETE}
    assert world.streams_opened == 1


@pytest.mark.parametrize("seed", range(200))
def test_a_hostile_world_loses_nothing(seed: int) -> None:
    """Loss, repeats, disorder, failing stores and dying streams: the invariants hold all the same."""
    World(seed, HOSTILE).run()


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


@pytest.mark.parametrize("seed", range(20))
def test_pauses_park_the_recogniser_and_cost_nothing(seed: int) -> None:
    """A pause longer than the silence limit ends the stream; the words around it are whole."""
    world = World(seed, Faults(drop=0.03, delay_s=0.3))
    world.client.pauses = [(30_000, 15.0), (90_000, 15.0)]

    world.run()

    assert world.rows == {SESSION: TranscriptState.COMPLETE}
    assert world.streams_opened >= 3
