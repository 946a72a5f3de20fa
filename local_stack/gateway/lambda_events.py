"""The events that API Gateway hands to the `$connect` and `$disconnect` Lambdas. Pure: builds plain values.

The shape is that of the WebSocket Lambda proxy integration; absent things are left out, as AWS does.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

_HANDSHAKE_ONLY = frozenset({"connection", "upgrade"})  # API Gateway keeps these to itself


@dataclass(frozen=True, slots=True)
class Handshake:
    """A client's wish to open a WebSocket, as it came."""

    headers: Sequence[tuple[str, str]]
    query: str
    source_ip: str

    def header(self, name: str) -> str | None:
        """Give the first header of that lower-case name, if there is one."""
        return next((value for given, value in self.headers if given.lower() == name), None)


@dataclass(frozen=True, slots=True)
class RouteContext:
    """What an event's `requestContext` says besides the route."""

    connection_id: str
    request_id: str
    source_ip: str
    user_agent: str | None
    connected_at_ms: int
    request_time_ms: int
    api_id: str
    stage: str
    domain_name: str


def connect_event(handshake: Handshake, context: RouteContext, port: int) -> dict[str, Any]:
    """Build the `$connect` event of a handshake."""
    headers = [(name, value) for name, value in handshake.headers if name.lower() not in _HANDSHAKE_ONLY]
    headers += [
        ("X-Amzn-Trace-Id", f"Root=1-{context.request_time_ms // 1000:08x}-{context.request_time_ms:024x}"),
        ("X-Forwarded-For", handshake.source_ip),
        ("X-Forwarded-Port", str(port)),
        ("X-Forwarded-Proto", "http"),
    ]
    event: dict[str, Any] = {
        "headers": dict(headers),
        "multiValueHeaders": _multi(headers),
    }
    query = parse_qsl(handshake.query, keep_blank_values=True)
    if query:
        event["queryStringParameters"] = dict(query)
        event["multiValueQueryStringParameters"] = _multi(query)
    event["requestContext"] = _request_context(context, "$connect", "CONNECT")
    event["isBase64Encoded"] = False
    return event


def disconnect_event(context: RouteContext, host: str, code: int, reason: str) -> dict[str, Any]:
    """Build the `$disconnect` event of a connection that ended with that WebSocket close code."""
    headers = [("Host", host), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")]
    request_context = _request_context(context, "$disconnect", "DISCONNECT")
    request_context["disconnectStatusCode"] = code
    request_context["disconnectReason"] = reason
    return {
        "headers": dict(headers),
        "multiValueHeaders": _multi(headers),
        "requestContext": request_context,
        "isBase64Encoded": False,
    }


def _request_context(context: RouteContext, route_key: str, event_type: str) -> dict[str, Any]:
    identity = {"sourceIp": context.source_ip}
    if context.user_agent is not None:
        identity["userAgent"] = context.user_agent
    request_time = time.gmtime(context.request_time_ms // 1000)
    return {
        "routeKey": route_key,
        "eventType": event_type,
        "extendedRequestId": context.request_id,
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", request_time),
        "messageDirection": "IN",
        "stage": context.stage,
        "connectedAt": context.connected_at_ms,
        "requestTimeEpoch": context.request_time_ms,
        "identity": identity,
        "requestId": context.request_id,
        "domainName": context.domain_name,
        "connectionId": context.connection_id,
        "apiId": context.api_id,
    }


def _multi(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values
