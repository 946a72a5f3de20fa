"""Random schedules: whatever the wire does, no sample and no word is lost, doubled or out of place."""

from __future__ import annotations

import pytest

from contract.records import TranscriptState
from tests.model.batches import batches, run_schedules
from tests.model.faults import CALM, Faults
from tests.model.world import World


def test_a_kind_world_gives_a_complete_record_with_one_stream() -> None:
    """Nothing goes wrong: one stream, every word, one record."""
    world = World(1, Faults())

    world.run()

    assert world.stores.row is not None
    assert world.stores.row.transcript is TranscriptState.COMPLETE
    assert world.streams_opened == 1


@pytest.mark.parametrize("seeds", batches(0, 400))
def test_a_hostile_world_loses_nothing(seeds: range) -> None:
    """Loss, repeats, disorder, failing stores and dying streams: the invariants hold all the same."""
    run_schedules("hostile", seeds)


@pytest.mark.parametrize("seeds", batches(0, 100))
def test_everything_twice_and_in_no_order_loses_nothing(seeds: range) -> None:
    """Every message twice, up to 64 of them late: the recording is the same to the byte."""
    run_schedules("everything doubled and late", seeds)


@pytest.mark.parametrize("seed", range(20))
def test_pauses_park_the_recogniser_and_cost_nothing(seed: int) -> None:
    """A pause longer than the silence limit ends the stream; the words around it are whole."""
    world = World(seed, CALM)
    world.client.pauses = [(30_000, 15.0), (90_000, 15.0)]

    world.run()

    assert world.streams_opened >= 3
