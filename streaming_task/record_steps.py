"""The steps from an open session to its record, each of which may be taken again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contract.audio import Encoding, Ranges
from contract.metrics import Metric
from contract.object_keys import recording_key
from contract.records import (
    COMMITTED_KEPT_S,
    RecordingState,
    RecordStatus,
    SessionState,
    TranscriptState,
)
from contract.replies import Final
from streaming_task import ports
from streaming_task.core import events as ev
from streaming_task.core.coding import PCM, Coding
from streaming_task.core.ownership import SessionChanges, SessionMeta
from streaming_task.core.record import Record
from streaming_task.pushes import Pushes
from streaming_task.recordings import Recordings


@dataclass(frozen=True, slots=True)
class Services:
    """What runners share."""

    audio: ports.AudioStore
    recordings: Recordings
    sessions: ports.Sessions
    ownership: ports.Ownership
    finals: ports.Finals
    records: ports.Records
    recognition: ports.Recognition
    resampler: Callable[[int, int], ports.StreamCoder]  # from Hz, to Hz
    container: Callable[[], ports.StreamCoder]  # of Opus packets
    pushes: Pushes
    report: Callable[[str, float], None]  # what an operator should know of
    coding: Callable[[Encoding], Coding] = lambda _encoding: PCM  # one of its own for every session
    count: Callable[[Metric, float], None] = lambda _metric, _value: None  # what is measured of everything


class RecordSteps:
    """Takes the steps of one session under one epoch; each gives the event that says it is done."""

    def __init__(self, meta: SessionMeta, services: Services) -> None:
        self._terms = meta.terms
        self._epoch = meta.epoch
        self._services = services
        self._sealed: ev.Sealed | None = None
        if meta.samples is not None and meta.sha256 is not None:  # by an earlier owner
            self._sealed = ev.Sealed(meta.samples, meta.sha256, meta.gaps)

    async def update(self, changes: SessionChanges, done: ev.Event) -> ev.Event:
        """Write something down."""
        await self._services.sessions.update(self._terms.session_id, self._epoch, changes)
        return done

    async def release(self, stored: Ranges | None) -> ev.Event:
        """Leave the session to whoever claims it."""
        await self._services.ownership.release(self._terms.session_id, self._epoch, stored)
        return ev.Released()

    async def begin_record(self) -> ev.Event:
        """Write the row as in progress."""
        await self._services.records.begin(self._record(RecordStatus.IN_PROGRESS))
        return ev.Tick()

    async def seal(self, end: int, gaps: Ranges, sha256: str | None) -> ev.Event:
        """Write the manifest, then that it is written."""
        sha256 = await self._services.recordings.seal(self._terms, end, gaps, sha256)
        self._sealed = ev.Sealed(end, sha256, gaps)
        changes = SessionChanges(state=SessionState.SEALED, samples=end, sha256=sha256, gaps=gaps)
        return await self.update(changes, self._sealed)

    async def commit(self, transcript: TranscriptState) -> ev.Event:
        """Write the row of the stored finals, then that it is written."""
        finals = tuple(await self._services.finals.after(self._terms.session_id, -1))
        record = self._record(RecordStatus.COMPLETED, finals, transcript)
        transcription_id = await self._services.records.commit(record)
        changes = SessionChanges(
            state=SessionState.COMMITTED, transcript=transcript, transcription_id=transcription_id
        )
        return await self.update(changes, ev.Committed(transcription_id))

    async def compact(self, *, may_delete: bool) -> ev.Event:
        """Make one recording of the parts, then write down what became of them."""
        assert self._sealed is not None
        sealed = self._sealed
        is_compacted = await self._services.recordings.compact(
            self._terms, sealed.samples, sealed.gaps, sealed.sha256, may_delete=may_delete
        )
        recording = RecordingState.COMPACTED if is_compacted else RecordingState.KEPT
        compacted = await self.update(SessionChanges(recording=recording), ev.Compacted(recording))
        if not is_compacted:
            self._services.report("PartsKept", 1.0)
        return compacted

    async def finish(self) -> ev.Event:
        """Give the stored finals an end, for the row has them all; then the session."""
        await self._services.finals.expire(self._terms.session_id, after_s=COMMITTED_KEPT_S)
        return await self.update(SessionChanges(is_finished=True), ev.Finished())

    def _record(
        self,
        status: RecordStatus,
        finals: tuple[Final, ...] = (),
        transcript: TranscriptState = TranscriptState.PENDING,
    ) -> Record:
        terms, sealed = self._terms, self._sealed
        return Record(
            terms=terms,
            epoch=self._epoch,
            status=status,
            audio_s3_key=recording_key(terms.user_id, terms.session_id, terms.encoding),
            samples=0 if sealed is None else sealed.samples,
            sha256=None if sealed is None else sealed.sha256,
            gaps=() if sealed is None else sealed.gaps,
            finals=finals,
            transcript=transcript,
        )
