"""The gateway's port: it carries out what the core decides. The only module here that builds things."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import secrets
import socket
import time
from collections.abc import Coroutine, Mapping
from typing import Any
from urllib.parse import unquote

from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.server import ServerProtocol

from local_stack.gateway.admin import PREFIX, AdminAnswer, AdminHandler, AdminRequest, FaultsAdmin, encode
from local_stack.gateway.client_socket import SILENT, ClientSocket
from local_stack.gateway.core import Close, ConnectionId, Cut, Dispatch, Frame, GatewayCore, Opened, Verdict
from local_stack.gateway.functions import LambdaFunctions, LambdaHandler
from local_stack.gateway.http_connection import HttpConnection, HttpRequest
from local_stack.gateway.integration import Integration, Outcome, PoolSize
from local_stack.gateway.lambda_events import Handshake
from local_stack.gateway.mapping import HeaderMapping
from local_stack.gateway.settings import GatewaySettings
from local_stack.gateway.signature import CredentialLookup, SignatureVerifier, SignedRequest

logger = logging.getLogger(__name__)

SWEEP_S = 0.1  # how late a connection's limit may be noticed
SEND_BUFFER_BYTES = 128 * 1024  # the kernel's, so that a client that does not read is noticed
BACKLOG = 512


class Gateway:
    """Stand in for API Gateway's WebSocket API.

    On one port: the WebSocket at `/?ticket=...` (or `/{stage}`), `/@connections/{id}` (POST, GET, DELETE,
    signed) and `/_admin/faults`.

    Args:
        settings: addresses, limits and the integration's header mapping.
        connect: the `$connect` handler, `(event, context) -> {"statusCode": ...}`; runs in a thread.
        disconnect: the `$disconnect` handler, likewise; its answer is ignored.
        lookup: `access_key_id -> (secret, session token or None, Unix expiry or None)`, or None if the key
            is not known. Called for every `@connections` request, on the event loop: it must not block.
        admin_routes: more handlers under `/_admin/`, by the path's first part after it
            (`{"aws": handler}` serves `/_admin/aws` and below). Each is awaited with an `AdminRequest` and
            gives an `AdminAnswer`.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        connect: LambdaHandler,
        disconnect: LambdaHandler,
        lookup: CredentialLookup,
        admin_routes: Mapping[str, AdminHandler] | None = None,
    ) -> None:
        now = time.monotonic()
        self._settings = settings
        self._connect = connect
        self._disconnect = disconnect
        self._mapping = HeaderMapping(settings.request_parameters)
        self._verifier = SignatureVerifier(lookup, settings.region)
        self._core = GatewayCore(settings, now, time.time() - now, secrets.token_bytes)
        self._admin_routes: dict[str, AdminHandler] = {"faults": FaultsAdmin(self._core)}
        self._admin_routes.update(admin_routes or {})
        self._functions = LambdaFunctions(settings.lambda_threads, settings.integration_timeout_s)
        self._sockets: dict[str, ClientSocket] = {}
        self._http: set[HttpConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._integration: Integration | None = None
        self._server: asyncio.Server | None = None
        self._port = settings.port

    @property
    def port(self) -> int:
        """Give the port that is listened on."""
        return self._port

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the port is taken.
        """
        settings = self._settings
        size = PoolSize(
            settings.pool_connections, settings.pool_connections_max, settings.pool_connection_max_age_s
        )
        self._integration = Integration(
            settings.balancer_host, settings.balancer_port, settings.integration_timeout_s, size
        )
        listener = socket.create_server((settings.host, settings.port), backlog=BACKLOG)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)  # inherited when accepted
        self._server = await asyncio.get_running_loop().create_server(
            lambda: HttpConnection(self._serve, self._http), sock=listener
        )
        self._port = listener.getsockname()[1]
        self._spawn(self._sweep(), "gateway-sweep")
        logger.info("gateway listening", extra={"port": self._port})

    async def stop(self) -> None:
        """Close everything; clients hear 1001, and no `$disconnect` is called any more."""
        if self._server is not None:
            self._server.close()
        sockets, self._sockets = self._sockets, {}
        for client in sockets.values():
            client.close(1001, "Going away")
        for connection in list(self._http):
            connection.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._integration is not None:
            await self._integration.close()
        for client in sockets.values():
            client.abandon()
        self._functions.close()
        if self._server is not None:
            await self._server.wait_closed()

    # HTTP

    def _serve(self, request: HttpRequest, connection: HttpConnection) -> None:
        path = unquote(request.path).removeprefix(f"/{self._settings.stage}")
        if path.startswith("/@connections/"):
            self._serve_connections(request, ConnectionId(path.removeprefix("/@connections/")), connection)
        elif path.startswith(PREFIX):
            self._spawn(self._serve_admin(request, path.removeprefix(PREFIX), connection), "gateway-admin")
        elif path in ("", "/"):
            self._serve_handshake(request, connection)
        else:
            connection.respond(403, b'{"message": "Forbidden"}')

    def _serve_connections(
        self, request: HttpRequest, connection_id: ConnectionId, connection: HttpConnection
    ) -> None:
        signed = SignedRequest(request.method, request.target, request.headers, request.body)
        refusal = self._verifier.refusal(signed, time.time())
        if refusal is not None:
            verdict = Verdict(403, refusal.error_type, {"message": refusal.message})
        else:
            verdict = self._answer_connections(request, connection_id)
        headers = {"x-amzn-ErrorType": verdict.error_type} if verdict.error_type else None
        body = b"" if verdict.body is None else json.dumps(verdict.body).encode()
        connection.respond(verdict.status, body, headers)

    def _answer_connections(self, request: HttpRequest, connection_id: ConnectionId) -> Verdict:
        now = time.monotonic()
        match request.method:
            case "POST":
                client = self._sockets.get(connection_id)
                owed_bytes = client.owed_bytes if client else 0
                verdict = self._core.push(connection_id, len(request.body), owed_bytes, now)
                if verdict.status == 200 and client is not None:
                    client.send_text(request.body)
                return verdict
            case "GET":
                return self._core.describe(connection_id, now)
            case "DELETE":
                answer = self._core.delete(connection_id, now)
                if isinstance(answer, Verdict):
                    return answer
                self._end(answer)
                return Verdict(204)
            case _:
                return Verdict(403, "ForbiddenException", {"message": "Forbidden"})

    async def _serve_admin(self, request: HttpRequest, path: str, connection: HttpConnection) -> None:
        handler = self._admin_routes.get(path.partition("/")[0])
        if handler is None:
            answer = AdminAnswer(404, {"message": f"known are {', '.join(sorted(self._admin_routes))}"})
        else:
            try:
                answer = await handler(AdminRequest(request.method, path, request.body))
            except Exception as error:  # noqa: BLE001 - another part's failure must be answered, not hang
                answer = AdminAnswer(500, {"message": f"the handler failed with {type(error).__name__}"})
        connection.respond(answer.status, encode(answer))

    # WebSocket

    def _serve_handshake(self, request: HttpRequest, connection: HttpConnection) -> None:
        if not request.is_upgrade:
            connection.respond(426, b'{"message": "Upgrade Required"}', {"upgrade": "websocket"}, close=True)
            return
        asked = Request(request.target, Headers(request.headers), request.method)
        answer = ServerProtocol(logger=SILENT).accept(asked)
        if answer.status_code != 101:
            message = json.dumps({"message": answer.reason_phrase}).encode()
            connection.respond(answer.status_code, message, close=True)
            return
        handshake = Handshake(request.headers, request.target.partition("?")[2], connection.peer_ip)
        opened = self._core.connection_requested(handshake, self._port, time.monotonic())
        self._spawn(self._finish_handshake(opened, answer.serialize(), connection), "gateway-connect")

    async def _finish_handshake(self, opened: Opened, acceptance: bytes, connection: HttpConnection) -> None:
        status = await self._functions.invoke("connect", self._connect, opened.event)
        if not self._core.connect_answered(opened.connection_id, status):
            connection.respond(status, self._core.handshake_refusal(opened, status), close=True)
            return
        settings = self._settings
        client = ClientSocket(
            opened.connection_id, self, settings.receive_buffer_bytes, settings.in_flight_bytes
        )
        transport = connection.hand_over()
        self._sockets[opened.connection_id] = client
        if transport is None:  # the client left while its ticket was being looked at
            client.cut()
        else:
            client.adopt(transport, acceptance)

    def message_received(self, client: ClientSocket, body: bytes) -> None:
        """Send a client's message to the integration."""
        decided = self._core.message_received(ConnectionId(client.connection_id), body, time.monotonic())
        if isinstance(decided, Frame):
            client.send_text(decided.text)
            return
        for dispatch in decided:
            client.taken(len(dispatch.body))
            if dispatch.delay_s:
                asyncio.get_running_loop().call_later(dispatch.delay_s, self._dispatch, dispatch, client)
            else:
                self._dispatch(dispatch, client)

    def ping_received(self, client: ClientSocket) -> None:
        """Note that a client is there."""
        self._core.heard(ConnectionId(client.connection_id), time.monotonic())

    def socket_closed(self, client: ClientSocket, code: int, reason: str) -> None:
        """Forget a client and call `$disconnect`."""
        if self._sockets.pop(client.connection_id, None) is None:
            return  # the gateway itself is stopping
        event = self._core.closed(ConnectionId(client.connection_id), code, reason, time.monotonic())
        if event is not None:
            self._spawn(self._call_disconnect(event), "gateway-disconnect")

    def _dispatch(self, dispatch: Dispatch, client: ClientSocket) -> None:
        assert self._integration is not None
        head = (
            f"POST {self._settings.integration_path} HTTP/1.1\r\nhost: {self._integration.authority}\r\n"
            f"user-agent: AmazonAPIGateway_{self._settings.api_id}\r\ncontent-type: application/json\r\n"
            f"{self._mapping.header_lines(dispatch.context)}content-length: {len(dispatch.body)}\r\n\r\n"
        )
        request = head.encode("latin-1") + dispatch.body
        self._integration.send(request, functools.partial(self._answered, dispatch, client))

    def _answered(self, dispatch: Dispatch, client: ClientSocket, outcome: Outcome) -> None:
        client.settled(len(dispatch.body))
        frame = self._core.integration_answered(dispatch, outcome)
        if frame is not None and client.owed_bytes <= self._settings.receive_buffer_bytes:
            client.send_text(frame.text)

    async def _call_disconnect(self, event: dict[str, Any]) -> None:
        await self._functions.invoke("disconnect", self._disconnect, event)

    # Time

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            for end in self._core.due(time.monotonic()):
                self._end(end)
            idle_since = asyncio.get_running_loop().time() - self._settings.http_idle_s
            for connection in [one for one in self._http if one.last_used_at < idle_since]:
                if not connection.is_answering:
                    connection.close()

    def _end(self, end: Close | Cut) -> None:
        client = self._sockets.get(end.connection_id)
        if client is None:
            return
        match end:
            case Close(_, code, reason):
                client.close(code, reason)
            case Cut():
                client.cut()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
