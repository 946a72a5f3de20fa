"""What a new session begins with."""

from __future__ import annotations

import time

from contract.records import SessionId, SessionState, TaskId
from contract.wire import Start
from streaming_task import ports
from streaming_task.core.ownership import FIRST_EPOCH, SessionMeta, SessionTerms


def new_meta(
    task_id: TaskId, connection: ports.Connection, session_id: SessionId, message: Start
) -> SessionMeta:
    """Make the item of the session that a `start` asks for, owned by this task."""
    terms = SessionTerms(
        session_id=session_id,
        user_id=connection.user_id,
        encoding=message.encoding,
        quality=message.quality,
        sample_rate_hz=message.sample_rate_hz,
        specialty=message.specialty,
        conversation=message.conversation,
        speaker_labels=message.speaker_labels,
        vocabulary=message.vocabulary,
        started_at=time.time(),
        issued_at=connection.issued_at,
    )
    return SessionMeta(
        terms=terms,
        owner=task_id,
        epoch=FIRST_EPOCH,
        state=SessionState.OPEN,
        connection_id=connection.connection_id,
        client=message.client,
    )
