"""A range set is a set of whole numbers, whatever the order of its making."""

from __future__ import annotations

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from streaming_task.core.ranges import RangeSet

RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=20)
CHANGES = st.lists(st.tuples(st.booleans(), st.integers(0, 60), st.integers(0, 60)), max_size=30)


def numbers(start: int, end: int) -> set[int]:
    return set(range(start, end))


@given(CHANGES, st.integers(0, 60), st.integers(0, 60))
def test_it_answers_as_a_set_of_numbers_would(
    changes: list[tuple[bool, int, int]], start: int, end: int
) -> None:
    """Adding, removing, overlaps and holes agree with the plainest model there is."""
    ranges, model = RangeSet(), set[int]()
    for is_added, since, until in changes:
        if is_added:
            ranges.add(since, until)
            model |= numbers(since, until)
        else:
            ranges.remove(since, until)
            model -= numbers(since, until)

    assert {number for since, until in ranges for number in numbers(since, until)} == model
    assert ranges.total == len(model)
    assert {n for r in ranges.missing(start, end) for n in numbers(*r)} == numbers(start, end) - model
    assert {n for r in ranges.overlap(start, end) for n in numbers(*r)} == numbers(start, end) & model
    assert ranges.covers(start, end) == (numbers(start, end) <= model)
    assert ranges.end == (max(model) + 1 if model else 0)
    assert ranges.prefix == next(number for number in count() if number not in model)
    assert bool(ranges) == bool(model)


@given(RANGES)
def test_ranges_are_disjoint_sorted_and_joined(added: list[tuple[int, int]]) -> None:
    """Touching ranges are one: a hole of no width is no hole."""
    ranges = list(RangeSet(added))

    assert all(start < end for start, end in ranges)
    assert all(ranges[i][1] < ranges[i + 1][0] for i in range(len(ranges) - 1))


def test_contiguous_stops_at_the_first_hole() -> None:
    """What lies behind a hole does not count as received."""
    ranges = RangeSet([(0, 5), (7, 9)])

    assert [ranges.contiguous(0), ranges.contiguous(5), ranges.contiguous(8)] == [5, 5, 9]
    assert repr(ranges) == "RangeSet([(0, 5), (7, 9)])"
