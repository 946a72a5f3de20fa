"""The events that an HTTP API hands to a Lambda (payload 2.0), and what it makes of the answers. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from local_stack.http_routes import Route
from local_stack.jwt_authoriser import claims_as_text

API_ID: Final = "local"


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A request to the HTTP API as it came in."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What the client gets."""

    status: int
    body: bytes
    headers: Sequence[tuple[str, str]] = field(default=(("content-type", "application/json"),))


def refusal(status: int, message: str) -> HttpAnswer:
    """Give an answer of API Gateway's own."""
    return HttpAnswer(status, json.dumps({"message": message}).encode())


def event_of(call: HttpCall, route: Route, claims: Mapping[str, Any] | None, now: float) -> dict[str, Any]:
    """Build the event; `claims` of a route with an authoriser, `now` in Unix seconds."""
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for given, value in call.headers:
        name = given.lower()
        if name == "cookie":
            cookies += value.split("; ")
        elif name not in ("connection", "transfer-encoding"):
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    context: dict[str, Any] = {
        "accountId": "000000000000",
        "apiId": API_ID,
        "domainName": headers.get("host", "localhost"),
        "domainPrefix": API_ID,
        "http": {
            "method": call.method,
            "path": call.path,
            "protocol": "HTTP/1.1",
            "sourceIp": call.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": str(uuid.uuid4()),
        "routeKey": route.key,
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": round(now * 1000),
    }
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": claims_as_text(claims), "scopes": None}}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": call.path,
        "rawQueryString": call.query,
        "headers": headers,
        "requestContext": context,
        "isBase64Encoded": False,
    }
    if route.parameters:
        event["pathParameters"] = dict(route.parameters)
    if cookies:
        event["cookies"] = cookies
    query: dict[str, str] = {}
    for name, value in parse_qsl(call.query, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    if query:
        event["queryStringParameters"] = query
    if call.body:
        event["body"], event["isBase64Encoded"] = _body_text(call.body)
    return event


def answer_from(result: Any) -> HttpAnswer:
    """Read what a function returned; a value without a status code is the JSON body of a 200.

    Raises:
        ValueError: it is no answer at all.
    """
    if not isinstance(result, dict) or "statusCode" not in result:
        return HttpAnswer(200, json.dumps(result).encode())
    status = result["statusCode"]
    text = result.get("body") or ""
    if not isinstance(status, int) or not 100 <= status <= 599 or not isinstance(text, str):
        raise ValueError("not an answer")
    if result.get("isBase64Encoded"):
        try:
            body = base64.b64decode(text, validate=True)
        except binascii.Error:
            raise ValueError("not base64") from None
    else:
        body = text.encode()
    headers = [(str(name).lower(), str(value)) for name, value in (result.get("headers") or {}).items()]
    headers += [("set-cookie", str(cookie)) for cookie in result.get("cookies") or ()]
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain; charset=utf-8"))
    return HttpAnswer(status, body, tuple(headers))


def _body_text(body: bytes) -> tuple[str, bool]:
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
