"""The HTTP API: parse the event, call what the route names, answer in JSON."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from contract.metrics import Metric, Origin, Service
from lambdas.api.sign_out import EndsSessions, sign_out_everywhere
from lambdas.aws import Clients
from lambdas.cold_start import build_early
from lambdas.database import Database
from lambdas.errors import Unavailable
from lambdas.health import HEALTHY, UNHEALTHY, HealthReport
from lambdas.identity import Identity, identity_of
from lambdas.observability import Observer, PowertoolsObserver
from lambdas.probes import RecordProbe, StreamingProbe
from lambdas.settings import read_api_settings
from lambdas.sign_outs import SignOuts
from lambdas.tickets import Ticket, Tickets
from lambdas.user_pool import UserPool
from migrations.files import read_migrations

SIGN_IN_AGAIN: Final = "Please sign in again."


@dataclass(frozen=True, slots=True)
class App:
    """What the handler works with."""

    tickets: Tickets
    ticket_lifetime_s: int
    websocket_url: str
    sign_outs: SignOuts
    user_pool: EndsSessions
    health: HealthReport
    observer: Observer
    now: Callable[[], float]  # Unix seconds


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer a request to the HTTP API."""
    return answer(event, _app)


def answer(
    event: dict[str, Any], app: Callable[[], App], *, monotonic: Callable[[], float] = time.monotonic
) -> dict[str, Any]:
    """Answer one event with what `app` gives; building it first takes from the time of the answer."""
    arrived_at = monotonic()
    return handle(event, app(), arrived_at)


def handle(event: dict[str, Any], app: App, arrived_at: float | None = None) -> dict[str, Any]:
    """Answer one event that arrived then, by `time.monotonic`; None: just now."""
    request = APIGatewayProxyEventV2(event)
    match request.http_method, request.path:
        case "POST", "/tickets":
            return _issue_ticket(request, app)
        case "POST", "/sign-out-everywhere":
            return _sign_out_everywhere(request, app)
        case "GET", "/health":
            return _report_health(app, arrived_at)
        case _:
            return _json(404, {"message": "There is nothing at this address."})


def _issue_ticket(request: APIGatewayProxyEventV2, app: App) -> dict[str, Any]:
    now = app.now()
    identity = _identity(request, now)
    try:
        ticket = None if identity is None else _ticket_for(identity, app, now)
    except Unavailable as error:
        app.observer.fail("Ticket not issued", origin=Origin.HTTP, code=error.code)
        return _json(503, {"message": "We cannot start a recording right now. Please try again in a moment."})
    if identity is None or ticket is None:
        return _json(401, {"message": SIGN_IN_AGAIN})
    app.observer.note("Ticket issued", user_id=identity.user_id)
    app.observer.count(Metric.TICKETS_ISSUED)
    answer = {
        "ticket": ticket.secret,
        "expires_in": ticket.expires_in_s,
        "websocket_url": app.websocket_url,
    }
    return _json(200, answer)


def _ticket_for(identity: Identity, app: App, now: float) -> Ticket | None:
    # `$connect` would refuse it, but a browser cannot tell why a WebSocket does not open.
    if app.sign_outs.has_signed_out(identity):
        return None
    return app.tickets.issue(identity, now=now, lifetime_s=app.ticket_lifetime_s)


def _sign_out_everywhere(request: APIGatewayProxyEventV2, app: App) -> dict[str, Any]:
    now = app.now()
    identity = _identity(request, now)
    if identity is None:
        return _json(401, {"message": SIGN_IN_AGAIN})
    try:
        sign_out_everywhere(identity, app.sign_outs, app.user_pool, now=now)
    except Unavailable as error:
        app.observer.fail("Sign-out not finished", origin=Origin.HTTP, code=error.code)
        return _json(503, {"message": "We could not sign you out everywhere. Please try again in a moment."})
    app.observer.note("User signed out everywhere", user_id=identity.user_id)
    return _json(200, {"status": "signed_out"})


def _identity(request: APIGatewayProxyEventV2, now: float) -> Identity | None:
    identity = identity_of(request.request_context.authorizer.jwt_claim)
    return None if identity is None or identity.authorised_until <= now else identity


def _report_health(app: App, arrived_at: float | None) -> dict[str, Any]:
    health = app.health.read(asked_at=arrived_at)
    if not health.is_healthy:
        app.observer.note("Health is not good", codes=",".join(health.failures))
    answer = {"status": HEALTHY if health.is_healthy else UNHEALTHY, "checks": health.checks}
    return _json(200 if health.is_healthy else 503, answer)


def _json(status: int, body: Mapping[str, object]) -> dict[str, Any]:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}


def build(environment: Mapping[str, str]) -> App:
    """Make everything that the handler works with.

    Raises:
        SettingsError: keys are missing or wrong.
    """
    settings = read_api_settings(environment)
    clients = Clients()
    dynamodb = clients.dynamodb()
    # The probes have clients of their own: one attempt, and an answer within the report's time.
    database = Database(clients.secrets(attempts=1, answer_s=1.0), settings.database, application="health")
    streaming = StreamingProbe(clients.dynamodb(attempts=1, answer_s=1.0), settings.table_name, time.time)
    return App(
        tickets=Tickets(dynamodb, settings.table_name),
        ticket_lifetime_s=settings.ticket_lifetime_s,
        websocket_url=settings.websocket_url,
        sign_outs=SignOuts(dynamodb, settings.table_name),
        user_pool=UserPool(cache(clients.user_pool), settings.user_pool_id),
        health=HealthReport([RecordProbe(database, read_migrations()), streaming]),
        observer=PowertoolsObserver(Service.API, settings.shared),
        now=time.time,
    )


@cache
def _app() -> App:
    return build(os.environ)


build_early(_app, os.environ)
