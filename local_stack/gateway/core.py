"""What API Gateway decides about connections, messages and pushes. Pure: no port, no clock, no I/O.

Time arrives as `now`, monotonic seconds; `epoch_s` is the Unix time at which that clock read zero.
The caller owns the sockets: it asks here first, then does what the answer says.
"""

from __future__ import annotations

import base64
import enum
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NewType

from local_stack.gateway.faults import NO_FAULTS, FaultCounts, FaultDice, Faults
from local_stack.gateway.lambda_events import Handshake, RouteContext, connect_event, disconnect_event
from local_stack.gateway.mapping import MessageContext
from local_stack.gateway.settings import MESSAGE_LIMIT_BYTES, GatewaySettings
from local_stack.gateway.throttle import TokenBucket

ConnectionId = NewType("ConnectionId", str)

ID_BYTES = 11  # sixteen characters, the last of them "=", as AWS's own
GOING_AWAY = 1001
NORMAL_CLOSURE = 1000


@dataclass(frozen=True, slots=True)
class Opened:
    """A handshake that may go on to the `$connect` Lambda with this event."""

    connection_id: ConnectionId
    request_id: str
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One request to the `$default` integration, to be sent after `delay_s`."""

    connection_id: ConnectionId
    context: MessageContext
    body: bytes
    delay_s: float


@dataclass(frozen=True, slots=True)
class Frame:
    """A text frame that the gateway itself sends to the client."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Close this connection properly, with this code and reason."""

    connection_id: ConnectionId
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Cut:
    """Abort this connection's TCP, as a network that fails would."""

    connection_id: ConnectionId


class IntegrationFailure(enum.Enum):
    """Why the integration gave no status."""

    UNREACHABLE = enum.auto()
    TIMED_OUT = enum.auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an `@connections` request is answered; `error_type` is AWS's name for what went wrong."""

    status: int
    error_type: str | None = None
    body: dict[str, Any] | None = None


DELIVER = Verdict(200)
_REFUSALS = {400: "Bad Request", 401: "Unauthorized", 504: "Endpoint request timed out"}
_FAILURES = {
    410: Verdict(410, "GoneException", {"message": "Gone"}),
    413: Verdict(413, "PayloadTooLargeException", {"message": "Payload Too Large"}),
    429: Verdict(429, "LimitExceededException", {"message": "Too Many Requests"}),
    500: Verdict(500, "InternalServerErrorException", {"message": "Internal server error"}),
    503: Verdict(503, "ServiceUnavailableException", {"message": "Service Unavailable"}),
}


@dataclass(slots=True)
class _Connection:
    source_ip: str
    user_agent: str | None
    host: str
    opened_at: float
    heard_at: float
    is_open: bool = False


class GatewayCore:
    """Hold the connections and answer for them."""

    def __init__(
        self,
        settings: GatewaySettings,
        now: float,
        epoch_s: float,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self.counts = FaultCounts()
        self._settings = settings
        self._epoch_s = epoch_s
        self._random_bytes = random_bytes
        self._connections: dict[ConnectionId, _Connection] = {}
        self._throttle = TokenBucket(settings.requests_per_s, settings.request_burst, now)
        self._dice = FaultDice(NO_FAULTS, self.counts)

    @property
    def faults(self) -> Faults:
        """Give the faults that hold now."""
        return self._dice.faults

    def set_faults(self, faults: Faults) -> None:
        """Replace the whole set of faults; their dice start anew from the seed."""
        self._dice = FaultDice(faults, self.counts)

    def connection_requested(self, handshake: Handshake, port: int, now: float) -> Opened:
        """Take a handshake in; nothing can be pushed to it until `$connect` has answered."""
        connection_id = ConnectionId(self._new_id())
        connection = _Connection(
            source_ip=handshake.source_ip,
            user_agent=handshake.header("user-agent"),
            host=handshake.header("host") or self._settings.domain_name,
            opened_at=now,
            heard_at=now,
        )
        self._connections[connection_id] = connection
        context = self._route_context(connection_id, connection, now)
        return Opened(connection_id, context.request_id, connect_event(handshake, context, port))

    def connect_answered(self, connection_id: ConnectionId, status: int) -> bool:
        """Say whether the handshake may be completed, now that `$connect` has answered."""
        is_accepted = 200 <= status < 300
        if is_accepted:
            self._connections[connection_id].is_open = True
            self.counts.connections += 1
        else:
            del self._connections[connection_id]
        return is_accepted

    def heard(self, connection_id: ConnectionId, now: float) -> None:
        """Note that the client showed life."""
        connection = self._connections.get(connection_id)
        if connection is not None:
            connection.heard_at = now

    def message_received(
        self, connection_id: ConnectionId, body: bytes, now: float
    ) -> list[Dispatch] | Frame:
        """Turn a client's message into requests to the integration, or into the frame that refuses it."""
        connection = self._connections[connection_id]
        connection.heard_at = now
        self.counts.messages += 1
        if not self._throttle.take(now):
            self.counts.throttled += 1
            return self._own_frame("Too Many Requests", connection_id, self._new_id())
        deliveries = self._dice.deliveries(body)
        if not deliveries:
            return []
        settings = self._settings
        context = MessageContext(
            connection_id=connection_id,
            message_id=self._new_id(),
            request_id=self._new_id(),
            source_ip=connection.source_ip,
            api_id=settings.api_id,
            stage=settings.stage,
            domain_name=settings.domain_name,
        )
        return [Dispatch(connection_id, context, delivery.body, delivery.delay_s) for delivery in deliveries]

    def integration_answered(self, dispatch: Dispatch, outcome: int | IntegrationFailure) -> Frame | None:
        """Say what the client hears of it: nothing when all went well, else the gateway's own frame.

        The body of a good answer goes nowhere, since the route has no response configured.
        """
        if not isinstance(outcome, IntegrationFailure) and 200 <= outcome < 300:
            return None
        self.counts.integration_failures += 1
        message = "Forbidden" if outcome == HTTPStatus.FORBIDDEN else "Internal server error"
        return self._own_frame(message, dispatch.connection_id, dispatch.context.request_id)

    def push(self, connection_id: ConnectionId, size_bytes: int, owed_bytes: int, now: float) -> Verdict:
        """Decide whether a callback may be delivered; `owed_bytes` is what the client has yet to read."""
        self.counts.pushes += 1
        fault = self._dice.push_status()
        if fault is not None:
            return _FAILURES[fault]
        if not self._throttle.take(now):
            return _FAILURES[429]
        if size_bytes > MESSAGE_LIMIT_BYTES:
            return _FAILURES[413]
        connection = self._connections.get(connection_id)
        if connection is None or not connection.is_open:
            return _FAILURES[410]
        if owed_bytes > self._settings.receive_buffer_bytes:
            self.counts.pushes_unread += 1
            return _FAILURES[429]
        connection.heard_at = now
        return DELIVER

    def describe(self, connection_id: ConnectionId, now: float) -> Verdict:
        """Answer a GET: since when the connection is there, when it was last active, whose it is."""
        if not self._throttle.take(now):
            return _FAILURES[429]
        connection = self._connections.get(connection_id)
        if connection is None or not connection.is_open:
            return _FAILURES[410]
        identity = {"sourceIp": connection.source_ip, "userAgent": connection.user_agent or ""}
        return Verdict(
            200,
            body={
                "connectedAt": self._timestamp(connection.opened_at),
                "identity": identity,
                "lastActiveAt": self._timestamp(connection.heard_at),
            },
        )

    def delete(self, connection_id: ConnectionId, now: float) -> Close | Verdict:
        """Answer a DELETE: the close to perform, or why not."""
        if not self._throttle.take(now):
            return _FAILURES[429]
        connection = self._connections.get(connection_id)
        if connection is None or not connection.is_open:
            return _FAILURES[410]
        return Close(connection_id, NORMAL_CLOSURE, "Connection closed by the server")

    def due(self, now: float) -> list[Close | Cut]:
        """Name the connections whose time is up."""
        ends: list[Close | Cut] = []
        cut_at_age_s = self.faults.cut_connections_every_s
        for connection_id, connection in self._connections.items():
            if not connection.is_open:
                continue
            age_s = now - connection.opened_at
            if cut_at_age_s and age_s >= cut_at_age_s:
                self.counts.connections_cut += 1
                ends.append(Cut(connection_id))
            elif (
                age_s >= self._settings.connection_max_s
                or now - connection.heard_at >= self._settings.connection_idle_s
            ):
                ends.append(Close(connection_id, GOING_AWAY, "Going away"))
        return ends

    def closed(
        self, connection_id: ConnectionId, code: int, reason: str, now: float
    ) -> dict[str, Any] | None:
        """Forget a connection; give the event for `$disconnect`, or None if it is not to be called."""
        connection = self._connections.pop(connection_id, None)
        if connection is None or not connection.is_open:
            return None
        if self.faults.drop_disconnect:
            self.counts.disconnects_dropped += 1
            return None
        self.counts.disconnects += 1
        context = self._route_context(connection_id, connection, now)
        return disconnect_event(context, connection.host, code, reason)

    def handshake_refusal(self, opened: Opened, status: int) -> bytes:
        """Write the body with which a handshake is refused."""
        message = _REFUSALS.get(status, "Internal server error" if status >= 500 else "Forbidden")
        return self._own_frame(message, opened.connection_id, opened.request_id).text

    def _own_frame(self, message: str, connection_id: ConnectionId, request_id: str) -> Frame:
        said = {"message": message, "connectionId": connection_id, "requestId": request_id}
        return Frame(json.dumps(said).encode())

    def _route_context(
        self, connection_id: ConnectionId, connection: _Connection, now: float
    ) -> RouteContext:
        settings = self._settings
        return RouteContext(
            connection_id=connection_id,
            request_id=self._new_id(),
            source_ip=connection.source_ip,
            user_agent=connection.user_agent,
            connected_at_ms=round((self._epoch_s + connection.opened_at) * 1000),
            request_time_ms=round((self._epoch_s + now) * 1000),
            api_id=settings.api_id,
            stage=settings.stage,
            domain_name=settings.domain_name,
        )

    def _new_id(self) -> str:
        return base64.urlsafe_b64encode(self._random_bytes(ID_BYTES)).decode()

    def _timestamp(self, moment: float) -> str:
        return datetime.fromtimestamp(self._epoch_s + moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
