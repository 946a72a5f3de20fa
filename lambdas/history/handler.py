"""The routes under `/transcriptions`: parse the event, ask the desk, answer."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from contract.metrics import Origin, Service
from lambdas.aws import Clients
from lambdas.cold_start import build_early
from lambdas.database import Database
from lambdas.errors import Unavailable
from lambdas.history.answers import JSON, OUT_OF_REACH, SIGNED_OUT, Answer, as_bytes
from lambdas.history.audio import Audio
from lambdas.history.audit import Action
from lambdas.history.desk import Desk
from lambdas.history.live import LiveSessions
from lambdas.history.questions import (
    RecordId,
    WrongQuestion,
    read_correction,
    read_list_question,
    read_record_id,
)
from lambdas.history.records import Records
from lambdas.identity import Identity, identity_of
from lambdas.observability import Observer, PowertoolsObserver
from lambdas.settings import read_history_settings
from lambdas.sign_outs import SignOuts

ACTIONS: Final[Mapping[str, Action]] = {
    "GET /transcriptions": Action.LIST,
    "GET /transcriptions/{id}": Action.READ,
    "GET /transcriptions/{id}/audio": Action.AUDIO,
    "GET /transcriptions/{id}/export": Action.EXPORT,
    "PATCH /transcriptions/{id}": Action.CORRECT,
    "DELETE /transcriptions/{id}": Action.DELETE,
}
_TEXTS: Final = (JSON, "text/", "application/x-subrip", "application/fhir+json")


@dataclass(frozen=True, slots=True)
class App:
    """What the handler works with."""

    desk: Desk
    observer: Observer
    now: Callable[[], float]  # Unix seconds


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer a request to the HTTP API."""
    return handle(event, _app())


def handle(event: dict[str, Any], app: App) -> dict[str, Any]:
    """Answer one event."""
    request = APIGatewayProxyEventV2(event)
    action = ACTIONS.get(request.route_key)
    if action is None:
        return _response(404, as_bytes({"message": "There is nothing at this address."}))
    who = identity_of(request.request_context.authorizer.jwt_claim)
    if who is None or who.authorised_until <= app.now():
        return _response(SIGNED_OUT.status, SIGNED_OUT.body)
    try:
        answer = _ask(request, action, who, app.desk)
    except Unavailable as error:
        app.observer.fail("History not answered", origin=Origin.HTTP, action=action.value, code=error.code)
        return _response(503, as_bytes({"message": OUT_OF_REACH}))
    app.observer.note(
        "History answered", action=action.value, outcome=answer.outcome.value, user_id=who.user_id
    )
    return _response(answer.status, answer.body, answer)


def _ask(request: APIGatewayProxyEventV2, action: Action, who: Identity, desk: Desk) -> Answer:
    query = request.query_string_parameters
    if action is Action.LIST:
        try:
            return desk.list_page(who, read_list_question(query))
        except WrongQuestion as wrong:
            return desk.refuse(who, action, None, wrong)
    record_id = read_record_id(request.path_parameters.get("id", ""))
    match action:
        case Action.READ:
            return desk.read(who, record_id)
        case Action.AUDIO:
            return desk.link_audio(who, record_id)
        case Action.EXPORT:
            return desk.export(who, record_id, query.get("format", ""))
        case Action.CORRECT:
            return _correct(request, who, record_id, desk)
        case Action.DELETE:
            return desk.delete(who, record_id)


def _correct(request: APIGatewayProxyEventV2, who: Identity, record_id: RecordId, desk: Desk) -> Answer:
    try:
        return desk.correct(who, record_id, read_correction(_body(request)))
    except WrongQuestion as wrong:
        return desk.refuse(who, Action.CORRECT, record_id, wrong)


def _body(request: APIGatewayProxyEventV2) -> str | None:
    try:
        return request.decoded_body
    except ValueError:  # bytes that are no text
        return None


def _response(status: int, body: bytes, answer: Answer | None = None) -> dict[str, Any]:
    content_type = JSON if answer is None else answer.content_type
    headers = {"content-type": content_type, "cache-control": "no-store"}
    if answer is not None:
        headers |= dict(answer.headers)
    is_text = content_type.startswith(_TEXTS)
    text = body.decode() if is_text else base64.b64encode(body).decode()
    return {"statusCode": status, "headers": headers, "body": text, "isBase64Encoded": not is_text}


def build(environment: Mapping[str, str]) -> App:
    """Make everything that the handler works with.

    Raises:
        SettingsError: keys are missing or wrong.
    """
    settings = read_history_settings(environment)
    clients = Clients()
    dynamodb = clients.dynamodb()
    return App(
        desk=Desk(
            records=Records(Database(clients.secrets(), settings.database, application="history")),
            live=LiveSessions(dynamodb, settings.table_name),
            audio=Audio(clients.audio(), settings.audio_bucket),
            sign_outs=SignOuts(dynamodb, settings.table_name),
            may_owner_delete=settings.may_owner_delete,
            page_origin=settings.page_origin,
        ),
        observer=PowertoolsObserver(Service.HISTORY, settings.shared),
        now=time.time,
    )


@cache
def _app() -> App:
    return build(os.environ)


build_early(_app, os.environ)
