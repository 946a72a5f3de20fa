"""What the ingress promises, spoken to by raw sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import pytest

from contract.records import ConnectionId, SessionId
from streaming_task.adapters.ingress import Ingress, IngressLimits
from streaming_task.ports import Forwarded

QUICK = IngressLimits(
    head_s=0.1, body_s=0.1, answer_s=0.2, write_s=0.1, idle_s=0.4, linger_s=0.1, connections=3
)
SIGNATURE = b"0a" * 32
HOP = b"x-connection-id: abc=\r\nx-session-id: 5f1c-1\r\nx-epoch: 7\r\nx-signature: " + SIGNATURE + b"\r\n"
IDS = b"x-connection-id: abc=\r\nx-message-id: m\r\nx-request-id: r\r\n"


class FakeTask:
    """Notes what it is given; answers 200, or what `answer` says."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.hops: list[Forwarded] = []
        self.answer: Callable[[], int | Awaitable[int]] = lambda: 200
        self.is_ready = True

    def message(self, connection_id: str, body: bytes) -> int | Awaitable[int]:
        """Note the message."""
        self.taken.append((connection_id, body))
        return self.answer()

    def forwarded(self, message: Forwarded) -> int | Awaitable[int]:
        """Note the forwarded message."""
        self.hops.append(message)
        return self.answer()

    def health(self) -> tuple[int, Mapping[str, object]]:
        """Be well."""
        return 200, {"status": "healthy"}

    def readiness(self) -> tuple[int, Mapping[str, object]]:
        """Say whether it is ready."""
        return (200 if self.is_ready else 503), {"ready": self.is_ready}


class Peer:
    """One raw TCP connection to the ingress."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read one answer: status, headers, body."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        return (
            int(head[0].split()[1]),
            headers,
            await self._reader.readexactly(int(headers["content-length"])),
        )

    async def status(self) -> int:
        """Read one answer's status."""
        return (await self.answer())[0]

    async def rest(self) -> bytes:
        """Read to the end of the connection."""
        try:
            return await self._reader.read()
        except ConnectionResetError:
            return b""


@asynccontextmanager
async def serving(task: FakeTask, limits: IngressLimits | None = None) -> AsyncIterator[tuple[Ingress, int]]:
    """Serve a task that knows one signature on a free port; give the server and the port."""
    ingress = Ingress(task, limits, is_good_hop=lambda message, given: given == SIGNATURE.decode())
    port = await ingress.start("127.0.0.1", 0)
    try:
        yield ingress, port
    finally:
        await ingress.stop(grace_s=0)


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Peer]:
    """Connect to the port."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Peer(reader, writer)
    finally:
        writer.close()


def post(body: bytes, headers: bytes = IDS, path: bytes = b"/messages") -> bytes:
    """Write a message's request."""
    return b"POST %b HTTP/1.1\r\nhost: t\r\n%bcontent-length: %d\r\n\r\n%b" % (
        path,
        headers,
        len(body),
        body,
    )


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
