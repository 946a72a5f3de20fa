"""A gateway over real sockets on loopback, with a task behind it and handlers that note their events."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import boto3
from botocore.config import Config
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from local_stack.gateway import AdminAnswer, AdminRequest, Gateway, GatewaySettings
from tests.fakes.http_task import FakeHttpTask

KEY_ID, SECRET, TOKEN = "AKIDEXAMPLE", "secret", "token=="
ORIGIN = "http://localhost:5000"


class Stack:
    """A gateway with a task behind it and handlers that note their events."""

    def __init__(self, task: FakeHttpTask) -> None:
        self.task = task
        self.gateway: Gateway
        self.connect_answer: dict[str, Any] | Exception = {"statusCode": 200}
        self.time_left_ms = 0  # when the last `$connect` began
        self.path_prefix = ""
        self.connect_gate: threading.Event | None = None
        self.connects: queue.Queue[dict[str, Any]] = queue.Queue()
        self.disconnects: queue.Queue[dict[str, Any]] = queue.Queue()

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.gateway.port}"

    def on_connect(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        self.time_left_ms = context.get_remaining_time_in_millis()
        self.connects.put(event)
        if self.connect_gate is not None:
            self.connect_gate.wait(10)
        if isinstance(self.connect_answer, Exception):
            raise self.connect_answer
        return self.connect_answer

    def on_disconnect(self, event: dict[str, Any], _context: Any) -> None:
        self.disconnects.put(event)

    def client(self) -> connect:
        """Open a WebSocket as the page does."""
        url = f"ws://127.0.0.1:{self.gateway.port}/?ticket=abc"
        return connect(url, origin=ORIGIN, compression=None, max_size=None)  # type: ignore[arg-type]

    async def connection_id(self) -> str:
        """Give the id of the client that connected last."""
        event = await asyncio.to_thread(self.connects.get, timeout=5)
        return str(event["requestContext"]["connectionId"])

    async def disconnected(self) -> dict[str, Any]:
        """Give the next `$disconnect` event's context."""
        event = await asyncio.to_thread(self.disconnects.get, timeout=5)
        context: dict[str, Any] = event["requestContext"]
        return context

    async def connections(self, verb: str, secret: str = SECRET, **arguments: Any) -> dict[str, Any]:
        """Call `@connections` as boto3 does."""

        def call() -> dict[str, Any]:
            api = boto3.client(
                "apigatewaymanagementapi",
                endpoint_url=self.http_url + self.path_prefix,
                region_name="us-east-1",
                aws_access_key_id=KEY_ID,
                aws_secret_access_key=secret,
                aws_session_token=TOKEN,
                config=Config(retries={"total_max_attempts": 1}),
            )
            answer: dict[str, Any] = getattr(api, verb)(**arguments)
            return answer

        return await asyncio.to_thread(call)

    async def admin(self, method: str, path: str = "faults", body: object = None) -> tuple[int, Any]:
        """Call the admin interface."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.http_url}/_admin/{path}", json=body) as response,
        ):
            return response.status, await response.json()


async def echo_admin(request: AdminRequest) -> AdminAnswer:
    """Stand for another part's admin handler."""
    return AdminAnswer(201, [request.method, request.path, request.body.decode()])


async def broken_admin(_request: AdminRequest) -> AdminAnswer:
    """Stand for another part's handler that fails."""
    raise RuntimeError("secret")


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Stack]:
    """Run a gateway with these settings."""
    task = FakeHttpTask()
    await task.start()
    stack = Stack(task)
    stack.gateway = Gateway(
        replace(GatewaySettings(balancer_port=task.port), **settings),
        connect=stack.on_connect,
        disconnect=stack.on_disconnect,
        lookup=lambda key_id: (SECRET, TOKEN, None) if key_id == KEY_ID else None,
        admin_routes={"echo": echo_admin, "broken": broken_admin},
    )
    await stack.gateway.start()
    try:
        yield stack
    finally:
        await stack.gateway.stop()
        await task.stop()


async def close_code(client: ClientConnection) -> int:
    """Wait until the gateway closes a connection and give the code."""
    try:
        while True:
            await client.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006
