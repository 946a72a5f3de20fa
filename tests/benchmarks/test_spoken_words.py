"""What was written is laid beside what was said as it would be read out."""

from __future__ import annotations

import pytest

from benchmarks.spoken_words import differences, spoken_words


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("25mg", "twenty five milligrams"),
        ("62", "sixty two"),
        ("140", "one hundred forty"),
        ("2,005", "two five"),
        ("1005", "one thousand five"),
        ("Mr.", "mister"),
        ("50%", "fifty percent"),
        ("don\u2019t,", "don't"),
        ("...", ""),
    ],
)
def test_figures_and_units_are_read_out(written: str, spoken: str) -> None:
    """A recogniser that writes figures is not wrong for that."""
    assert spoken_words(written) == spoken.split()


def test_stretches_that_differ_stand_beside_each_other() -> None:
    """What was said instead, what was left out, and what was made up."""
    first = ["she", "takes", "metal", "prolol", "daily", "now"]
    second = ["she", "takes", "metoprolol", "twice", "daily"]

    assert [(first[a], second[b]) for a, b in differences(first, second)] == [
        (["metal", "prolol"], ["metoprolol", "twice"]),
        (["now"], []),
    ]
