"""Random schedules of a session in Opus: the same worlds, the same invariants, bytes that are packets."""

from __future__ import annotations

import pytest

from tests.model.faults import WORLDS, Faults
from tests.model.speech import PACKETS
from tests.model.world import World

SEEDS = 12


@pytest.mark.parametrize("name", WORLDS)
def test_no_packet_and_no_word_is_lost_doubled_or_out_of_place(name: str) -> None:
    """Whatever the wire, the stores, the recogniser and the owners do."""
    for seed in range(SEEDS):
        try:
            World(seed, WORLDS[name], medium=PACKETS).run()
        except Exception as error:
            error.add_note(f"seed {seed} of {name!r}, with packets")
            raise


def test_streams_are_reopened_often_enough_to_mean_anything() -> None:
    """A stream that begins in mid-session begins between packets: there must be some."""
    worlds = [World(seed, Faults(reset_per_feed=0.05), medium=PACKETS) for seed in range(5)]
    for world in worlds:
        world.run()

    assert sum(world.streams_opened for world in worlds) >= 15
