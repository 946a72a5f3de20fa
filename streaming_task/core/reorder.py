"""Put audio back in order: PCM pieces at their places on the session's clock. Pure.

The first copy of a sample stays; what comes again is compared, never written over.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from contract.audio import BYTES_PER_SAMPLE
from streaming_task.core.ranges import RangeSet


class HeldAudio:
    """The samples in memory. Pieces never overlap; reads must lie within what is held."""

    __slots__ = ("_pieces", "_starts", "ranges")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._pieces: list[bytes] = []
        self.ranges = RangeSet()

    def add(self, start: int, data: bytes) -> None:
        """Hold what of `data` is not held yet."""
        end = start + len(data) // BYTES_PER_SAMPLE
        for gap_from, gap_to in self.ranges.missing(start, end):
            index = bisect_left(self._starts, gap_from)
            piece = data[(gap_from - start) * BYTES_PER_SAMPLE : (gap_to - start) * BYTES_PER_SAMPLE]
            self._starts.insert(index, gap_from)
            self._pieces.insert(index, piece)
        self.ranges.add(start, end)

    def agrees(self, start: int, data: bytes) -> bool:
        """Tell whether what is held of this range has the same bytes."""
        end = start + len(data) // BYTES_PER_SAMPLE
        return all(
            self.read(have_from, have_to)
            == data[(have_from - start) * BYTES_PER_SAMPLE : (have_to - start) * BYTES_PER_SAMPLE]
            for have_from, have_to in self.ranges.overlap(start, end)
        )

    def read(self, start: int, end: int) -> bytes:
        """Give the bytes of [start, end), all of which must be held."""
        index = bisect_right(self._starts, start) - 1
        found: list[bytes] = []
        at = start
        while at < end:
            piece_start, piece = self._starts[index], self._pieces[index]
            piece_end = piece_start + len(piece) // BYTES_PER_SAMPLE
            until = min(end, piece_end)
            if at == piece_start and until == piece_end:
                found.append(piece)
            else:
                found.append(
                    piece[(at - piece_start) * BYTES_PER_SAMPLE : (until - piece_start) * BYTES_PER_SAMPLE]
                )
            at = until
            index += 1
        return found[0] if len(found) == 1 else b"".join(found)

    def drop_below(self, offset: int) -> None:
        """Let go of whole pieces below `offset`."""
        count = bisect_right(self._starts, offset)
        while count and self._starts[count - 1] + len(self._pieces[count - 1]) // BYTES_PER_SAMPLE > offset:
            count -= 1
        if count:
            end = self._starts[count - 1] + len(self._pieces[count - 1]) // BYTES_PER_SAMPLE
            self.ranges.remove(self._starts[0], end)
            del self._starts[:count]
            del self._pieces[:count]

    @property
    def bytes_held(self) -> int:
        """Count the bytes in memory."""
        return self.ranges.total * BYTES_PER_SAMPLE
