"""What is no request, or too much of one, harms nobody else: spoken by raw sockets."""

from __future__ import annotations

import asyncio

import pytest

from streaming_task.adapters.ingress import IngressLimits
from tests.streaming_task.adapters.ingress.raw_peer import (
    IDS,
    QUICK,
    FakeTask,
    Peer,
    connected,
    post,
    serving,
)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"hello\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /messages HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /messages HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"POST /messages HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /messages HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nbroken header\r\n\r\n",
        b"\x00" * 1000,
    ],
)
async def test_garbage_is_400_and_the_end_of_that_connection(garbage: bytes) -> None:
    """Nobody else hears of it, and what came whole before it is answered first."""
    task = FakeTask()
    async with serving(task) as (_, port), connected(port) as peer, connected(port) as neighbour:
        peer.send(post(b"good") + garbage)
        statuses = [await peer.status(), await peer.answer()]
        rest = await peer.rest()
        neighbour.send(post(b"mine"))
        unharmed = await neighbour.status()

    assert statuses[0] == 200
    assert statuses[1] == (400, {"content-length": "0", "connection": "close"}, b"")
    assert rest == b""
    assert unharmed == 200


@pytest.mark.parametrize(
    "request_head",
    [b"GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n", b"CONNECT h:1 HTTP/1.1\r\n\r\n"],
)
async def test_another_protocol_is_not_to_be_had(request_head: bytes) -> None:
    """What follows an upgrade is not HTTP/1.1, so the answer to it is the last."""
    async with serving(FakeTask()) as (_, port), connected(port) as peer:
        peer.send(request_head + b"\x00\x01")
        status, headers, _ = await peer.answer()
        rest = await peer.rest()

    assert (status, headers["connection"], rest) == (404, "close", b"")


async def test_too_long_a_body_is_413_before_it_is_read() -> None:
    """128 KB is a legal message of the gateway's; much more is no message of ours."""
    task = FakeTask()
    async with serving(task) as (_, port), connected(port) as peer:
        peer.send(post(bytes(128 * 1024)))
        legal = await peer.status()
        peer.send(b"POST /messages HTTP/1.1\r\n" + IDS + b"content-length: 999999999999999999\r\n\r\n")
        announced = await peer.status()

    assert (legal, announced) == (200, 413)
    assert len(task.taken) == 1


async def test_too_long_a_chunked_body_is_413() -> None:
    """A body that does not announce its length is counted as it comes."""
    async with serving(FakeTask()) as (_, port), connected(port) as peer:
        chunk = b"4000\r\n" + bytes(0x4000) + b"\r\n"
        peer.send(b"POST /messages HTTP/1.1\r\n" + IDS + b"transfer-encoding: chunked\r\n\r\n" + chunk * 9)
        status = await peer.status()

    assert status == 413


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: v\r\n" % n for n in range(4000)),
        b"GET / HTTP/1.1\r\nendless: " + b"v" * 20_000,
    ],
    ids=["target", "many headers", "one unfinished header"],
)
async def test_too_long_a_head_is_431(head: bytes) -> None:
    """Headers are held in memory, so there is a limit, also for one that never ends."""
    async with serving(FakeTask()) as (_, port), connected(port) as peer:
        peer.send(head)
        status = await peer.status()

    assert status == 431


@pytest.mark.parametrize("started", [b"POST /messages HTTP/1.1\r\nhost:", post(b"x" * 100)[:-50]])
async def test_a_slow_request_is_408_however_steadily_it_trickles(started: bytes) -> None:
    """The limit is on the whole head and the whole body, not on the pauses in them."""
    async with serving(FakeTask(), QUICK) as (_, port), connected(port) as peer:
        peer.send(started)
        answer = asyncio.create_task(peer.answer())
        while not answer.done():
            peer.send(b"x" if started.endswith(b"x") else b"a")
            await asyncio.wait([answer], timeout=0.04)

    assert answer.result()[0] == 408


@pytest.mark.parametrize("opening", [b"", post(b"")], ids=["never spoke", "spoke once"])
async def test_an_idle_connection_is_closed(opening: bytes) -> None:
    """Half-open connections are not kept for ever."""
    async with serving(FakeTask(), QUICK) as (_, port), connected(port) as peer:
        peer.send(opening)
        rest = await peer.rest()

    assert rest.count(b"HTTP/1.1") == (1 if opening else 0)


async def flood(peer: Peer) -> None:
    """Send requests and read nothing until the connection breaks."""
    while True:
        peer.send(post(b"") * 1000)
        await peer.writer.drain()


async def test_a_peer_that_never_reads_is_neither_served_nor_kept() -> None:
    """Answers that nobody reads must not pile up: reading stops first, then the connection ends."""
    task = FakeTask()
    async with serving(task, QUICK) as (ingress, port), connected(port) as peer:
        flooding = asyncio.create_task(flood(peer))
        with pytest.raises(ConnectionError):
            await flooding

        await ingress.stop(grace_s=1)

    assert len(task.taken) < 500_000


async def test_connections_beyond_the_limit_are_cut() -> None:
    """A flood of connections costs the others nothing."""
    async with (
        serving(FakeTask(), IngressLimits(connections=2)) as (_, port),
        connected(port) as first,
        connected(port) as second,
        connected(port) as surplus,
    ):
        rest = await surplus.rest()
        second.send(post(b""))
        assert await second.status() == 200
        first.send(post(b""))
        assert await first.status() == 200

    assert rest == b""
