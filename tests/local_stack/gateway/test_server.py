"""The gateway as clients, Lambdas and tasks meet it, over real sockets on loopback."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import uvloop
from websockets.exceptions import InvalidStatus

from tests.local_stack.gateway.running_gateway import ORIGIN, Stack, close_code, running


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
    """The handler is the deployed one: it must find what AWS would give it, and the time it has left."""
    async with stack.client():
        event = stack.connects.get_nowait()

    assert 0 < stack.time_left_ms <= 29_000
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
    async with running(integration_timeout_s=2.0) as stack:  # time enough for `$connect`, which has no more
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
