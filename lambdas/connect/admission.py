"""Decide whether a WebSocket may be opened. Knows no event, no SDK and no clock."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, assert_never

from lambdas.connections import Opening


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """A browser's wish to open a WebSocket, as it came."""

    connection_id: str
    origin: str | None
    ticket: str | None = field(repr=False)


class Verdict(StrEnum):
    """What is answered, and what the log says of it."""

    ADMITTED = "admitted"
    FOREIGN_ORIGIN = "foreign_origin"
    NO_TICKET = "no_ticket"
    TICKET_NOT_VALID = "ticket_not_valid"
    SIGNED_OUT = "signed_out"

    @property
    def status(self) -> int:
        """Give the HTTP status that the handshake is answered with."""
        match self:
            case Verdict.ADMITTED:
                return 200
            case Verdict.NO_TICKET:
                return 401
            case Verdict.FOREIGN_ORIGIN | Verdict.TICKET_NOT_VALID | Verdict.SIGNED_OUT:
                return 403
            case _:
                assert_never(self)


class OpensConnections(Protocol):
    """The connection records."""

    def open(self, connection_id: str, ticket: str, *, now: float) -> Opening:
        """Spend the ticket and record the connection, both or neither."""
        ...


def admit(
    request: ConnectRequest, allowed_origins: Set[str], connections: OpensConnections, *, now: float
) -> Verdict:
    """Open the connection if everything is right; `now` is Unix seconds.

    The origin comes first: a foreign page that got hold of a ticket must not be able to spend it either.

    Raises:
        Unavailable: it could not be decided.
    """
    if request.origin not in allowed_origins:
        return Verdict.FOREIGN_ORIGIN
    if not request.ticket:
        return Verdict.NO_TICKET
    match connections.open(request.connection_id, request.ticket, now=now):
        case Opening.OPENED:
            return Verdict.ADMITTED
        case Opening.TICKET_NOT_VALID:
            return Verdict.TICKET_NOT_VALID
        case Opening.SIGNED_OUT:
            return Verdict.SIGNED_OUT
        case unknown:
            assert_never(unknown)
