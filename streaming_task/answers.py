"""Answer messages about sessions that are not live here, from the store."""

from __future__ import annotations

import logging

from contract.records import ConnectionId, SessionId, SessionState
from contract.replies import Error, Limits, Ready, encode_without_session
from contract.wire import Audio, Code, Resume, Start, Stop
from streaming_task import ports
from streaming_task.core.ending import saved_message_of
from streaming_task.core.events import SessionMessage
from streaming_task.core.ownership import SessionMeta
from streaming_task.pushes import Pushes
from streaming_task.voice import Voice

_log = logging.getLogger(__name__)

NOT_FOUND = "There is no such session."
NOT_NOW = "Something went wrong on our side: what you recorded is safe, please try again."


class StoredAnswers:
    """Speaks for sessions that are finished; the others it cannot speak for."""

    def __init__(
        self, sessions: ports.Sessions, finals: ports.Finals, pushes: Pushes, limits: Limits
    ) -> None:
        self._sessions = sessions
        self._finals = finals
        self._pushes = pushes
        self._limits = limits

    def refuse(
        self,
        connection_id: ConnectionId,
        code: Code,
        sentence: str,
        *,
        ref: str | None,
        retry_after_s: float | None = None,
    ) -> None:
        """Tell a connection that a message was refused that is about no known session."""
        error = Error(ref=ref, code=code, message=sentence, retry_after_s=retry_after_s)
        self._pushes.send(connection_id, "", Error, encode_without_session(error))

    async def answer(self, connection: ports.Connection, session_id: str, message: SessionMessage) -> None:
        """Answer a message from what the store says of its session."""
        try:
            meta = await self._sessions.find(SessionId(session_id))
            # Absent and another's are the same answer after the same one read.
            if meta is None or meta.terms.user_id != connection.user_id:
                self.refuse(connection.connection_id, Code.NOT_FOUND, NOT_FOUND, ref=message.ref)
            else:
                await self.answer_from(connection, meta, message)
        except ports.Unavailable as error:
            _log.warning("Session not read", extra={"code": error.code})
            self.refuse(connection.connection_id, Code.INTERNAL, NOT_NOW, ref=message.ref, retry_after_s=1.0)

    async def answer_from(
        self, connection: ports.Connection, meta: SessionMeta, message: SessionMessage
    ) -> None:
        """Answer a message about the user's own session, which is not live here.

        Raises:
            Unavailable: its finals could not be read.
        """
        to = connection.connection_id
        voice = Voice(meta.terms.session_id, meta.epoch, self._finals, self._pushes)
        if meta.state is not SessionState.COMMITTED:
            _log.error("Session is owned by another task", extra={"session_id": meta.terms.session_id})
            voice.say(to, Error(ref=message.ref, code=Code.INTERNAL, message=NOT_NOW, retry_after_s=1.0))
            return
        saved = saved_message_of(meta)
        match message:
            case Resume(ref=ref, last_segment=last_segment):
                finals = await self._finals.after(meta.terms.session_id, last_segment)
                voice.say(to, Ready(ref=ref, next_offset=saved.samples, limits=self._limits))
                await voice.say_in_turn(to, finals)
                voice.say(to, saved)
            case Start() | Stop() | Audio():
                voice.say(to, saved)
            case _:
                pass  # `pause` and `ping` have nothing to hear
