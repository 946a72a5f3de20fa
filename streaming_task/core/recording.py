"""The audio of one session: what was received, what is durable, what must be written next. Pure.

Audio is a grow-only set of samples, so order and repeats change nothing. `durable` grows only when the
store has confirmed a part; nothing is acknowledged as durable, or let go of, before that.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from contract.audio import BYTES_PER_SAMPLE, bytes_in, samples_in
from contract.wire import AHEAD_BYTES, BUFFER_BYTES, Code, Refusal
from streaming_task.core.ranges import Range, RangeSet
from streaming_task.core.reorder import HeldAudio

PART_AFTER_S = 2.0
PART_BYTES = 256 * 1024
PARTS_IN_FLIGHT = 4  # more would only queue behind a slow store; what waits is cut into fuller parts later
DURABLE_HELD_BYTES = 4 * 1024 * 1024  # kept for a recogniser that must start again; older is read back
RETRY_FIRST_S = 0.25
RETRY_MOST_S = 5.0


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

    def __init__(self, *, duration_limit_samples: int) -> None:
        self._duration_limit = duration_limit_samples
        self._held = HeldAudio()
        self._received = RangeSet()
        self._durable = RangeSet()
        self._unwritten = RangeSet()  # received, in no part yet
        self._unwritten_since: float | None = None
        self._in_flight: dict[Range, _InFlight] = {}
        self._hash = hashlib.sha256()
        self._hashed_until = 0
        self.end: int | None = None  # where the session ends, once it is known
        self.gaps: tuple[Range, ...] = ()
        self._audio_end: int | None = None

    # -- what there is -------------------------------------------------------------------------------

    @property
    def received(self) -> int:
        """Give how far audio is here without a hole, in samples."""
        return self._hashed_until

    @property
    def received_end(self) -> int:
        """Give the end of the last audio that is here."""
        return self._received.end

    @property
    def durable(self) -> int:
        """Give how far audio is in the store without a hole, in samples."""
        return self._durable.contiguous()

    @property
    def bytes_not_durable(self) -> int:
        """Count the bytes that only this memory and the client hold."""
        return bytes_in(self._received.total - self._durable.total)

    @property
    def all_durable(self) -> bool:
        """Tell whether everything received is in the store."""
        return self._received.total == self._durable.total

    @property
    def sha256(self) -> str | None:
        """Give the hash of the bytes received without a hole; None when there are gaps to leave out."""
        return None if self.gaps else self._hash.hexdigest()

    @property
    def audio_end(self) -> int:
        """Give where audio ends that a recogniser could hear: a gap at the very end is left out."""
        return self.received if self._audio_end is None else self._audio_end

    def missing(self) -> list[Range]:
        """List the holes: up to the end of the session, or to the last audio that came."""
        return self._received.missing(0, self._received.end if self.end is None else self.end)

    def declare_gaps(self) -> None:
        """Give up what is missing up to `end`: from now on a gap counts as silence that is stored."""
        if self.end is None:
            raise ValueError("gaps can be declared only when the end is known")
        self.gaps = tuple(self.missing())
        self._audio_end = self.end
        if self.gaps and self.gaps[-1][1] == self.end:
            self._audio_end = self.gaps[-1][0]
        for start, end in self.gaps:
            if end <= self._audio_end:
                self._held.add(start, bytes(bytes_in(end - start)))
            self._received.add(start, end)
            self._durable.add(start, end)
        self._hashed_until = self._received.contiguous()

    # -- taking audio --------------------------------------------------------------------------------

    def add(self, offset: int, data: bytes, now: float) -> bool:
        """Take audio; False: it was all here already.

        Raises:
            Refusal: bad_message, duration_limit, buffer_limit or conflict; nothing has changed.
        """
        try:
            end = offset + samples_in(len(data))
        except ValueError:
            raise Refusal(Code.BAD_MESSAGE, "PCM audio must have an even number of bytes.") from None
        if end > self._duration_limit:
            raise Refusal(Code.DURATION_LIMIT, "The session has reached its longest duration: stop it.")
        if self.end is not None and end > self.end:
            if offset >= self.end:
                return False  # the first stop's end stands: late audio past it is no part of the session
            data, end = data[: bytes_in(self.end - offset)], self.end
        if end <= self.durable:
            return False
        if not self._held.agrees(offset, data) and self._contradicts(offset, data):
            raise Refusal(Code.CONFLICT, "Other audio was received for this time: the first copy stays.")
        new = self._received.missing(offset, end)
        if not new:
            return False
        self._refuse_overflow(end, new)
        for start, until in new:
            self._held.add(start, data[bytes_in(start - offset) : bytes_in(until - offset)])
            self._unwritten.add(start, until)
        self._received.add(offset, end)
        if self._unwritten_since is None:
            self._unwritten_since = now
        self._hash_on()
        return True

    def _contradicts(self, offset: int, data: bytes) -> bool:
        # Durable samples may still be held for the recogniser; those are acknowledged unexamined.
        end = offset + len(data) // BYTES_PER_SAMPLE
        return any(
            self._held.read(start, until) != data[bytes_in(start - offset) : bytes_in(until - offset)]
            for gap_from, gap_to in self._durable.missing(offset, end)
            for start, until in self._held.ranges.overlap(gap_from, gap_to)
        )

    def _refuse_overflow(self, end: int, new: list[Range]) -> None:
        added = bytes_in(sum(until - start for start, until in new))
        if self.bytes_not_durable + added > BUFFER_BYTES or bytes_in(end - self.received) > AHEAD_BYTES:
            raise Refusal(
                Code.BUFFER_LIMIT,
                "More audio is waiting to be stored than can be held: keep it and send it again.",
            )

    def _hash_on(self) -> None:
        until = self._received.contiguous()
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
        if old or flush or self._unwritten.total >= samples_in(PART_BYTES):
            parts += self._cut()
            self._unwritten_since = now if self._unwritten else None
        return parts

    def _cut(self) -> list[Part]:
        parts: list[Part] = []
        for run_from, run_to in self._unwritten:
            for start in range(run_from, run_to, samples_in(PART_BYTES)):
                if len(self._in_flight) >= PARTS_IN_FLIGHT:
                    return parts
                end = min(run_to, start + samples_in(PART_BYTES))
                part = Part(start, end, self._held.read(start, end))
                self._in_flight[start, end] = _InFlight(part)
                self._unwritten.remove(start, end)
                parts.append(part)
        return parts

    def stored(self, start: int, end: int) -> None:
        """Note that the store has confirmed a part."""
        if self._in_flight.pop((start, end), None) is not None:
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
        """Tell whether [start, end) is in memory."""
        return self._held.ranges.covers(start, end)

    def read(self, start: int, end: int) -> bytes:
        """Give the bytes of [start, end), all of which must be in memory."""
        return self._held.read(start, end)

    def put_back(self, start: int, data: bytes) -> None:
        """Hold durable audio again that was read from the store."""
        self._held.add(start, data)

    def let_go(self, *, covered: int, fed: int) -> None:
        """Free durable audio below `covered` (its text is stored); under pressure, all that was `fed`."""
        durable = self.durable
        self._held.drop_below(min(covered, durable))
        if self._held.bytes_held - self.bytes_not_durable > DURABLE_HELD_BYTES:
            self._held.drop_below(min(fed, durable))
