"""Clients that are deaf, greedy, slow or gone cost the others nothing, over real sockets on loopback."""

from __future__ import annotations

import asyncio
import os
import socket
import threading

import boto3
import pytest
from botocore.config import Config
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.local_stack.gateway.running_gateway import KEY_ID, SECRET, TOKEN, Stack, running


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
