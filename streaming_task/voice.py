"""Say a session's messages: stored finals in turn before anything newer. Decides nothing of what is said."""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from contract.records import ConnectionId, SessionId
from contract.replies import AboutSession, Final, Ready, encode
from streaming_task.ports import Finals, Unavailable
from streaming_task.pushes import Pushes

_log = logging.getLogger(__name__)

FINALS_IN_TURN = 100  # said before waiting for them to go: an outbox that is full drops what it is given


@dataclass(slots=True)
class _HeldBack:
    """What waits until stored finals are read out to a connection."""

    readers: int = 0
    messages: list[AboutSession] = field(default_factory=list)


class Voice:
    """Speaks for one session under one epoch."""

    def __init__(self, session_id: SessionId, epoch: int, finals: Finals, pushes: Pushes) -> None:
        self._session_id = session_id
        self._epoch = epoch
        self._finals = finals
        self._pushes = pushes
        self._held_back: dict[ConnectionId, _HeldBack] = {}

    def say(self, connection_id: ConnectionId, message: AboutSession) -> None:
        """Say a message, after the finals that are being read out to this connection, if any are."""
        held_back = self._held_back.get(connection_id)
        if held_back is not None and not isinstance(message, Ready):
            held_back.messages.append(message)
        else:
            self._push(connection_id, message)

    def read_out(
        self, connection_id: ConnectionId, after: int, then: tuple[AboutSession, ...]
    ) -> Coroutine[Any, Any, None]:
        """Hold back what is newer from now on; give the work that says stored finals, then the rest."""
        self._held_back.setdefault(connection_id, _HeldBack()).readers += 1
        return self._read_out(connection_id, after, then)

    async def say_in_turn(self, connection_id: ConnectionId, messages: Sequence[AboutSession]) -> None:
        """Say many messages, no faster than the connection takes them; stop once it is gone."""
        for first in range(0, len(messages), FINALS_IN_TURN):
            for message in messages[first : first + FINALS_IN_TURN]:
                self._push(connection_id, message)
            if not await self._pushes.drained(connection_id):
                return  # whoever comes back asks for what it has not heard

    async def _read_out(
        self, connection_id: ConnectionId, after: int, then: tuple[AboutSession, ...]
    ) -> None:
        newest = after
        try:
            finals = await self._finals.after(self._session_id, after)
            newest = finals[-1].segment if finals else after
            await self.say_in_turn(connection_id, finals)
        except Unavailable as error:
            # The client sees the hole at the next final, or at `saved`, and resumes again.
            _log.warning(
                "Session finals not read", extra={"session_id": self._session_id, "code": error.code}
            )
        finally:
            held_back = self._held_back[connection_id]
            held_back.messages[:0] = then
            held_back.messages = [message for message in held_back.messages if _is_newer(message, newest)]
            held_back.readers -= 1
            if not held_back.readers:
                del self._held_back[connection_id]
                for message in held_back.messages:
                    self._push(connection_id, message)

    def _push(self, connection_id: ConnectionId, message: AboutSession) -> None:
        text = encode(message, self._session_id, self._epoch)
        self._pushes.send(connection_id, self._session_id, type(message), text)


def _is_newer(message: AboutSession, newest: int) -> bool:
    return not (isinstance(message, Final) and message.segment <= newest)
