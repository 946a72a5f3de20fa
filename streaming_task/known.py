"""The connections this task has heard from: who is at the other end, and how much they may say."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from contract.records import ConnectionId, UserId
from contract.wire import ClientMessage, Renew, Start
from streaming_task import ports
from streaming_task.core.admission import MessageRate
from streaming_task.core.authorisation import is_revoked, refuse_revoked
from streaming_task.core.warning import AUTH_NEAR_S

_log = logging.getLogger(__name__)

FORGET_AFTER_S = 900.0  # API Gateway closes a connection after 10 min without messages
READ_AGAIN_AFTER_S = 5.0  # an authorisation that runs out: another task may have heard the renewal
REFUSALS_PER_S = 2  # of the message rate: a flood is not answered with a flood


@dataclass(slots=True)
class Known:
    """A connection whose record was read."""

    connection: ports.Connection
    rate: MessageRate
    refusals: float
    heard_at: float
    read_at: float
    signed_out_at: float | None = None  # Unix seconds: the user, everywhere

    def admit(self, now: float) -> bool:
        """Take one message, if there is room for it."""
        is_admitted = self.rate.admit(now)
        self.refusals = max(0.0, self.refusals - (now - self.heard_at) * REFUSALS_PER_S)
        self.heard_at = now
        return is_admitted

    def may_be_refused(self) -> bool:
        """Tell whether one more refusal is worth saying."""
        if self.refusals >= 1:
            return False
        self.refusals += 1
        return True

    def refuse_revoked(self, message: ClientMessage) -> None:
        """Let pass what is authorised since the user last signed out everywhere, and a fresh ticket.

        Raises:
            Refusal: auth_expired.
        """
        if not isinstance(message, Renew):
            session_id = None if isinstance(message, Start) else message.session_id
            refuse_revoked(self.connection.issued_at, self.signed_out_at, message.ref, session_id)

    def runs_out(self, wall: float) -> bool:
        """Tell whether the authorisation is soon, or no longer, good for anything; `wall` is Unix seconds."""
        connection = self.connection
        return wall >= connection.authorised_until - AUTH_NEAR_S or is_revoked(
            connection.issued_at, self.signed_out_at
        )


class KnownConnections:
    """Reads each connection's record once, consistently, however many messages wait for it.

    It is read again when the authorisation runs out: any task may have taken the `renew`.
    """

    def __init__(self, connections: ports.Connections) -> None:
        self._connections = connections
        self._known: dict[ConnectionId, Known] = {}
        self._finding: dict[ConnectionId, asyncio.Task[Known | None]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, connection_id: object) -> bool:
        return connection_id in self._known

    def get(self, connection_id: ConnectionId) -> Known | None:
        """Give what is known already; what runs out is read again meanwhile."""
        known = self._known.get(connection_id)
        if known is not None and known.runs_out(time.time()):
            self._keep_fresh(known)
        return known

    @property
    def users(self) -> frozenset[UserId]:
        """Name everyone who is connected."""
        return frozenset(known.connection.user_id for known in self._known.values())

    def note_sign_outs(self, signed_out_at: Mapping[UserId, float]) -> None:
        """Note who signed out everywhere and when, Unix seconds."""
        for known in self._known.values():
            known.signed_out_at = signed_out_at.get(known.connection.user_id, known.signed_out_at)

    async def find(self, connection_id: ConnectionId) -> Known | None:
        """Read a connection's record; None: there is none.

        Raises:
            Unavailable: it could not be read.
        """
        finding = self._finding.get(connection_id)
        if finding is None:
            finding = asyncio.create_task(self._find(connection_id), name=f"find {connection_id}")
            self._finding[connection_id] = finding
        return await asyncio.shield(finding)

    async def _find(self, connection_id: ConnectionId) -> Known | None:
        try:
            connection = await self._connections.find(connection_id)
            if connection is None:
                return None
            now = asyncio.get_running_loop().time()
            known = Known(connection, MessageRate(now), 0.0, now, now)
            self._known[connection_id] = known
            return known
        finally:
            del self._finding[connection_id]

    def _keep_fresh(self, known: Known) -> None:
        now = asyncio.get_running_loop().time()
        connection_id = known.connection.connection_id
        if now < known.read_at + READ_AGAIN_AFTER_S or connection_id in self._finding:
            return
        known.read_at = now
        self._finding[connection_id] = asyncio.create_task(
            self._read_again(known), name=f"read {connection_id} again"
        )

    async def _read_again(self, known: Known) -> Known:
        connection_id = known.connection.connection_id
        try:
            connection = await self._connections.find(connection_id)
            if connection is not None and connection.issued_at >= known.connection.issued_at:
                known.connection = connection
        except ports.Unavailable as error:
            _log.warning(
                "Connection not read again", extra={"connection_id": connection_id, "code": error.code}
            )
        finally:
            del self._finding[connection_id]
        return known

    async def renew(self, known: Known, ticket: str) -> bool:
        """Spend a ticket on a connection; False: it is no good.

        Raises:
            Unavailable: it could not be said.
        """
        renewed = await self._connections.renew(known.connection, ticket)
        if renewed is not None:
            known.connection = renewed
        return renewed is not None

    def forget_the_silent(self) -> list[ConnectionId]:
        """Drop what is known of connections that cannot be open any more; give them."""
        now = asyncio.get_running_loop().time()
        silent = [name for name, known in self._known.items() if now - known.heard_at >= FORGET_AFTER_S]
        for connection_id in silent:
            del self._known[connection_id]
        return silent
