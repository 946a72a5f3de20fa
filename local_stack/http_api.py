"""The page's port: the page, the HTTP API with its JWT authoriser, the sign-in, the tasks' credentials.

A thin server over `page`, `jwt_authoriser`, `http_events`, `sign_in` and `credentials`, which decide.
"""

from __future__ import annotations

import asyncio
import datetime
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from local_stack.credentials import CredentialIssuer
from local_stack.http_events import HttpAnswer, HttpCall, answer_from, event_of, refusal
from local_stack.http_port import HOST, HttpPort
from local_stack.http_routes import Route, find_route
from local_stack.jwt_authoriser import JwtAuthoriser, Unauthorised
from local_stack.lambdas import FunctionFailed
from local_stack.page import PAGE_PATH, find_file, page_config, security_headers
from local_stack.settings import Ports
from local_stack.sign_in import SCOPES, BadRequest, SignIn, TokenRefused

logger = logging.getLogger(__name__)

CREDENTIALS_PATH: Final = "/_credentials/"
CONTROL_PATH: Final = "/_control/"
BODY_LIMIT_BYTES: Final = 10 * 1024 * 1024  # the HTTP API's own
FUNCTION_THREADS: Final = 8
TIMED_OUT: Final = "TimedOut"
HISTORY: Final = " /transcriptions"  # routes with it are the history Lambda's, all others the api Lambda's
# Which routes there are, and whether the authoriser stands before them.
ROUTES: Final[Mapping[str, bool]] = {
    "POST /tickets": True,
    "POST /sign-out-everywhere": True,
    "GET /health": False,
    "GET /transcriptions": True,
    "GET /transcriptions/{id}": True,
    "GET /transcriptions/{id}/audio": True,
    "GET /transcriptions/{id}/export": True,
    "PATCH /transcriptions/{id}": True,
    "DELETE /transcriptions/{id}": True,
}

Function = Callable[[dict[str, Any]], Any]
Control = Callable[[str, str, bytes], Awaitable[tuple[int, Any]]]
"""What a request to `/_control/{what}` does, by method and body; gives status and JSON value."""


@dataclass(frozen=True, slots=True)
class HttpApiParts:
    """What stands behind the port."""

    ports: Ports
    frontend: Path
    authoriser: JwtAuthoriser
    sign_in: SignIn
    client_id: str
    api: Function
    history: Function


class HttpApi:
    """Serve one port; what needs the parts is 503 until `open` brings them."""

    def __init__(self, port: int, issuer: CredentialIssuer, control_password: str, control: Control) -> None:
        """Prepare; port 0 takes a free one. `control` is for other parts of the stack, with the password."""
        self._issuer = issuer
        self._control_password = control_password
        self._control = control
        self._parts: HttpApiParts | None = None
        self._http = HttpPort(self._serve, port, BODY_LIMIT_BYTES)
        self._threads = ThreadPoolExecutor(FUNCTION_THREADS, thread_name_prefix="http-api")

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._http.number

    async def start(self) -> None:
        """Begin to listen: credentials are served from now on.

        Raises:
            OSError: the port is taken.
        """
        await self._http.open()

    def open(self, parts: HttpApiParts) -> None:
        """Serve everything from now on."""
        self._parts = parts

    async def stop(self) -> None:
        """Close the port."""
        await self._http.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.startswith(CREDENTIALS_PATH):
            return self._credentials(request)
        if request.path.startswith(CONTROL_PATH):
            return await self._controlled(request)
        parts = self._parts
        if parts is None:
            return _respond(refusal(503, "Service Unavailable"), {})
        always = security_headers(parts.ports)
        match request.path:
            case "/config.json":
                return web.json_response(
                    page_config(_origin(request, parts.ports), parts.client_id, SCOPES), headers=always
                )
            case "/oauth2/authorize":
                return await _authorise(request, parts.sign_in, always)
            case "/oauth2/token":
                return await _tokens(request, parts.sign_in, always)
            case "/logout":
                return _log_out(request, parts.sign_in, always)
            case _:
                pass
        route = find_route(ROUTES, request.method, request.path)
        if route is not None:
            return _respond(await self._call(request, route, parts), always)
        found = find_file(parts.frontend, request.path) if request.method in ("GET", "HEAD") else None
        if found is None:
            return _respond(refusal(404, "Not Found"), always)
        return web.Response(body=found.content, headers={**always, "Content-Type": found.content_type})

    async def _call(self, request: web.BaseRequest, route: Route, parts: HttpApiParts) -> HttpAnswer:
        claims: dict[str, Any] | None = None
        if ROUTES[route.key]:
            try:
                claims = parts.authoriser.claims(request.headers.get("Authorization"))
            except Unauthorised:
                return refusal(401, "Unauthorized")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return refusal(413, "Request Entity Too Large")
        call = HttpCall(
            method=request.method,
            path=request.path,
            query=request.query_string,
            headers=list(request.headers.items()),
            body=body,
            source_ip=request.remote or HOST,
        )
        event = event_of(call, route, claims, time.time())
        function = parts.history if HISTORY in route.key else parts.api
        running = asyncio.get_running_loop().run_in_executor(self._threads, function, event)
        try:
            return answer_from(await running)
        except FunctionFailed as failed:
            logger.error("function failed", extra={"route": route.key, "error": failed.kind})  # noqa: TRY400
            if failed.kind == TIMED_OUT:
                return refusal(503, "Service Unavailable")
        except (ValueError, TypeError):
            logger.error("function gave no answer", extra={"route": route.key})  # noqa: TRY400
        return refusal(500, "Internal Server Error")

    async def _controlled(self, request: web.BaseRequest) -> web.Response:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._control_password.encode()):
            return _respond(refusal(403, "Forbidden"), {})
        what = request.path.removeprefix(CONTROL_PATH)
        status, value = await self._control(what, request.method, await request.read())
        return web.json_response(value, status=status)

    def _credentials(self, request: web.BaseRequest) -> web.Response:
        holder = request.path.removeprefix(CREDENTIALS_PATH)
        issued = self._issuer.current(holder, request.headers.get("Authorization"))
        if issued is None or issued.expires_at is None:
            return web.json_response({"code": "AccessDenied", "message": "Not a holder"}, status=403)
        expires_at = datetime.datetime.fromtimestamp(issued.expires_at, datetime.UTC)
        return web.json_response(
            {
                "AccessKeyId": issued.access_key_id,
                "SecretAccessKey": issued.secret,
                "Token": issued.token,
                "Expiration": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "RoleArn": "arn:aws:iam::000000000000:role/task",
            }
        )


async def _authorise(
    request: web.BaseRequest, sign_in: SignIn, always: Mapping[str, str]
) -> web.StreamResponse:
    try:
        match request.method:
            case "GET":
                return web.Response(
                    text=sign_in.page(request.query), headers=always, content_type="text/html"
                )
            case "POST":
                location = sign_in.choose(await _form(request))
                return web.Response(status=302, headers={**always, "Location": location})
            case _:
                return _respond(refusal(405, "Method Not Allowed"), always)
    except BadRequest as refused:
        return web.Response(status=400, text=f"{refused}\n", headers=always)


def _log_out(request: web.BaseRequest, sign_in: SignIn, always: Mapping[str, str]) -> web.StreamResponse:
    if request.method != "GET":
        return _respond(refusal(405, "Method Not Allowed"), always)
    try:
        return web.Response(
            status=302, headers={**always, "Location": sign_in.place_after_logout(request.query)}
        )
    except BadRequest as refused:
        return web.Response(status=400, text=f"{refused}\n", headers=always)


async def _tokens(request: web.BaseRequest, sign_in: SignIn, always: Mapping[str, str]) -> web.StreamResponse:
    if request.method != "POST":
        return _respond(refusal(405, "Method Not Allowed"), always)
    try:
        return web.json_response(await sign_in.tokens(await _form(request)), headers=always)
    except TokenRefused as refused:
        return web.json_response({"error": refused.error}, status=400, headers=always)


async def _form(request: web.BaseRequest) -> dict[str, str]:
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def _origin(request: web.BaseRequest, ports: Ports) -> str:
    # A page opened at 127.0.0.1 finds everything there too: one origin, no CORS, as behind CloudFront.
    return (
        f"http://{request.host}"
        if request.host == f"{HOST}:{ports.page}"
        else f"http://localhost:{ports.page}"
    )


def _respond(answer: HttpAnswer, always: Mapping[str, str]) -> web.Response:
    response = web.Response(status=answer.status, body=answer.body, headers=always)
    for name, value in answer.headers:
        if name in ("content-type", "cache-control"):
            response.headers[name] = value
        elif name != "content-length":
            response.headers.add(name, value)
    return response


def page_address(ports: Ports) -> str:
    """Give where the page is opened."""
    return f"http://localhost:{ports.page}{PAGE_PATH}"
