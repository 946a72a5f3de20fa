"""The gateway as clients, Lambdas, tasks and testers meet it, over real sockets on loopback."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import queue
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import boto3
import pytest
import uvloop
from botocore.config import Config
from botocore.exceptions import ClientError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

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
        self.path_prefix = ""
        self.connect_gate: threading.Event | None = None
        self.connects: queue.Queue[dict[str, Any]] = queue.Queue()
        self.disconnects: queue.Queue[dict[str, Any]] = queue.Queue()

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.gateway.port}"

    def on_connect(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        assert context.get_remaining_time_in_millis() > 0
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


@pytest.fixture
async def stack() -> AsyncIterator[Stack]:
    """Give a gateway with API Gateway's own limits."""
    async with running() as stack:
        yield stack


async def close_code(client: ClientConnection) -> int:
    """Wait until the gateway closes a connection and give the code."""
    try:
        while True:
            await client.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


async def test_a_message_reaches_the_task_untouched(stack: Stack) -> None:
    """The task learns the connection from a header and gets the client's very bytes."""
    async with stack.client() as client:
        text = '{"type": "ping",  "note": "\u00e9\u4e2d"}'
        await client.send(text)

        request = await stack.task.requests.get()

        assert request.line == "POST /messages HTTP/1.1"
        assert request.body == text.encode()
        assert request.headers["x-connection-id"] == await stack.connection_id()
        assert request.headers["x-message-id"]
        assert request.headers["x-request-id"]


async def test_connect_sees_origin_and_ticket(stack: Stack) -> None:
    """The handler is the deployed one: it must find what AWS would give it."""
    async with stack.client():
        event = stack.connects.get_nowait()

    assert event["headers"]["Origin"] == ORIGIN
    assert event["headers"]["Sec-WebSocket-Version"] == "13"
    assert event["queryStringParameters"] == {"ticket": "abc"}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"statusCode": 401}, 401),
        ({"statusCode": 403}, 403),
        (RuntimeError("boom"), 500),
        ({}, 500),
        ({"statusCode": "200"}, 500),
    ],
)
async def test_the_handshake_fails_with_connects_status(
    stack: Stack, answer: dict[str, Any] | Exception, status: int
) -> None:
    """A bad ticket closes the handshake, and a broken handler is the server's fault."""
    stack.connect_answer = answer

    with pytest.raises(InvalidStatus) as refused:
        await stack.client()

    assert refused.value.response.status_code == status
    assert stack.disconnects.empty()


async def test_a_connect_that_takes_too_long_is_given_up() -> None:
    """The client is told after the integration's timeout, whatever the handler still does."""
    async with running(integration_timeout_s=0.05) as stack:
        stack.connect_gate = threading.Event()

        with pytest.raises(InvalidStatus) as refused:
            await stack.client()

        stack.connect_gate.set()
        assert refused.value.response.status_code == 504


async def test_messages_are_dispatched_side_by_side(stack: Stack) -> None:
    """A message that the task sits on holds no other up: order is not promised."""
    stack.task.may_answer.clear()
    async with stack.client() as client:
        for number in range(5):
            await client.send(str(number))

        taken = [await stack.task.requests.get() for _ in range(5)]

        assert {one.body for one in taken} == {b"0", b"1", b"2", b"3", b"4"}
        assert len({one.connection for one in taken}) == 5
        stack.task.may_answer.set()


@pytest.mark.parametrize(("status", "message"), [(503, "Internal server error"), (403, "Forbidden")])
async def test_a_task_that_fails_is_told_by_the_gateways_own_frame(
    stack: Stack, status: int, message: str
) -> None:
    """It has no `type`, and names the connection and the request."""
    stack.task.status = status
    async with stack.client() as client:
        await client.send("{}")

        frame = json.loads(await client.recv())

        assert frame["message"] == message
        assert frame["connectionId"] == await stack.connection_id()
        assert frame["requestId"] == (await stack.task.requests.get()).headers["x-request-id"]


async def test_a_task_that_never_answers_is_given_up() -> None:
    """After the integration's timeout the client hears of it and the connection lives on."""
    async with running(integration_timeout_s=0.05) as stack:
        stack.task.may_answer.clear()
        async with stack.client() as client:
            await client.send("{}")
            assert json.loads(await client.recv())["message"] == "Internal server error"

            stack.task.may_answer.set()
            await client.send("again")
            bodies = [(await stack.task.requests.get()).body for _ in range(2)]
            assert bodies == [b"{}", b"again"]


async def test_a_binary_frame_closes_with_1003(stack: Stack) -> None:
    """API Gateway takes text only."""
    async with stack.client() as client:
        await client.send(b"\x00")

        assert await close_code(client) == 1003
    assert (await stack.disconnected())["disconnectStatusCode"] == 1003
    assert stack.task.requests.empty()


async def test_a_frame_over_32_kb_closes_with_1009(stack: Stack) -> None:
    """The client sees the code although the frame was never read to its end."""
    async with stack.client() as client:
        await client.send("x" * 32_768)
        assert len((await stack.task.requests.get()).body) == 32_768

        await client.send("x" * 32_769)

        assert await close_code(client) == 1009
    assert (await stack.disconnected())["disconnectStatusCode"] == 1009


async def test_a_message_over_128_kb_closes_with_1009(stack: Stack) -> None:
    """In small frames 128 KB pass, one byte more does not."""
    async with stack.client() as client:
        await client.send(["x" * 32_768] * 4)
        assert len((await stack.task.requests.get()).body) == 131_072

        await client.send(["x" * 32_768] * 4 + ["x"])

        assert await close_code(client) == 1009
    assert stack.task.requests.empty()


async def test_text_that_is_no_utf8_closes_with_1007(stack: Stack) -> None:
    """No task should have to wonder."""
    async with stack.client() as client:
        await client.send(b"\xff\xfe", text=True)

        assert await close_code(client) == 1007
    assert stack.task.requests.empty()


async def test_pings_are_answered(stack: Stack) -> None:
    """A client may ask whether the connection is there."""
    async with stack.client() as client:
        await (await client.ping())


async def test_idle_and_old_connections_go_away() -> None:
    """Both limits close with 1001, as AWS does."""
    async with running(connection_idle_s=0.05) as idle, idle.client() as client:
        assert await close_code(client) == 1001
        assert (await idle.disconnected())["disconnectReason"] == "Going away"
    async with running(connection_max_s=0.05) as short, short.client() as client:
        assert await close_code(client) == 1001


async def test_disconnect_is_called_however_the_client_leaves(stack: Stack) -> None:
    """A proper close with its code, a close without one, and a lost connection."""
    async with stack.client() as client:
        await client.close(4000, "bye")
    said = await stack.disconnected()
    async with stack.client() as client:
        client.transport.abort()
    lost = await stack.disconnected()

    assert (said["disconnectStatusCode"], said["disconnectReason"]) == (4000, "bye")
    assert lost["disconnectStatusCode"] == 1006


async def test_a_push_reaches_the_client(stack: Stack) -> None:
    """boto3's signature is accepted for an id that must be encoded twice; big messages come whole."""
    async with stack.client() as client:
        connection_id = await stack.connection_id()
        await stack.connections("post_to_connection", ConnectionId=connection_id, Data=b'{"type":"ack"}')
        await stack.connections("post_to_connection", ConnectionId=connection_id, Data=b"x" * 131_072)

        assert await client.recv() == '{"type":"ack"}'
        assert await client.recv() == "x" * 131_072


async def test_a_connection_is_described_and_deleted(stack: Stack) -> None:
    """After the DELETE the id is gone."""
    async with stack.client() as client:
        connection_id = await stack.connection_id()

        described = await stack.connections("get_connection", ConnectionId=connection_id)
        await stack.connections("delete_connection", ConnectionId=connection_id)

        assert described["Identity"]["SourceIp"] == "127.0.0.1"
        assert described["LastActiveAt"] >= described["ConnectedAt"]
        assert await close_code(client) == 1000
    with pytest.raises(ClientError) as gone:
        await stack.connections("get_connection", ConnectionId=connection_id)
    assert gone.value.response["Error"]["Code"] == "GoneException"


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        ({"ConnectionId": "nobody=", "Data": b"{}"}, "GoneException", 410),
        ({"ConnectionId": "nobody=", "Data": b"x" * 131_073}, "PayloadTooLargeException", 413),
        ({"ConnectionId": "nobody=", "Data": b"{}", "secret": "wrong"}, "InvalidSignatureException", 403),
    ],
)
async def test_a_push_fails_as_aws_fails_it(
    stack: Stack, arguments: dict[str, Any], code: str, status: int
) -> None:
    """SDKs see the same exceptions as from AWS."""
    with pytest.raises(ClientError) as failed:
        await stack.connections("post_to_connection", **arguments)

    assert failed.value.response["Error"]["Code"] == code
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


async def test_an_unsigned_push_is_forbidden(stack: Stack) -> None:
    """The body is AWS's: a message and nothing else."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{stack.http_url}/@connections/x=", data=b"{}") as response,
    ):
        assert response.status == 403
        assert await response.json() == {"message": "Missing Authentication Token"}


async def test_the_stage_may_stand_before_the_path(stack: Stack) -> None:
    """A deployed `@connections` address ends with the stage, and is called the same way."""
    async with stack.client() as client:
        connection_id = await stack.connection_id()
        stack.path_prefix = "/local"

        await stack.connections("post_to_connection", ConnectionId=connection_id, Data=b"{}")

        assert await client.recv() == "{}"


async def test_a_client_that_never_reads_is_owed_a_bounded_amount() -> None:
    """Pushes to it get 429 once its buffer is full; no other client suffers."""
    async with running(receive_buffer_bytes=65_536) as stack, stack.client() as deaf:
        deaf.transport.pause_reading()
        connection_id = await stack.connection_id()

        def flood() -> int:
            api = boto3.client(
                "apigatewaymanagementapi",
                endpoint_url=stack.http_url,
                region_name="us-east-1",
                aws_access_key_id=KEY_ID,
                aws_secret_access_key=SECRET,
                aws_session_token=TOKEN,
                config=Config(retries={"total_max_attempts": 1}),
            )
            for sent in range(500):
                try:
                    api.post_to_connection(ConnectionId=connection_id, Data=b"x" * 131_072)
                except api.exceptions.LimitExceededException:
                    return sent
            return -1

        assert 0 < await asyncio.to_thread(flood) < 500
        async with stack.client() as other:
            other_id = await stack.connection_id()
            await stack.connections("post_to_connection", ConnectionId=other_id, Data=b"{}")
            assert await other.recv() == "{}"
        deaf.transport.abort()


async def test_a_client_that_only_asks_is_cut_in_the_end() -> None:
    """Pongs that nobody reads are owed only so long."""
    async with running(receive_buffer_bytes=1024) as stack:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", stack.gateway.port))
        url = f"ws://127.0.0.1:{stack.gateway.port}/"
        async with connect(url, sock=connection, ping_interval=None) as client:
            client.transport.pause_reading()
            pings = asyncio.ensure_future(ping_for_ever(client))
            with pytest.raises(ConnectionClosed):
                await pings
        assert (await stack.disconnected())["disconnectStatusCode"] == 1006


async def test_a_flood_is_slowed_and_not_lost() -> None:
    """With too much unanswered a socket is not read; it is again once the task has answered."""
    async with running(in_flight_bytes=20_000, pool_connections_max=4) as stack, stack.client() as client:
        stack.task.may_answer.clear()
        sending = asyncio.ensure_future(send_all(client, 100))
        taken = [await stack.task.requests.get() for _ in range(4)]
        stack.task.may_answer.set()
        taken += [await stack.task.requests.get() for _ in range(96)]
        await sending

    assert {int(one.body[:3]) for one in taken} == set(range(100))


async def ping_for_ever(client: ClientConnection) -> None:
    """Ask without reading the answers."""
    while True:
        await client.ping(os.urandom(125))


async def send_all(client: ClientConnection, count: int) -> None:
    """Send numbered messages of 10 KB."""
    for number in range(count):
        await client.send(f"{number:03d}" + "x" * 10_000)


async def test_a_client_that_leaves_during_connect_is_disconnected(stack: Stack) -> None:
    """`$connect` said yes, so the record is there and `$disconnect` must take it away."""
    may_connect = threading.Event()
    stack.connect_gate = may_connect
    _, writer = await asyncio.open_connection("127.0.0.1", stack.gateway.port)
    writer.write(
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    connection_id = await stack.connection_id()

    writer.transport.abort()
    await stack.admin("GET")
    may_connect.set()

    context = await stack.disconnected()
    assert (context["connectionId"], context["disconnectStatusCode"]) == (connection_id, 1006)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("Sec-WebSocket-Version: 13\r\n", 400),
        ("Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 400),
    ],
)
async def test_a_broken_handshake_reaches_no_lambda(stack: Stack, head: str, status: int) -> None:
    """Only a WebSocket handshake is worth a ticket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.gateway.port)
    writer.write(
        f"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{head}\r\n".encode()
    )

    answer = await reader.read()

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert stack.connects.empty()


async def test_connections_that_say_nothing_are_closed() -> None:
    """Slow headers hold nothing for long."""
    async with running(http_idle_s=0.05) as stack:
        reader, writer = await asyncio.open_connection("127.0.0.1", stack.gateway.port)
        writer.write(b"GET / HTTP/1.1\r\nHost")

        assert await reader.read() == b""


async def test_faults_are_set_shown_and_cleared(stack: Stack) -> None:
    """The answer always holds the whole set and the counts."""
    status, shown = await stack.admin("PUT", body={"drop": 1, "seed": 3})
    async with stack.client() as client:
        await client.send("lost")
        await (await client.ping())
    _, counted = await stack.admin("GET")
    _, cleared = await stack.admin("DELETE")
    async with stack.client() as client:
        await client.send("kept")
        request = await stack.task.requests.get()

    assert (status, shown["faults"]["drop"], shown["faults"]["seed"]) == (200, 1, 3)
    assert (counted["counts"]["messages"], counted["counts"]["dropped"]) == (1, 1)
    assert cleared["faults"]["drop"] == 0
    assert request.body == b"kept"


async def test_a_wrong_set_of_faults_changes_nothing(stack: Stack) -> None:
    """The tester is told in a sentence."""
    await stack.admin("PUT", body={"drop": 0.5})

    status, said = await stack.admin("PUT", body={"drop": 2})

    assert status == 400
    assert said == {"message": "drop must be a number from 0 to 1"}
    assert (await stack.admin("GET"))[1]["faults"]["drop"] == 0.5
    assert (await stack.admin("POST"))[0] == 405


async def test_duplicates_and_delays_reach_the_task(stack: Stack) -> None:
    """Every copy arrives, sooner or later."""
    await stack.admin("PUT", body={"duplicate": 1, "reorder_ms": 30})
    async with stack.client() as client:
        await client.send("x")

        first, second = [await stack.task.requests.get() for _ in range(2)]

    assert first.body == second.body == b"x"
    assert first.headers["x-message-id"] == second.headers["x-message-id"]


async def test_connections_are_cut_at_the_age_asked_for(stack: Stack) -> None:
    """The client sees a lost connection, the Lambda an abnormal end."""
    async with stack.client() as client:
        await stack.admin("PUT", body={"cut_connections_every_s": 0.05})

        assert await close_code(client) == 1006
    assert (await stack.disconnected())["disconnectStatusCode"] == 1006


async def test_a_dropped_disconnect_is_never_called(stack: Stack) -> None:
    """The next connection's is, once the fault is cleared."""
    await stack.admin("PUT", body={"drop_disconnect": True})
    async with stack.client():
        pass
    while (await stack.admin("GET"))[1]["counts"]["disconnects_dropped"] == 0:
        pass
    await stack.admin("DELETE")
    async with stack.client():
        first_id, second_id = await stack.connection_id(), await stack.connection_id()

    assert (await stack.disconnected())["connectionId"] == second_id != first_id


async def test_other_parts_mount_their_own_admin_handlers(stack: Stack) -> None:
    """A failing one answers 500 without saying what it held; an unknown one names the known."""
    assert await stack.admin("PUT", "echo/more", {"a": 1}) == (201, ["PUT", "echo/more", '{"a": 1}'])
    status, said = await stack.admin("GET", "broken")
    assert (status, "secret" in said["message"]) == (500, False)
    status, said = await stack.admin("GET", "nothing")
    assert (status, said["message"]) == (404, "known are broken, echo, faults")


@pytest.mark.parametrize(("path", "status"), [("/", 426), ("/elsewhere", 403), ("/ping", 403)])
async def test_plain_http_finds_nothing_else(stack: Stack, path: str, status: int) -> None:
    """There is a WebSocket API here and no page."""
    async with aiohttp.ClientSession() as session, session.get(stack.http_url + path) as response:
        assert response.status == status


async def test_nothing_a_client_says_is_logged(stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    """Not even at DEBUG: neither words nor tickets nor headers."""
    for name in ("websockets.client", "botocore", "urllib3", "boto3"):
        caplog.set_level(logging.WARNING, logger=name)  # the test's own tools
    caplog.set_level(logging.DEBUG)
    async with stack.client() as client:
        await client.send("patient words")
        connection_id = await stack.connection_id()
        await stack.connections("post_to_connection", ConnectionId=connection_id, Data=b"spoken words")
        await client.recv()
        await client.send(b"binary words")
        await close_code(client)
    stack.connect_answer = RuntimeError("words of an error")
    with pytest.raises(InvalidStatus):
        await stack.client()

    assert "raised" in caplog.text
    assert "words" not in caplog.text
    assert "ticket" not in caplog.text
    assert ORIGIN not in caplog.text


async def test_stopping_tells_clients_and_leaves_nothing() -> None:
    """Clients hear 1001 and no Lambda is called any more."""
    async with running() as stack, stack.client() as client:
        await stack.gateway.stop()

        assert await close_code(client) == 1001
        assert stack.disconnects.empty()


def test_it_runs_on_uvloop() -> None:
    """The deployed loop of the stack is uvloop, whose transports are of another kind."""

    async def scenario(test: Callable[[Stack], Awaitable[None]]) -> None:
        async with running() as stack:
            await test(stack)

    for test in (
        test_a_push_reaches_the_client,
        test_a_frame_over_32_kb_closes_with_1009,
        test_disconnect_is_called_however_the_client_leaves,
    ):
        uvloop.run(scenario(test))
