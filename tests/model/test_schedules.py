"""Random schedules: whatever the world does, no sample and no word is lost, doubled or out of place."""

from __future__ import annotations

import pytest

from contract.records import TranscriptState
from tests.model.world import HOSTILE, SESSION, Faults, World


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


@pytest.mark.parametrize("seed", range(20))
def test_pauses_park_the_recogniser_and_cost_nothing(seed: int) -> None:
    """A pause longer than the silence limit ends the stream; the words around it are whole."""
    world = World(seed, Faults(drop=0.03, delay_s=0.3))
    world.client.pauses = [(30_000, 15.0), (90_000, 15.0)]

    world.run()

    assert world.rows == {SESSION: TranscriptState.COMPLETE}
    assert world.streams_opened >= 3
