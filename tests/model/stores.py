"""What is truly stored, under the conditions that stores are asked to keep; and what must be true of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace

from contract.audio import Ranges
from contract.records import RecordingState, SessionState, TranscriptState
from contract.replies import Ack, Final, Stored
from streaming_task.core.coding import Coding
from streaming_task.core.ownership import SessionChanges, SessionMeta

FORWARD = tuple(SessionState)


class Refused(Exception):
    """A fenced write came from an old epoch, or to another place than the stored text has come to."""


@dataclass(frozen=True, slots=True)
class Row:
    """The record."""

    epoch: int
    transcript: TranscriptState
    finals: tuple[Final, ...]


class Stores:
    """S3, DynamoDB and PostgreSQL, as far as one session is concerned."""

    def __init__(self, meta: SessionMeta, coding: Coding) -> None:
        self._coding = coding
        self.meta = meta
        self.parts: dict[tuple[int, int], bytes] = {}
        self.finals: list[Final] = []
        self.row: Row | None = None
        self.recording: bytes | None = None  # made of the parts
        self.away_until = 0.0
        self._left: tuple[int, Ranges | None] = (0, None)  # with its epoch

    # -- what is asked of them -----------------------------------------------------------------------

    def claim(self) -> SessionMeta:
        """Give the session to another owner: one epoch on."""
        epoch, stored = self._left
        is_next = epoch == self.meta.epoch
        self.meta = replace(self.meta, epoch=self.meta.epoch + 1)
        return replace(self.meta, left=stored if is_next else None)

    def put_part(self, start: int, end: int, data: bytes) -> None:
        """Write a part, unless it is there."""
        assert self.parts.setdefault((start, end), data) == data, "a part was written twice with other bytes"

    def append(self, epoch: int, start: int, end: int, final: Final | None) -> None:
        """Store a final and move on, in one transaction; a repeat of what was done is a success.

        Raises:
            Refused: the epoch is old, or the stored text has come to another place.
        """
        self._fence(epoch)
        meta = self.meta
        is_next = final is None or final.segment == meta.segments
        if meta.final_until == start and is_next:
            if final is not None:
                self.finals.append(final)
            self.meta = replace(meta, final_until=end, segments=len(self.finals))
            return
        is_done = (
            meta.final_until == end if final is None else meta.final_until >= end and final in self.finals
        )
        if not is_done:
            raise Refused

    def update(self, epoch: int, changes: SessionChanges) -> None:
        """Write what changed; a repeat of a step long passed does nothing.

        Raises:
            Refused: the epoch is old.
        """
        self._fence(epoch)
        state = changes.state
        if state is not None and FORWARD.index(state) < FORWARD.index(self.meta.state):
            return
        written = {field.name: getattr(changes, field.name) for field in fields(changes)}
        self.meta = replace(
            self.meta, **{name: value for name, value in written.items() if value is not None}
        )

    def commit(self, epoch: int, transcript: TranscriptState) -> None:
        """Upsert the row, guarded by the epoch, and then say so in the session's item.

        Raises:
            Refused: the epoch is old.
        """
        if self.row is not None and self.row.epoch > epoch:
            raise Refused
        self.row = Row(epoch, transcript, tuple(self.finals))
        changes = SessionChanges(state=SessionState.COMMITTED, transcript=transcript, transcription_id=7)
        self.update(epoch, changes)

    def compact(self, epoch: int, *, may_delete: bool) -> None:
        """Make one recording of the parts, and then say so in the session's item.

        Raises:
            Refused: the epoch is old.
        """
        samples = self.meta.samples
        assert samples is not None, "compacted before it was sealed"
        self.recording = self.read(0, samples)
        if may_delete:
            self.parts.clear()
        self.update(epoch, SessionChanges(recording=RecordingState.COMPACTED))

    def release(self, epoch: int, stored: Ranges | None) -> None:
        """Leave the session, and what is stored of it, to whoever claims it.

        Raises:
            Refused: the epoch is old.
        """
        self._fence(epoch)
        self.meta = replace(self.meta, owner=None)
        self._left = (epoch, stored)

    def read(self, start: int, end: int) -> bytes:
        """Give the stored bytes of [start, end); what is missing is silence."""
        if self.recording is not None:
            return self._coding.cut(self.recording, start, end)
        found: list[bytes] = []
        at = start
        for (part_start, part_end), data in sorted(self.parts.items()):
            if part_end > at and part_start < end:
                found.append(self._coding.silence(max(0, part_start - at)))
                at = max(at, part_start)
                found.append(self._coding.cut(data, at - part_start, min(part_end, end) - part_start))
                at = min(part_end, end)
        return b"".join((*found, self._coding.silence(end - at)))

    def cut_at(self, at: int) -> int:
        """Give the last sample up to `at` where what is stored may be cut."""
        if self.recording is not None:
            return self._coding.cut_at(self.recording, at)
        holding = [(start, data) for (start, end), data in self.parts.items() if start <= at < end]
        return max((start + self._coding.cut_at(data, at - start) for start, data in holding), default=0)

    def sha256(self, end: int) -> str:
        """Hash what is stored of [0, end)."""
        return hashlib.sha256(self.read(0, end)).hexdigest()

    def _fence(self, epoch: int) -> None:
        if epoch != self.meta.epoch:
            raise Refused  # I6

    # -- what must be true of them -------------------------------------------------------------------

    @property
    def durable(self) -> int:
        """Give how far audio is truly stored without a hole."""
        until = 0 if self.recording is None else self._coding.samples(self.recording)
        for start, end in sorted(self.parts):
            if start <= until:
                until = max(until, end)
        return until

    def check_said(self, message: object) -> None:
        """Assert that what an owner says to a client is true."""
        match message:
            case Ack(durable=durable):
                assert durable <= self.durable, "I1: acknowledged before it was durable"
            case Final():
                assert message in self.finals, "a final was said before it was stored"
            case Stored(samples=samples):
                assert self.durable >= samples, "stored was said too early"
            case _:
                pass

    def check_end(self, whole: bytes, words: list[str]) -> None:
        """Assert what must be true at the end of a session of which nothing is missing."""
        total = self._coding.samples(whole)
        assert self.read(0, total) == whole, "I3: stored bytes differ from what was sent"
        assert self.meta.samples == total
        assert self.meta.sha256 == hashlib.sha256(whole).hexdigest(), "I3: another hash than the client's"
        assert self.meta.gaps == ()
        assert [final.segment for final in self.finals] == list(range(len(self.finals))), "I4: dense numbers"
        assert self.meta.final_until >= total, "I4: the text covers the recording"
        said = " ".join(final.text for final in self.finals).split()
        assert said == words, "I4: every word once, in its place"
        assert self.row is not None, "I5: one record"
        assert self.row.transcript is TranscriptState.COMPLETE
        assert list(self.row.finals) == self.finals, "I5: the record holds every final"
        assert self.meta.state is SessionState.COMMITTED
        assert self.recording == whole, "I3: the recording differs from what was sent"
