"""The audio of one session: what was received, what is durable, what must be written next. Pure.

Audio is a grow-only set of samples, so order and repeats change nothing. `durable` grows only when the
store has confirmed a part; nothing is acknowledged as durable, or let go of, before that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from contract.audio import Range
from contract.wire import AHEAD_BYTES, BUFFER_BYTES, Code, Refusal
from streaming_task.core.coding import PCM, Coding
from streaming_task.core.ranges import RangeSet
from streaming_task.core.reorder import HeldAudio

PART_AFTER_S = 2.0
PART_BYTES = 256 * 1024
PARTS_IN_FLIGHT = 4  # more would only queue behind a slow store; what waits is cut into fuller parts later
DURABLE_HELD_BYTES = 4 * 1024 * 1024  # kept for a recogniser that must start again; older is read back
RETRY_FIRST_S = 0.25
RETRY_MOST_S = 5.0
OTHER_AUDIO = "Other audio was received for this time: the first copy stays."


@dataclass(frozen=True, slots=True)
class Part:
    """Samples [start, end) to be written as one object."""

    start: int
    end: int
    data: bytes


@dataclass(slots=True)
class _InFlight:
    part: Part
    failures: int = 0
    retry_at: float | None = None  # None: the store has it in hand


class Recording:
    """Takes audio in any order and says which parts to write."""

    def __init__(
        self,
        *,
        duration_limit_samples: int,
        stored: Iterable[Range] = (),
        end: int | None = None,
        gaps: tuple[Range, ...] = (),
        coding: Coding = PCM,
    ) -> None:
        """Begin with nothing, or with what an earlier owner has stored and said of the end."""
        self._duration_limit = duration_limit_samples
        self._coding = coding
        self._part_samples = coding.samples_of_bytes(PART_BYTES)
        self._held = HeldAudio(coding)
        self._durable = RangeSet(stored)
        self._received = RangeSet(self._durable)
        self._is_hashed = not self._durable  # what another owner hashed died with it
        self._bytes_not_durable = 0
        self._unwritten = RangeSet()  # received, in no part yet
        self._unwritten_since: float | None = None
        self._in_flight: dict[Range, _InFlight] = {}
        self._hash = hashlib.sha256()
        self._hashed_until = 0
        self._end = end
        self._gaps = RangeSet(gaps)  # given up; audio that comes after all takes its place again

    # -- what there is -------------------------------------------------------------------------------

    @property
    def end(self) -> int | None:
        """Give where the session ends, once it is known."""
        return self._end

    @property
    def received(self) -> int:
        """Give how far audio is here, or given up, without a hole; in samples."""
        return self._contiguous(self._received)

    @property
    def received_end(self) -> int:
        """Give the end of the last audio that is here."""
        return self._received.end

    @property
    def durable(self) -> int:
        """Give how far audio is in the store, or given up, without a hole; in samples."""
        return self._contiguous(self._durable)

    @property
    def bytes_not_durable(self) -> int:
        """Count the bytes that only this memory and the client hold."""
        return self._bytes_not_durable

    @property
    def all_durable(self) -> bool:
        """Tell whether everything received is in the store."""
        return self._received.total == self._durable.total

    @property
    def stored_ranges(self) -> tuple[Range, ...]:
        """List what is in the store, as far as is known here."""
        return tuple(self._durable)

    @property
    def sha256(self) -> str | None:
        """Give the hash of the bytes received without a hole; None: it must be made of what is stored."""
        return self._hash.hexdigest() if self._is_hashed else None

    @property
    def audio_end(self) -> int:
        """Give where audio ends that a recogniser could hear: a gap at the very end is left out."""
        return min(self.received, self._received.end)

    @property
    def gaps(self) -> tuple[Range, ...]:
        """List what has been given up and did not come after all."""
        return tuple(self._gaps)

    def reaches(self, offset: int) -> bool:
        """Tell whether audio up to or from `offset` is near enough to what came to be taken."""
        return offset - self.received <= self._coding.samples_of_bytes(AHEAD_BYTES)

    def end_for(self, end_offset: int | None) -> int:
        """Give where a stop ends the session; None: with the last audio that came.

        Raises:
            Refusal: bad_message or duration_limit.
        """
        end = self.received_end if end_offset is None else end_offset
        if end < self.received_end:
            raise Refusal(Code.BAD_MESSAGE, "end_offset lies before audio that was received.")
        self._refuse_off_grid("end_offset", end)
        if end > self._duration_limit:
            raise Refusal(Code.DURATION_LIMIT, "end_offset lies past the session's longest duration.")
        return end

    def end_at(self, end: int) -> None:
        """Set the session's end, once: what was given up past it is no part of the session."""
        self._end = end
        self._gaps.remove(end, self._gaps.end)

    def missing(self) -> list[Range]:
        """List the holes that are not given up: to the end of the session, or to the last audio that came."""
        return self._missing(self._received.end if self.end is None else self.end)

    def _missing(self, until: int) -> list[Range]:
        holes = self._received.missing(0, until)
        return [rest for hole in holes for rest in self._gaps.missing(*hole)] if self._gaps else holes

    def give_up(self, below: int | None = None) -> None:
        """Call what is missing a gap, up to `below` whether or not audio came after it: silence, for now."""
        for start, end in self.missing() if below is None else self._missing(self._cut_to(below)):
            self._gaps.add(start, end)
            self._is_hashed = False

    def _cut_to(self, at: int) -> int:
        """Give the last sample up to `at`, and to the session's end, that lies on the grid."""
        at = min(at, self._duration_limit if self.end is None else self.end)
        return at - at % self._coding.grid

    def _contiguous(self, ranges: RangeSet) -> int:
        at = ranges.prefix
        if not self._gaps.total:  # nearly always, and this is asked at every event, again and again
            return at
        while (beyond := self._gaps.contiguous(at)) > at:
            at = ranges.contiguous(beyond)
        return at

    # -- taking audio --------------------------------------------------------------------------------

    def add(self, offset: int, data: bytes, now: float) -> bool:
        """Take audio; False: it was all here already.

        Raises:
            Refusal: bad_message, duration_limit, buffer_limit or conflict; nothing has changed.
        """
        try:
            end = offset + self._coding.samples(data)
        except ValueError as error:
            raise Refusal(Code.BAD_MESSAGE, str(error)) from None
        self._refuse_off_grid("offset", offset)
        if end > self._duration_limit:
            raise Refusal(Code.DURATION_LIMIT, "The session has reached its longest duration: stop it.")
        if self.end is not None and end > self.end:
            if offset >= self.end:
                return False  # the first stop's end stands: late audio past it is no part of the session
            data, end = self._cut(offset, self.end, offset, data), self.end
        if self._durable.covers(offset, end):
            return False
        if not self._held.agrees(offset, data) and self._contradicts(offset, data):
            raise Refusal(Code.CONFLICT, OTHER_AUDIO)
        new = self._received.missing(offset, end)
        if not new:
            return False
        pieces = [(start, until, self._cut(start, until, offset, data)) for start, until in new]
        self._refuse_overflow(end, sum(len(piece) for _, _, piece in pieces))
        for start, until, piece in pieces:
            self._held.add(start, piece)
            self._bytes_not_durable += len(piece)
            self._unwritten.add(start, until)
            self._gaps.remove(start, until)
        self._received.add(offset, end)
        if self._unwritten_since is None:
            self._unwritten_since = now
        self._hash_on()
        return True

    def _contradicts(self, offset: int, data: bytes) -> bool:
        # Durable samples may still be held for the recogniser; those are acknowledged unexamined.
        end = offset + self._coding.samples(data)
        return any(
            self._held.read(start, until) != self._coding.cut(data, start - offset, until - offset)
            for gap_from, gap_to in self._durable.missing(offset, end)
            for start, until in self._held.ranges.overlap(gap_from, gap_to)
        )

    def _cut(self, start: int, end: int, offset: int, data: bytes) -> bytes:
        """Give samples [start, end) of data that begins at `offset`; what cannot be cut there contradicts."""
        edges = (start - offset, end - offset)
        if any(self._coding.cut_at(data, edge) != edge for edge in edges):
            raise Refusal(Code.CONFLICT, OTHER_AUDIO)
        return self._coding.cut(data, *edges)

    def _refuse_off_grid(self, what: str, at: int) -> None:
        if at % self._coding.grid:
            raise Refusal(Code.BAD_MESSAGE, f"{what} must be a multiple of {self._coding.grid}.")

    def _refuse_overflow(self, end: int, added: int) -> None:
        if self._bytes_not_durable + added > BUFFER_BYTES or not self.reaches(end):
            raise Refusal(
                Code.BUFFER_LIMIT,
                "More audio is waiting to be stored than can be held: keep it and send it again.",
            )

    def _hash_on(self) -> None:
        until = self._received.prefix if self._is_hashed else 0
        if until > self._hashed_until:
            self._hash.update(self._held.read(self._hashed_until, until))
            self._hashed_until = until

    # -- writing parts -------------------------------------------------------------------------------

    def due(self, now: float, *, flush: bool = False) -> list[Part]:
        """Cut the parts to be written now; `flush`: whatever is left, however little."""
        parts: list[Part] = []
        for flight in self._in_flight.values():
            if flight.retry_at is not None and flight.retry_at <= now:
                flight.retry_at = None
                parts.append(flight.part)
        since = self._unwritten_since
        old = since is not None and now >= since + PART_AFTER_S
        if old or flush or self._unwritten.total >= self._part_samples:
            parts += self._cut_parts()
            self._unwritten_since = now if self._unwritten else None
        return parts

    def _cut_parts(self) -> list[Part]:
        parts: list[Part] = []
        for run_from, run_to in self._unwritten:
            start = run_from
            while start < run_to:
                if len(self._in_flight) >= PARTS_IN_FLIGHT:
                    return parts
                end = (
                    run_to
                    if run_to - start <= self._part_samples
                    else self.cut_at(start + self._part_samples)
                )
                part = Part(start, end, self._held.read(start, end))
                self._in_flight[start, end] = _InFlight(part)
                self._unwritten.remove(start, end)
                parts.append(part)
                start = end
        return parts

    def stored(self, start: int, end: int) -> None:
        """Note that the store has confirmed a part."""
        if self._in_flight.pop((start, end), None) is not None:
            self._make_durable(start, end)

    def found(self, parts: Iterable[Range]) -> None:
        """Note what the store holds, whoever wrote it."""
        for start, end in parts:
            if self._received.missing(start, end):
                self._is_hashed = False
            self._make_durable(start, end)
            self._received.add(start, end)
            self._gaps.remove(start, end)

    def _make_durable(self, start: int, end: int) -> None:
        for hole in self._durable.missing(start, end):
            for since, until in self._held.ranges.overlap(*hole):
                self._bytes_not_durable -= len(self._held.read(since, until))
        self._durable.add(start, end)

    def failed(self, start: int, end: int, now: float) -> None:
        """Note that a part may or may not be stored: the same one is written again later."""
        flight = self._in_flight.get((start, end))
        if flight is not None:
            flight.retry_at = now + min(RETRY_MOST_S, RETRY_FIRST_S * 2**flight.failures)
            flight.failures += 1

    def next_due_at(self) -> float | None:
        """Give when `due` may next have something, if nothing else happens."""
        times = [flight.retry_at for flight in self._in_flight.values() if flight.retry_at is not None]
        if self._unwritten_since is not None and len(self._in_flight) < PARTS_IN_FLIGHT:
            times.append(self._unwritten_since + PART_AFTER_S)
        return min(times, default=None)

    # -- reading back --------------------------------------------------------------------------------

    def holds(self, start: int, end: int) -> bool:
        """Tell whether [start, end) is in memory, or silence."""
        if not self._gaps:
            return self._held.ranges.covers(start, end)
        return all(self._gaps.covers(*hole) for hole in self._held.ranges.missing(start, end))

    def read(self, start: int, end: int) -> bytes:
        """Give the bytes of [start, end), all of which must be in memory, or silence."""
        if not self._gaps:
            return self._held.read(start, end)
        found: list[bytes] = []
        at = start
        for since, until in (*self._held.ranges.overlap(start, end), (end, end)):
            found += (self._coding.silence(since - at), self._held.read(since, until))
            at = until
        return b"".join(found)

    def cut_at(self, at: int) -> int:
        """Give the last sample up to `at` where audio that is in memory, or silence, may be cut."""
        return self._held.cut_at(at)

    def put_back(self, start: int, data: bytes) -> None:
        """Hold durable audio again that was read from the store."""
        self._held.add(start, data)

    def let_go(self, *, covered: int, fed: int) -> None:
        """Free durable audio below `covered` (its text is stored); under pressure, all that was `fed`."""
        durable = self.durable
        self._held.drop_below(min(covered, durable))
        if self._held.bytes_held - self.bytes_not_durable > DURABLE_HELD_BYTES:
            self._held.drop_below(min(fed, durable))
