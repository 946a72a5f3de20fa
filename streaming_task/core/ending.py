"""From the stop to the record: OPEN -> STOPPING -> SEALED -> COMMITTED, one step at a time. Pure.

The recording is sealed as soon as every sample is in the store; the record waits for stored text that covers
it, or for the recogniser to give up. A step whose outcome is unknown is taken again.
"""

from __future__ import annotations

from enum import StrEnum, auto

from contract.audio import Ranges
from contract.records import SessionState, TranscriptState
from contract.replies import Saved, Stored
from streaming_task.core.effects import Commit, Effect, Seal, WriteStop
from streaming_task.core.ownership import SessionMeta
from streaming_task.core.recognition import Recognition
from streaming_task.core.recording import Recording
from streaming_task.core.transcript import Transcript

STEP_RETRY_S = 1.0
STEP_RETRY_MOST_S = 8.0


class _Step(StrEnum):
    OPEN = auto()
    WRITING_STOP = auto()
    STOP_WRITTEN = auto()
    SEALING = auto()
    SEALED = auto()
    COMMITTING = auto()
    COMMITTED = auto()
    COMPLETING = auto()  # committed, and the rest of the transcript has come


_STATE = {  # once the end is known
    _Step.OPEN: SessionState.STOPPING,
    _Step.WRITING_STOP: SessionState.STOPPING,
    _Step.STOP_WRITTEN: SessionState.STOPPING,
    _Step.SEALING: SessionState.STOPPING,
    _Step.SEALED: SessionState.SEALED,
    _Step.COMMITTING: SessionState.SEALED,
    _Step.COMMITTED: SessionState.COMMITTED,
    _Step.COMPLETING: SessionState.COMMITTED,
}
_REACHED = {
    SessionState.OPEN: _Step.OPEN,
    SessionState.STOPPING: _Step.STOP_WRITTEN,
    SessionState.SEALED: _Step.SEALED,
    SessionState.COMMITTED: _Step.COMMITTED,
}
_BEFORE = {
    _Step.WRITING_STOP: _Step.OPEN,
    _Step.SEALING: _Step.STOP_WRITTEN,
    _Step.COMMITTING: _Step.SEALED,
    _Step.COMPLETING: _Step.COMMITTED,
}


class Ending:
    """Walks a session to its end."""

    def __init__(self, meta: SessionMeta, *, commit_retry_s: float) -> None:
        """Begin where the session's last owner left it."""
        self._commit_retry_s = commit_retry_s
        self._step = _REACHED[meta.state]
        self._retry_at = 0.0
        self._failures = 0  # of the step under way, in a row
        self.end = meta.end_offset
        self._client_sha256 = meta.client_sha256
        self._sha256 = meta.sha256
        self._gaps = meta.gaps
        self._transcript = meta.transcript or TranscriptState.PENDING  # as the record says
        self._offered = self._transcript  # as the commit under way says
        self._owes_row = meta.transcript is TranscriptState.INCOMPLETE  # not the row's word yet
        self._transcription_id = meta.transcription_id

    @property
    def state(self) -> SessionState:
        """Name the session's state."""
        return SessionState.OPEN if self.end is None else _STATE[self._step]

    @property
    def is_stored(self) -> bool:
        """Tell whether every sample is safe."""
        return self._sha256 is not None

    @property
    def is_fixed(self) -> bool:
        """Tell whether what the recording is can no longer change."""
        return self.is_stored or self._step is _Step.SEALING

    @property
    def is_between_steps(self) -> bool:
        """Tell whether no step is under way whose outcome would be unknown to another owner."""
        return self._step not in _BEFORE

    @property
    def is_pending(self) -> bool:
        """Tell whether the record is written without the whole transcript."""
        return self.state is SessionState.COMMITTED and self._transcript is TranscriptState.PENDING

    @property
    def is_complete(self) -> bool:
        """Tell whether the record is written with all the text that it will ever have."""
        return self._step is _Step.COMMITTED and not self.is_pending and not self._owes_row

    @property
    def contradicts_client(self) -> bool:
        """Tell whether the client's hash is not that of what is stored."""
        return self._client_sha256 is not None and self._client_sha256 != self._sha256

    def stop(self, end: int, client_sha256: str | None) -> None:
        """Set the end, once."""
        self.end = end
        self._client_sha256 = client_sha256

    # -- what happened -------------------------------------------------------------------------------

    def stop_written(self) -> None:
        """Note that the end is written down."""
        self._step = _Step.STOP_WRITTEN
        self._failures = 0

    def sealed(self, sha256: str, gaps: Ranges) -> None:
        """Note that the manifest is written."""
        self._step = _Step.SEALED
        self._failures = 0
        self._sha256 = sha256
        self._gaps = gaps

    def committed(self, transcription_id: int) -> None:
        """Note that the record is written."""
        self._step = _Step.COMMITTED
        self._transcript = self._offered
        self._owes_row = False
        self._transcription_id = transcription_id

    def failed(self, now: float) -> None:
        """Note that the step under way failed or may have: it is taken again later."""
        is_commit = self._step in (_Step.COMMITTING, _Step.COMPLETING)
        self._step = _BEFORE[self._step]
        most_s = self._commit_retry_s if is_commit else STEP_RETRY_MOST_S
        self._retry_at = now + min(most_s, STEP_RETRY_S * 2.0**self._failures)
        self._failures += 1

    # -- what to do ----------------------------------------------------------------------------------

    def advance(
        self, recording: Recording, transcript: Transcript, recognition: Recognition, now: float
    ) -> list[Effect]:
        """Take the next step, if it can be taken now."""
        if self.end is None or now < self._retry_at:
            return []
        is_all_durable = recording.durable >= self.end and recording.all_durable
        if is_all_durable and self._sha256 is None:
            self._sha256 = recording.sha256
        match self._step:
            case _Step.OPEN:
                self._step = _Step.WRITING_STOP
                return [WriteStop(self.end, self._client_sha256)]
            case _Step.STOP_WRITTEN if is_all_durable:
                self._step = _Step.SEALING
                return [Seal(self.end, recording.gaps, recording.sha256)]
            case _Step.SEALED if transcript.is_settled:
                may_be_pending = recognition.has_given_up
                return self._commit_if_heard(transcript, _Step.COMMITTING, may_be_pending=may_be_pending)
            case _Step.COMMITTED if transcript.is_settled and self.is_pending:
                return self._commit_if_heard(transcript, _Step.COMPLETING, may_be_pending=False)
            case _Step.COMMITTED if self._owes_row:
                self._step = _Step.COMPLETING
                return [Commit(self._transcript)]
            case _:
                return []

    def _commit_if_heard(self, transcript: Transcript, step: _Step, *, may_be_pending: bool) -> list[Effect]:
        is_heard = self.end is not None and transcript.final_until >= self.end
        if not is_heard and not may_be_pending:
            return []
        self._offered = TranscriptState.COMPLETE if is_heard else TranscriptState.PENDING
        self._step = step
        return [Commit(self._offered)]

    def next_due_at(self, now: float) -> float | None:
        """Give when `advance` may next have something to do, if nothing else happens."""
        return self._retry_at if self.end is not None and self._retry_at > now else None

    # -- what to say ---------------------------------------------------------------------------------

    def stored_message(self) -> Stored:
        """Say that every sample is safe; only once `is_stored`."""
        assert self.end is not None
        assert self._sha256 is not None
        return Stored(samples=self.end, sha256=self._sha256)

    def saved_message(self, segments: int) -> Saved:
        """Say that the record is written; only once it is."""
        assert self.end is not None
        assert self._sha256 is not None
        assert self._transcription_id is not None
        return Saved(
            transcription_id=self._transcription_id,
            samples=self.end,
            sha256=self._sha256,
            segments=segments,
            gaps=self._gaps,
            transcript=self._transcript,
        )


def saved_message_of(meta: SessionMeta) -> Saved:
    """Say of a committed session what was said when it was committed."""
    assert meta.samples is not None
    assert meta.sha256 is not None
    assert meta.transcription_id is not None
    assert meta.transcript is not None
    return Saved(
        transcription_id=meta.transcription_id,
        samples=meta.samples,
        sha256=meta.sha256,
        segments=meta.segments,
        gaps=meta.gaps,
        transcript=meta.transcript,
    )
