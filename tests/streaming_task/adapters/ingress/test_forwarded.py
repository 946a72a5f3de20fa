"""What another task hands on is taken if it is whole and signed: spoken by raw sockets."""

from __future__ import annotations

import asyncio

import pytest

from contract.records import ConnectionId, SessionId
from streaming_task.adapters.ingress import Ingress
from streaming_task.ports import Forwarded
from tests.streaming_task.adapters.ingress.raw_peer import (
    HOP,
    IDS,
    SIGNATURE,
    FakeTask,
    connected,
    post,
    serving,
)


@pytest.mark.parametrize("status", [200, 421])
async def test_a_forwarded_message_reaches_the_task_untouched(status: int) -> None:
    """With whose it is and how the sender saw the session; the task's word is the answer."""
    task = FakeTask()
    task.answer = lambda: status
    body = bytes(range(256)) * 32
    async with serving(task) as (_, port), connected(port) as peer:
        peer.send(post(body, HOP, b"/forwarded"))
        answer = await peer.answer()

    assert answer == (status, {"content-length": "0"}, b"")
    assert task.hops == [Forwarded(ConnectionId("abc="), SessionId("5f1c-1"), 7, body)]
    assert task.taken == []


async def test_a_forwarded_message_may_be_answered_later() -> None:
    """Claiming a session takes a look at the table."""
    task = FakeTask()
    claimed = asyncio.get_running_loop().create_future()
    task.answer = lambda: claimed
    async with serving(task) as (_, port), connected(port) as peer:
        peer.send(post(b"", HOP, b"/forwarded"))
        asyncio.get_running_loop().call_later(0.05, claimed.set_result, 421)
        status = await peer.status()

    assert status == 421


@pytest.mark.parametrize(
    "headers",
    [
        b"",
        IDS,
        *(
            b"".join(line for line in HOP.splitlines(keepends=True) if name not in line)
            for name in (b"x-connection-id", b"x-session-id", b"x-epoch", b"x-signature")
        ),
        HOP + b"x-epoch: 8\r\n",
        HOP.replace(b"abc=", b"a b"),
        HOP.replace(b"5f1c-1", b"../x"),
        HOP.replace(b"epoch: 7", b"epoch: -7"),
        HOP.replace(b"epoch: 7", b"epoch: 07"),
        HOP.replace(b"epoch: 7", b"epoch: 7777777777777777"),
        HOP.replace(SIGNATURE, SIGNATURE[:-2]),
        HOP.replace(SIGNATURE, SIGNATURE.upper()),
    ],
)
async def test_a_forwarded_message_without_its_headers_is_400(headers: bytes) -> None:
    """Tasks always say all four, once and in one way."""
    task = FakeTask()
    async with serving(task) as (_, port), connected(port) as peer:
        peer.send(post(b"x", headers, b"/forwarded") + post(b"good", HOP, b"/forwarded"))
        statuses = [await peer.status(), await peer.status()]

    assert statuses == [400, 200]
    assert [hop.body for hop in task.hops] == [b"good"]


async def test_a_forwarded_message_with_another_signature_is_403() -> None:
    """The task does not even see it, and the connection goes on."""
    task = FakeTask()
    async with serving(task) as (_, port), connected(port) as peer:
        peer.send(post(b"x", HOP.replace(b"0a0a", b"0a0b"), b"/forwarded") + post(b""))
        statuses = [await peer.status(), await peer.status()]

    assert statuses == [403, 200]
    assert task.hops == []


async def test_without_a_key_nothing_forwarded_is_taken() -> None:
    """Trust is given, never assumed."""
    task = FakeTask()
    ingress = Ingress(task)
    port = await ingress.start("127.0.0.1", 0)
    async with connected(port) as peer:
        peer.send(post(b"x", HOP, b"/forwarded"))
        status = await peer.status()
    await ingress.stop(grace_s=0)

    assert (status, task.hops) == (403, [])


async def test_a_session_id_is_no_header_of_a_message() -> None:
    """What a forwarded message needs neither helps nor hurts one from the gateway."""
    task = FakeTask()
    async with serving(task) as (_, port), connected(port) as peer:
        peer.send(post(b"x", IDS + b"x-session-id: s\r\n"))
        peer.send(post(b"y", HOP))
        statuses = [await peer.status(), await peer.status()]

    assert statuses == [200, 400]
