"""What the ingress promises the gateway and the balancer, spoken to by raw sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable

import pytest

from tests.streaming_task.adapters.ingress.raw_peer import HOP, IDS, QUICK, FakeTask, connected, post, serving


async def test_a_message_reaches_the_task_untouched() -> None:
    """The body is the client's, byte for byte, and the connection stays open for the next."""
    task = FakeTask()
    body = bytes(range(256)) * 32
    async with serving(task) as (_, port), connected(port) as peer:
        peer.send(post(body))
        first = await peer.answer()
        peer.send(post(b""))
        second = await peer.answer()

    assert first == second == (200, {"content-length": "0"}, b"")
    assert task.taken == [("abc=", body), ("abc=", b"")]


async def test_a_request_in_single_bytes_is_the_same_request() -> None:
    """Where TCP cuts is of no meaning."""
    task = FakeTask()
    async with serving(task) as (_, port), connected(port) as peer:
        for byte in post(b"hello"):
            peer.send(bytes([byte]))
            await peer.writer.drain()
            await asyncio.sleep(0)
        status = await peer.status()

    assert status == 200
    assert task.taken == [("abc=", b"hello")]


async def test_a_chunked_body_is_put_together() -> None:
    """The gateway may not know the length beforehand."""
    task = FakeTask()
    async with serving(task) as (_, port), connected(port) as peer:
        peer.send(
            b"POST /messages HTTP/1.1\r\n" + IDS + b"transfer-encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        )
        status = await peer.status()

    assert status == 200
    assert task.taken == [("abc=", b"abcde")]


async def test_pipelined_requests_are_answered_in_their_order() -> None:
    """The first is looked up and takes longest; its answer is the first all the same."""
    task = FakeTask()
    looked_up = asyncio.get_running_loop().create_future()
    answers: list[int | Awaitable[int]] = [200, 503, looked_up]
    task.answer = lambda: answers.pop()
    async with serving(task) as (_, port), connected(port) as peer:
        peer.send(post(b"1") + post(b"2") + post(b"3") + b"GET /nowhere HTTP/1.1\r\n\r\n")
        asyncio.get_running_loop().call_later(0.05, looked_up.set_result, 403)
        statuses = [await peer.status() for _ in range(4)]

    assert statuses == [403, 503, 200, 404]
    assert [body for _, body in task.taken] == [b"1", b"2", b"3"]


@pytest.mark.parametrize(
    "headers",
    [
        b"",
        b"x-connection-id: abc=\r\nx-message-id: m\r\n",
        b"x-message-id: m\r\nx-request-id: r\r\n",
        IDS + b"x-connection-id: def=\r\n",
        IDS.replace(b"abc=", b"../../x y"),
        IDS.replace(b"abc=", b"\xff\xfe"),
        IDS.replace(b"abc=", b""),
    ],
)
async def test_a_message_without_its_ids_is_400(headers: bytes) -> None:
    """Only the gateway posts messages, and it always says whose they are, once."""
    task = FakeTask()
    async with serving(task) as (_, port), connected(port) as peer:
        peer.send(post(b"x", headers) + post(b"good"))
        statuses = [await peer.status(), await peer.status()]

    assert statuses == [400, 200]
    assert task.taken == [("abc=", b"good")]


async def test_health_and_readiness_are_json() -> None:
    """Probes read a status; people read the body."""
    task = FakeTask()
    task.is_ready = False
    async with serving(task) as (_, port), connected(port) as peer:
        peer.send(b"GET /healthz?x=1 HTTP/1.1\r\n\r\nGET /readyz HTTP/1.1\r\n\r\n")
        health = await peer.answer()
        readiness = await peer.answer()

    assert (health[0], json.loads(health[2])) == (200, {"status": "healthy"})
    assert (readiness[0], json.loads(readiness[2])) == (503, {"ready": False})
    assert health[1]["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("line", "status", "allow"),
    [
        (b"GET /messages", 405, "post"),
        (b"GET /forwarded", 405, "post"),
        (b"POST /healthz", 405, "get"),
        (b"POST /", 404, None),
        (b"GET /messages/", 404, None),
    ],
)
async def test_other_paths_and_methods_are_refused(line: bytes, status: int, allow: str | None) -> None:
    """There are four resources; the connection survives asking for others."""
    async with serving(FakeTask()) as (_, port), connected(port) as peer:
        peer.send(line + b" HTTP/1.1\r\ncontent-length: 0\r\n\r\n" + post(b""))
        refused = await peer.answer()
        after = await peer.status()

    assert (refused[0], refused[1].get("allow")) == (status, allow)
    assert after == 200


async def test_an_answer_that_takes_too_long_is_503() -> None:
    """The gateway would give up anyway; the connection is worth keeping."""
    task = FakeTask()
    task.answer = lambda: asyncio.get_running_loop().create_future()
    async with serving(task, QUICK) as (_, port), connected(port) as peer:
        peer.send(post(b""))
        status = await peer.status()

    assert status == 503


@pytest.mark.parametrize(("path", "headers"), [(b"/messages", IDS), (b"/forwarded", HOP)])
@pytest.mark.parametrize("is_later", [False, True])
async def test_a_defect_in_the_task_is_500_and_no_more(
    is_later: bool, path: bytes, headers: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """One message's defect ends neither its connection nor lets its content into the log."""
    task = FakeTask()

    async def fail_later() -> int:
        raise ValueError("patient words")

    def fail() -> int | Awaitable[int]:
        if is_later:
            return fail_later()
        raise ValueError("patient words")

    task.answer = fail
    async with serving(task) as (_, port), connected(port) as peer:
        peer.send(post(b"patient words", headers, path))
        failed = await peer.status()
        task.answer = lambda: 200
        peer.send(post(b""))
        after = await peer.status()

    assert (failed, after) == (500, 200)
    assert "patient" not in caplog.text


async def test_connection_close_is_kept_to() -> None:
    """A peer that wants one answer gets one."""
    async with serving(FakeTask()) as (_, port), connected(port) as peer:
        peer.send(post(b"", IDS + b"connection: close\r\n") + post(b"too late"))
        status, headers, _ = await peer.answer()
        rest = await peer.rest()

    assert (status, headers["connection"], rest) == (200, "close", b"")


async def test_a_half_closed_peer_still_gets_its_answer() -> None:
    """Having said everything is not having heard everything."""
    task = FakeTask()
    looked_up = asyncio.get_running_loop().create_future()
    task.answer = lambda: looked_up
    async with serving(task) as (_, port), connected(port) as peer:
        peer.send(post(b""))
        peer.writer.write_eof()
        asyncio.get_running_loop().call_later(0.05, looked_up.set_result, 200)
        rest = await peer.rest()

    assert rest.startswith(b"HTTP/1.1 200")


async def test_draining_answers_and_says_goodbye() -> None:
    """The balancer keeps connections to a leaving task: each gets its answer, and is sent elsewhere."""
    async with serving(FakeTask()) as (ingress, port), connected(port) as peer:
        peer.send(post(b""))
        before = await peer.answer()
        ingress.drain()
        peer.send(post(b""))
        after = await peer.answer()
        async with connected(port) as late:
            late.send(post(b""))
            new = await late.answer()

    assert "connection" not in before[1]
    assert (after[0], after[1]["connection"]) == (new[0], new[1]["connection"]) == (200, "close")


async def test_stopping_finishes_what_is_under_way() -> None:
    """A request that was begun is answered; an idle connection ends; a new one is not accepted."""
    task = FakeTask()
    looked_up = asyncio.get_running_loop().create_future()
    taken = asyncio.Event()

    def take() -> Awaitable[int]:
        taken.set()
        return looked_up

    task.answer = take
    async with serving(task) as (ingress, port), connected(port) as busy, connected(port) as idle:
        idle.send(b"GET /healthz HTTP/1.1\r\n\r\n")
        await idle.answer()
        busy.send(post(b""))
        await taken.wait()
        stopping = asyncio.create_task(ingress.stop(grace_s=5))
        assert await idle.rest() == b""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        looked_up.set_result(200)
        status, headers, _ = await busy.answer()
        busy.writer.close()
        await stopping

    assert (status, headers["connection"]) == (200, "close")
