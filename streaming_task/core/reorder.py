"""Put audio back in order: pieces at their places on the session's clock. Pure.

The first copy of a sample stays; what comes again is compared, never written over.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from streaming_task.core.coding import PCM, Coding
from streaming_task.core.ranges import RangeSet


class HeldAudio:
    """The samples in memory. Pieces never overlap; reads must lie within what is held."""

    __slots__ = ("_coding", "_ends", "_pieces", "_starts", "bytes_held", "ranges")

    def __init__(self, coding: Coding = PCM) -> None:
        self._coding = coding
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._pieces: list[bytes] = []
        self.ranges = RangeSet()
        self.bytes_held = 0

    def add(self, start: int, data: bytes) -> None:
        """Hold what of `data` is not held yet."""
        end = start + self._coding.samples(data)
        for gap_from, gap_to in self.ranges.missing(start, end):
            index = bisect_left(self._starts, gap_from)
            is_all = gap_from == start and gap_to == end
            piece = data if is_all else self._coding.cut(data, gap_from - start, gap_to - start)
            self._starts.insert(index, gap_from)
            self._ends.insert(index, gap_to)
            self._pieces.insert(index, piece)
            self.bytes_held += len(piece)
        self.ranges.add(start, end)

    def agrees(self, start: int, data: bytes) -> bool:
        """Tell whether what is held of this range has the same bytes."""
        end = start + self._coding.samples(data)
        return all(
            self.read(have_from, have_to) == self._coding.cut(data, have_from - start, have_to - start)
            for have_from, have_to in self.ranges.overlap(start, end)
        )

    def read(self, start: int, end: int) -> bytes:
        """Give the bytes of [start, end), all of which must be held."""
        index = bisect_right(self._starts, start) - 1
        found: list[bytes] = []
        at = start
        while at < end:
            piece_start, piece_end, piece = self._starts[index], self._ends[index], self._pieces[index]
            until = min(end, piece_end)
            if at == piece_start and until == piece_end:
                found.append(piece)
            else:
                found.append(self._coding.cut(piece, at - piece_start, until - piece_start))
            at = until
            index += 1
        return found[0] if len(found) == 1 else b"".join(found)

    def cut_at(self, at: int) -> int:
        """Give the last sample up to `at` where what is held may be cut; where nothing is, on the grid."""
        index = bisect_right(self._starts, at) - 1
        if index < 0 or at >= self._ends[index]:
            return at - at % self._coding.grid
        return self._starts[index] + self._coding.cut_at(self._pieces[index], at - self._starts[index])

    def drop_below(self, offset: int) -> None:
        """Let go of whole pieces below `offset`."""
        count = bisect_right(self._ends, offset)
        if count:
            self.ranges.remove(self._starts[0], self._ends[count - 1])
            self.bytes_held -= sum(len(piece) for piece in self._pieces[:count])
            del self._starts[:count]
            del self._ends[:count]
            del self._pieces[:count]
