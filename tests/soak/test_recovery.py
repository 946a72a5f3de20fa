"""What the soak measures is counted as it says."""

from __future__ import annotations

import pytest

from tests.soak.recovery import EXIT, KILL, STOP, Recoveries, as_table, percentile


@pytest.mark.parametrize(
    ("count", "percent", "expected"), [(1, 95, 1.0), (20, 95, 19.0), (100, 50, 50.0), (100, 100, 100.0)]
)
def test_a_percentile_is_one_of_the_values(count: int, percent: int, expected: float) -> None:
    """The nearest rank: no value is made up between two others."""
    assert percentile([float(value) for value in range(1, count + 1)], percent) == expected


def test_a_fault_counts_once_and_each_that_it_hit() -> None:
    """One task that leaves takes twenty sessions along."""
    recoveries = Recoveries()
    recoveries.note(STOP, [0.5] * 20)
    recoveries.note(EXIT, [3.0])

    rows = recoveries.summary()

    assert [(row["what"], row["faults"], row["measured"]) for row in rows] == [
        (STOP.what, 1, 20),
        (EXIT.what, 1, 1),
    ]


@pytest.mark.parametrize(
    ("seconds", "is_kept"),
    [([7.0, 7.9, 14.9], True), ([7.0, 7.9, 15.1], False), ([7.0, 8.1, 9.0], False)],
    ids=["kept", "one too slow", "too slow as a rule"],
)
def test_a_target_is_for_the_slowest_and_for_the_rule(seconds: list[float], is_kept: bool) -> None:
    """Both the worst case and the median must hold, and a missed one is told."""
    recoveries = Recoveries()
    recoveries.note(KILL, seconds)

    assert recoveries.are_within_targets is is_kept
    assert ("MISSED" in as_table(recoveries.summary())) is not is_kept
