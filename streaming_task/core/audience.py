"""Whom a session speaks to, and what is due to be said: answers, acks, statuses, warnings. Pure."""

from __future__ import annotations

from contract.records import ConnectionId
from contract.replies import AboutSession, Error, Final, Moved, Ready, Status
from contract.wire import Code
from streaming_task.core.acknowledgement import Acknowledgement
from streaming_task.core.attachment import SUPERSEDED, Attachment
from streaming_task.core.effects import Effect, Note, Send, SendFinals
from streaming_task.core.ownership import SessionChanges, SessionMeta
from streaming_task.core.recording import Recording
from streaming_task.core.status import StatusReports
from streaming_task.core.vigil import SessionLimits
from streaming_task.core.warning import Warnings


class Audience:
    """Puts what is said among the session's effects."""

    def __init__(self, effects: list[Effect], limits: SessionLimits, rate_hz: int, now: float) -> None:
        self._effects = effects
        self._limits = limits
        self._attachment = Attachment()
        self._knows_what_was_heard = True
        self._acknowledgement = Acknowledgement(now)
        self._statuses = StatusReports(now)
        self._warnings = Warnings(limits.duration_s, rate_hz)

    # -- connections ---------------------------------------------------------------------------------

    def restore(self, meta: SessionMeta) -> None:
        """Go on with whom the session's last owner spoke to, and say that the owner has changed.

        The last owner may have stored finals that it never said. Until the client has resumed, newer ones
        wait in the store with them: it hears them all then, in order.
        """
        if meta.connection_id is not None and meta.client is not None:
            self._knows_what_was_heard = False
            self._attachment.attach(meta.connection_id, meta.client)
            self.say(Moved())

    def attach(self, connection_id: ConnectionId, client: str) -> None:
        """Speak to this connection from now on; tell another page that it was replaced."""
        self._knows_what_was_heard = True
        replaced = self._attachment.attach(connection_id, client)
        if replaced is not None:
            self.send(replaced, Error(ref=None, code=Code.SUPERSEDED, message=SUPERSEDED))
        self._effects.append(Note(SessionChanges(connection_id=connection_id, client=client)))

    def welcome(
        self,
        connection_id: ConnectionId,
        ref: str | None,
        next_offset: int,
        *,
        finals_after: int | None,
        then: tuple[AboutSession, ...],
    ) -> None:
        """Answer who attached: `ready`, finals if asked for, and what was said of the end already."""
        self.send(connection_id, Ready(ref=ref, next_offset=next_offset, limits=self._limits.message()))
        if finals_after is None:
            self.send(connection_id, *then)
        else:
            self._effects.append(SendFinals(connection_id, finals_after, then))
        if self._statuses.last is not None and not then:
            self.send(connection_id, self._statuses.last)

    def refuse_superseded(self, connection_id: ConnectionId, ref: str | None) -> None:
        """Let pass what does not come from a page that another has replaced.

        Raises:
            Refusal: superseded.
        """
        self._attachment.refuse_superseded(connection_id, ref)

    # -- saying things -------------------------------------------------------------------------------

    def send(self, connection_id: ConnectionId, *messages: AboutSession) -> None:
        """Say something to one connection."""
        self._effects += [Send(connection_id, message) for message in messages]

    def say(self, *messages: AboutSession) -> None:
        """Say something to the attached connection, if there is one."""
        if self._attachment.connection_id is not None:
            may_say = [said for said in messages if self._knows_what_was_heard or not isinstance(said, Final)]
            self.send(self._attachment.connection_id, *may_say)

    def owe_ack(self, now: float) -> None:
        """Note a reason to acknowledge."""
        self._acknowledgement.note(now)

    def say_stored(self, message: AboutSession) -> None:
        """Say that every sample is safe; heartbeats and statuses end."""
        self._acknowledgement.beats = False
        self.say(message)

    def warn(self, recording: Recording, authorised_until: float, wall: float) -> None:
        """Warn of each limit that has come near."""
        self.say(*self._warnings.due(recording, authorised_until, wall))

    def say_what_is_due(self, recording: Recording, status: Status, now: float) -> None:
        """Acknowledge, name what is missing, and tell what the recogniser does."""
        self.say(*self._acknowledgement.due(recording, now))
        due = self._statuses.due(status, now) if self._acknowledgement.beats else None
        if due is not None:
            self.say(due)

    def next_due_at(self) -> float | None:
        """Give when something may be due, if nothing else happens."""
        times = [self._acknowledgement.next_due_at()]
        if self._acknowledgement.beats:
            times.append(self._statuses.next_due_at)
        return min([time for time in times if time is not None], default=None)
