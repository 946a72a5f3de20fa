"""A set of whole numbers kept as disjoint, sorted ranges [start, end). Pure.

The order and the number of additions make no difference: that is what makes audio safe under any network.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from contract.audio import Range


class RangeSet:
    """Disjoint ranges; touching ones are joined."""

    __slots__ = ("_ends", "_starts", "prefix", "total")

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.total = 0  # how many numbers are in the set
        self.prefix = 0  # the first number from 0 on that is not: asked for far more often than it changes
        for start, end in ranges:
            self.add(start, end)

    def __iter__(self) -> Iterator[Range]:
        return iter(list(zip(self._starts, self._ends, strict=True)))

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __repr__(self) -> str:
        return f"RangeSet({list(self)})"

    @property
    def end(self) -> int:
        """Give the end of the last range; 0 for an empty set."""
        return self._ends[-1] if self._ends else 0

    def contiguous(self, start: int) -> int:
        """Give the first number from `start` on that is not in the set."""
        index = bisect_right(self._starts, start) - 1
        if index < 0:
            return start
        end = self._ends[index]
        return end if end > start else start

    def covers(self, start: int, end: int) -> bool:
        """Tell whether all of [start, end) is in the set."""
        return self.contiguous(start) >= end

    def missing(self, start: int, end: int) -> list[Range]:
        """List what of [start, end) is not in the set."""
        gaps: list[Range] = []
        index = max(0, bisect_right(self._starts, start) - 1)
        for have_from, have_to in zip(self._starts[index:], self._ends[index:], strict=True):
            if have_from >= end:
                break
            if start < have_from:
                gaps.append((start, have_from))
            start = max(start, have_to)
        if start < end:
            gaps.append((start, end))
        return gaps

    def overlap(self, start: int, end: int) -> list[Range]:
        """List what of [start, end) is in the set."""
        index = max(0, bisect_right(self._starts, start) - 1)
        found: list[Range] = []
        for have_from, have_to in zip(self._starts[index:], self._ends[index:], strict=True):
            if have_from >= end:
                break
            since, until = max(start, have_from), min(end, have_to)
            if since < until:
                found.append((since, until))
        return found

    def add(self, start: int, end: int) -> None:
        """Add [start, end); an empty range adds nothing."""
        if start >= end:
            return
        first = bisect_left(self._ends, start)
        last = bisect_right(self._starts, end)
        for index in range(first, last):
            self.total -= self._ends[index] - self._starts[index]
        if first < last:
            start = min(start, self._starts[first])
            end = max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]
        self.total += end - start
        self._note_prefix()

    def remove(self, start: int, end: int) -> None:
        """Take [start, end) out; what is not in the set is no error."""
        for cut_from, cut_to in self.overlap(start, end):
            index = bisect_right(self._starts, cut_from) - 1
            have_from, have_to = self._starts[index], self._ends[index]
            rest = [piece for piece in ((have_from, cut_from), (cut_to, have_to)) if piece[0] < piece[1]]
            self._starts[index : index + 1] = [piece[0] for piece in rest]
            self._ends[index : index + 1] = [piece[1] for piece in rest]
            self.total -= cut_to - cut_from
        self._note_prefix()

    def _note_prefix(self) -> None:
        self.prefix = self._ends[0] if self._starts and self._starts[0] == 0 else 0
