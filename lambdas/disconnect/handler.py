"""`$disconnect`: forget the connection, and nothing else.

It neither ends nor detaches a session: the event may come late, or never.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from aws_lambda_powertools.utilities.data_classes import APIGatewayWebSocketEvent

from contract.metrics import Metric, Origin, Service
from lambdas.aws import Clients
from lambdas.cold_start import build_early
from lambdas.connections import Connections
from lambdas.errors import Unavailable
from lambdas.observability import Observer, PowertoolsObserver
from lambdas.settings import read_disconnect_settings


class ClosesConnections(Protocol):
    """The connection records."""

    def close(self, connection_id: str) -> None:
        """Forget a connection; harmless when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class App:
    """What the handler works with."""

    connections: ClosesConnections
    observer: Observer


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer `$disconnect`."""
    return handle(event, _app())


def handle(event: dict[str, Any], app: App) -> dict[str, Any]:
    """Answer one event: always 200, since nobody hears otherwise and the record expires by itself."""
    connection_id = APIGatewayWebSocketEvent(event).request_context.connection_id
    try:
        app.connections.close(connection_id)
    except Unavailable as error:
        app.observer.fail(
            "Connection not forgotten", origin=Origin.WEBSOCKET, code=error.code, connection_id=connection_id
        )
    else:
        app.observer.note("Connection closed", connection_id=connection_id)
        app.observer.count(Metric.CONNECTIONS_CLOSED)
    return {"statusCode": 200}


def build(environment: Mapping[str, str]) -> App:
    """Make everything that the handler works with.

    Raises:
        SettingsError: keys are missing or wrong.
    """
    settings = read_disconnect_settings(environment)
    return App(
        connections=Connections(Clients().dynamodb(), settings.table_name),
        observer=PowertoolsObserver(Service.DISCONNECT, settings.shared),
    )


@cache
def _app() -> App:
    return build(os.environ)


build_early(_app, os.environ)
