"""A schedule that fails can be seen again."""

from __future__ import annotations

import pytest

from tests.model.batches import batches, how_to_repeat, run_schedules


def test_a_failure_says_how_to_see_it_again() -> None:
    """One in two thousand is found by its number, not by running them all."""
    with pytest.raises(KeyError) as caught:
        run_schedules("a world that is not", [41])

    assert caught.value.__notes__ == [how_to_repeat("a world that is not", 41)]


def test_batches_hold_every_seed_once() -> None:
    """As many schedules are run as are said to be."""
    seeds = [seed for batch in batches(7, 60) for seed in batch]

    assert seeds == list(range(7, 67))
