"""A deployment that a test makes up: tickets and a WebSocket whose every answer the test may change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tools.stream_file import Target

Answers = Callable[[dict[str, Any]], list[dict[str, Any]]]


def ready_for(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Answer as a task does that works, as far as the checks look."""
    match message:
        case {"type": "start", "request_id": request_id}:
            return [{"type": "ready", "ref": request_id, "session_id": "session-1"}]
        case {"type": "stop"}:
            return []
        case _:
            return [{"type": "error", "code": "bad_message", "ref": message.get("id")}]


@dataclass(slots=True)
class DeploymentStub:
    """What a test decides, and the sockets that are open."""

    answers: Answers = ready_for
    refuse_origins: bool = True
    spend_tickets: bool = True
    largest: int = 32_768
    too_large_code: str = "too_large"
    close_for_binary: int = 1003
    tickets: set[str] = field(default_factory=set)
    open_sockets: int = 0
    url: str = ""

    @property
    def target(self) -> Target:
        """Where it is, as a check is told."""
        return Target(self.url, self.url, "token")

    async def issue(self, _: web.Request) -> web.Response:
        """Be `POST /tickets`."""
        ticket = f"ticket-{len(self.tickets)}-{id(object())}"
        self.tickets.add(ticket)
        return web.json_response(
            {"ticket": ticket, "websocket_url": f"{self.url}/live".replace("http", "ws")}
        )

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Be `$connect` and the socket behind it."""
        ticket = request.query.get("ticket")
        if self.refuse_origins and request.headers.get("Origin") != self.url:
            raise web.HTTPForbidden
        if ticket is None:
            raise web.HTTPUnauthorized
        if ticket not in self.tickets:
            raise web.HTTPForbidden
        if self.spend_tickets:
            self.tickets.discard(ticket)
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        self.open_sockets += 1
        try:
            await self._talk(socket)
        finally:
            self.open_sockets -= 1
        return socket

    async def _talk(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                await socket.close(code=self.close_for_binary)
            elif len(message.data) > self.largest:
                await socket.close(code=1009)
            elif len(message.data) > 32_000:
                await socket.send_json({"type": "error", "code": self.too_large_code, "ref": None})
            else:
                for answer in self.answers(json.loads(message.data)):
                    await socket.send_json(answer)


@asynccontextmanager
async def deployment_stub(**decided: Any) -> AsyncIterator[DeploymentStub]:
    """Run one on a free port."""
    stub = DeploymentStub(**decided)
    app = web.Application()
    app.add_routes([web.post("/tickets", stub.issue), web.get("/live", stub.live)])
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        stub.url = f"http://127.0.0.1:{port}"
        yield stub
    finally:
        await asyncio.wait_for(runner.cleanup(), 10)
