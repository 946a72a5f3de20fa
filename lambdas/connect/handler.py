"""`$connect`: parse the event, ask whether the connection may be opened, answer with a status."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayWebSocketEvent

from contract.metrics import Metric, Origin, Service
from lambdas.aws import Clients
from lambdas.cold_start import build_early
from lambdas.connect.admission import ConnectRequest, OpensConnections, Verdict, admit
from lambdas.connections import Connections
from lambdas.errors import Unavailable
from lambdas.observability import Observer, PowertoolsObserver
from lambdas.settings import read_connect_settings


@dataclass(frozen=True, slots=True)
class App:
    """What the handler works with."""

    allowed_origins: frozenset[str]
    connections: OpensConnections
    observer: Observer
    now: Callable[[], float]  # Unix seconds


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer `$connect`."""
    return handle(event, _app())


def handle(event: dict[str, Any], app: App) -> dict[str, Any]:
    """Answer one event."""
    asked = APIGatewayWebSocketEvent(event)
    request = ConnectRequest(
        connection_id=asked.request_context.connection_id,
        origin=asked.headers.get("origin"),
        ticket=asked.query_string_parameters.get("ticket"),
    )
    try:
        verdict = admit(request, app.allowed_origins, app.connections, now=app.now())
    except Unavailable as error:
        app.observer.fail(
            "Connection not opened",
            origin=Origin.WEBSOCKET,
            code=error.code,
            connection_id=request.connection_id,
        )
        return {"statusCode": 503}
    is_admitted = verdict is Verdict.ADMITTED
    app.observer.note("Connection asked for", verdict=verdict.value, connection_id=request.connection_id)
    app.observer.count(Metric.CONNECTIONS_OPENED if is_admitted else Metric.CONNECTIONS_REFUSED)
    return {"statusCode": verdict.status}


def build(environment: Mapping[str, str]) -> App:
    """Make everything that the handler works with.

    Raises:
        SettingsError: keys are missing or wrong.
    """
    settings = read_connect_settings(environment)
    return App(
        allowed_origins=settings.allowed_origins,
        connections=Connections(Clients().dynamodb(), settings.table_name),
        observer=PowertoolsObserver(Service.CONNECT, settings.shared),
        now=time.time,
    )


@cache
def _app() -> App:
    return build(os.environ)


build_early(_app, os.environ)
