"""Answer messages about sessions that are not live here."""

from __future__ import annotations

import logging

from contract.records import ConnectionId, SessionId
from contract.replies import Error, Limits, Ready, encode_without_session
from contract.wire import Audio, Code, Refusal, Resume, Start, Stop
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
    """Speaks from the store for sessions that are finished; for others it refuses, and no more."""

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

    def refuse_about(
        self, connection_id: ConnectionId, session_id: SessionId, epoch: int, refusal: Refusal
    ) -> None:
        """Refuse, under a known epoch, a message about a user's own session that another task has."""
        error = Error(ref=refusal.ref, code=refusal.code, message=refusal.sentence)
        Voice(session_id, epoch, self._finals, self._pushes).say(connection_id, error)

    def not_found(self, connection: ports.Connection, message: SessionMessage) -> None:
        """Say that there is no such session: absent and another's sound the same."""
        self.refuse(connection.connection_id, Code.NOT_FOUND, NOT_FOUND, ref=message.ref)

    def not_now(self, connection: ports.Connection, message: SessionMessage) -> None:
        """Say that we could not, and that asking again may help."""
        self.refuse(connection.connection_id, Code.INTERNAL, NOT_NOW, ref=message.ref, retry_after_s=1.0)

    async def answer_from(
        self, connection: ports.Connection, meta: SessionMeta, message: SessionMessage
    ) -> None:
        """Answer a message about the user's own session, which is committed.

        Raises:
            Unavailable: its finals could not be read.
        """
        to = connection.connection_id
        voice = Voice(meta.terms.session_id, meta.epoch, self._finals, self._pushes)
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
