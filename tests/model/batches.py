"""Schedules by the dozen: the one that fails is named, with the command that runs it alone."""

from __future__ import annotations

from collections.abc import Iterable

from tests.model.faults import WORLDS
from tests.model.world import World

BATCH = 25  # schedules a test; one each would cost more in tests than in schedules


def batches(first: int, schedules: int) -> list[range]:
    """Cut the seeds from `first` on into batches."""
    last = first + schedules
    return [range(start, min(start + BATCH, last)) for start in range(first, last, BATCH)]


def run_schedules(name: str, seeds: Iterable[int]) -> None:
    """Run one schedule for each seed in a world.

    Raises:
        AssertionError: one broke an invariant; it says which, and how to see it again.
    """
    for seed in seeds:
        try:
            World(seed, WORLDS[name]).run()
        except Exception as error:
            error.add_note(how_to_repeat(name, seed))
            raise


def how_to_repeat(name: str, seed: int) -> str:
    """Give the command that runs one schedule again."""
    return f'To see it again: .venv/bin/python -m tests.soak schedules --world "{name}" --seed {seed}'
