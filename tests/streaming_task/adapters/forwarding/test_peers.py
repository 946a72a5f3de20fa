"""Tasks that forward to one another: the real server at one end, the real client at the other."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from contract.records import ConnectionId, SessionId, TaskId
from streaming_task.adapters.forwarding import ForwardingKey, HttpPeers
from streaming_task.adapters.ingress import Ingress
from streaming_task.core.leases import Lease
from streaming_task.ports import Forwarded, NotConnected, NotTheOwner, Unavailable, Unreachable
from streaming_task.task_network import TaskNetwork

KEY = b"k" * 64
MESSAGE = Forwarded(
    ConnectionId("L0SM9cOF/vHc+Ihw="),
    SessionId("5f1c8f0e-0000-5000-8000-000000000001"),
    7,
    bytes(range(256)) * 90,
)


class Receiver:
    """One task: its ingress, its key, and what it was given."""

    def __init__(self, name: str, read: Callable[[], bytes]) -> None:
        self.task_id = TaskId(name)
        self.key = ForwardingKey(read, reread_after_s=0.0)
        self.hops: list[Forwarded] = []
        self.answer: Callable[[], int | Awaitable[int]] = lambda: 200
        self.peers: set[int] = set()
        self.ingress = Ingress(
            self, is_good_hop=lambda message, signature: self.key.is_good(message, self.task_id, signature)
        )
        self.lease = Lease(self.task_id, 1, "", 0, 10)

    async def start(self) -> None:
        """Listen on a free port."""
        await self.key.current()
        port = await self.ingress.start("127.0.0.1", 0)
        self.lease = replace(self.lease, address=f"127.0.0.1:{port}")

    def message(self, connection_id: str, body: bytes) -> int | Awaitable[int]:
        """Refuse what is not forwarded."""
        return 500

    def forwarded(self, message: Forwarded) -> int | Awaitable[int]:
        """Note the message."""
        self.hops.append(message)
        self.peers.add(len(self.ingress._connections))
        return self.answer()

    def health(self) -> tuple[int, Mapping[str, object]]:
        """Be well."""
        return 200, {}

    def readiness(self) -> tuple[int, Mapping[str, object]]:
        """Be ready."""
        return 200, {}


@asynccontextmanager
async def receiving(name: str, read: Callable[[], bytes] = lambda: KEY) -> AsyncIterator[Receiver]:
    """Run one task."""
    receiver = Receiver(name, read)
    await receiver.start()
    try:
        yield receiver
    finally:
        await receiver.ingress.stop(grace_s=0)
        await receiver.key.close()


@asynccontextmanager
async def sending(
    read: Callable[[], bytes] = lambda: KEY,
    own_address: str = "127.0.0.1:5010",
    under_way: int = 512,
    *,
    connect_s: float = 10.0,
    answer_s: float = 10.0,
) -> AsyncIterator[HttpPeers]:
    """Be another task; patient, as a busy machine may be slow, unless it is patience that is tried."""
    key = ForwardingKey(read, reread_after_s=0.0)
    peers = HttpPeers(
        TaskNetwork.around(own_address), key, connect_s=connect_s, answer_s=answer_s, under_way=under_way
    )
    try:
        yield peers
    finally:
        await peers.close()
        await key.close()


async def test_a_message_comes_to_the_owner_untouched() -> None:
    """The body is the client's, byte for byte; one connection serves them all."""
    other = replace(MESSAGE, body=b"", epoch=0)
    async with receiving("owner") as owner, sending() as peers:
        await peers.forward(owner.lease, MESSAGE)
        await peers.forward(owner.lease, other)

    assert owner.hops == [MESSAGE, other]
    assert owner.peers == {1}


async def test_many_messages_at_once_come_each_once() -> None:
    """As a task that owns none of the sessions it hears of."""
    messages = [replace(MESSAGE, epoch=number) for number in range(200)]
    async with receiving("one") as one, receiving("two") as two, sending() as peers:
        await asyncio.gather(
            *(peers.forward((one, two)[message.epoch % 2].lease, message) for message in messages)
        )

    assert {hop.epoch for hop in one.hops} == set(range(0, 200, 2))
    assert {hop.epoch for hop in two.hops} == set(range(1, 200, 2))
    assert len(one.hops) + len(two.hops) == 200


async def test_a_task_that_is_not_the_owner_says_so() -> None:
    """421 is an answer, not a failure: look the owner up again."""
    async with receiving("stale") as stale, sending() as peers:
        stale.answer = lambda: 421

        with pytest.raises(NotTheOwner):
            await peers.forward(stale.lease, MESSAGE)


async def test_a_signature_for_another_task_is_refused() -> None:
    """A lease that names the wrong task for an address leads nowhere."""
    async with receiving("one") as one, receiving("two") as two, sending() as peers:
        with pytest.raises(Unreachable) as refused:
            await peers.forward(replace(two.lease, task_id=one.task_id), MESSAGE)

    assert refused.value.code == "http_403"
    assert two.hops == []


async def test_another_key_is_refused() -> None:
    """Whoever can reach the port is no task for that."""
    async with receiving("owner") as owner, sending(lambda: b"j" * 64) as peers:
        with pytest.raises(Unreachable) as refused:
            await peers.forward(owner.lease, MESSAGE)

    assert refused.value.code == "http_403"
    assert owner.hops == []


async def test_a_sender_that_missed_a_rotation_reads_the_key_again() -> None:
    """The message is not lost for it."""
    keys = [KEY, b"o" * 64]
    async with receiving("owner") as owner, sending(keys.pop) as peers:
        await peers.forward(owner.lease, MESSAGE)

    assert (owner.hops, keys) == ([MESSAGE], [])


async def test_a_receiver_that_missed_a_rotation_learns_of_it() -> None:
    """The first message is lost to it, and sent again by its client."""
    keys = [KEY, b"o" * 64]
    async with receiving("owner", keys.pop) as owner, sending() as peers:
        with pytest.raises(Unreachable):
            await peers.forward(owner.lease, MESSAGE)
        await owner.key.newer_than(b"o" * 64)
        await peers.forward(owner.lease, MESSAGE)

    assert owner.hops == [MESSAGE]


async def test_without_a_key_nothing_leaves() -> None:
    """The code says whose fault it was."""

    def read() -> bytes:
        raise Unavailable("AccessDeniedException")

    async with receiving("owner") as owner, sending(read) as peers:
        with pytest.raises(Unreachable) as refused:
            await peers.forward(owner.lease, MESSAGE)

    assert refused.value.code == "AccessDeniedException"
    assert not isinstance(refused.value, NotConnected)
    assert owner.hops == []


async def test_a_dead_tasks_port_is_not_connected() -> None:
    """Nobody listens there any more: at once, and a sign of death."""
    async with receiving("dead") as dead, sending() as peers:
        await peers.forward(dead.lease, MESSAGE)
        await dead.ingress.stop(grace_s=0)

        with pytest.raises(NotConnected):
            await peers.forward(dead.lease, MESSAGE)


async def test_a_host_that_does_not_answer_is_not_connected_in_time() -> None:
    """A host that is gone refuses nothing: its packets are lost."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        address = silent.getsockname()
        with socket.socket() as filling, socket.socket() as more:
            for filler in (filling, more):
                filler.setblocking(False)
                filler.connect_ex(address)
            async with sending(connect_s=0.2) as peers:
                with pytest.raises(NotConnected):
                    await peers.forward(Lease(TaskId("gone"), 1, f"127.0.0.1:{address[1]}", 0, 1), MESSAGE)


async def test_a_frozen_task_is_unreachable_in_time() -> None:
    """It may have taken the message: that is not known."""
    async with receiving("frozen") as frozen, sending(answer_s=0.5) as peers:
        frozen.answer = lambda: asyncio.get_running_loop().create_future()
        with pytest.raises(Unreachable) as late:
            await peers.forward(frozen.lease, MESSAGE)

    assert late.value.code == "timeout"
    assert not isinstance(late.value, NotConnected)


async def test_a_kept_connection_that_was_closed_costs_no_message() -> None:
    """A leaving task, or one that was restarted, ends connections: a fresh one is tried."""
    async with receiving("owner") as owner, sending() as peers:
        await peers.forward(owner.lease, MESSAGE)
        for connection in list(owner.ingress._connections):
            connection.abort()

        await peers.forward(owner.lease, MESSAGE)

    assert owner.hops == [MESSAGE, MESSAGE]


async def test_a_task_that_dies_meanwhile_is_not_connected() -> None:
    """It may have taken the message, but it takes no other."""
    async with receiving("dying") as dying, sending() as peers:
        taken = asyncio.Event()

        def take() -> Awaitable[int]:
            taken.set()
            return asyncio.get_running_loop().create_future()

        dying.answer = take
        forwarding = asyncio.create_task(peers.forward(dying.lease, MESSAGE))
        await taken.wait()
        await dying.ingress.stop(grace_s=0)
        with pytest.raises(NotConnected):
            await forwarding


@pytest.mark.parametrize("status", [400, 404, 500, 503])
async def test_any_other_answer_is_unreachable(status: int) -> None:
    """The code holds the status."""
    async with receiving("owner") as owner, sending() as peers:
        owner.answer = lambda: status
        with pytest.raises(Unreachable) as refused:
            await peers.forward(owner.lease, MESSAGE)

    assert refused.value.code == f"http_{status}"


async def test_a_redirect_is_not_followed() -> None:
    """It would lead out of the network."""
    async with receiving("owner") as owner, sending() as peers:
        owner.answer = lambda: 307
        with pytest.raises(Unreachable) as refused:
            await peers.forward(owner.lease, MESSAGE)

    assert refused.value.code == "http_307"


@pytest.mark.parametrize(
    ("own", "address"),
    [
        ("127.0.0.1:5010", "169.254.169.254:80"),
        ("10.0.3.4:8080", "169.254.169.254:8080"),
        ("10.0.3.4:8080", "127.0.0.1:8080"),
        ("10.0.3.4:8080", "10.0.3.5:22"),
        ("10.0.3.4:8080", "evil.example:8080"),
        ("10.0.3.4:8080", "10.0.3.5:8080@evil.example"),
    ],
)
async def test_no_message_leaves_the_tasks_network(
    own: str, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even a connection is tried, and an operator is told."""
    async with sending(own_address=own) as peers:
        with pytest.raises(Unreachable) as refused:
            await peers.forward(Lease(TaskId("x"), 1, address, 0, 1), MESSAGE)

    assert refused.value.code == "AddressRefused"
    assert "Task address refused" in caplog.text


async def test_no_more_is_under_way_than_can_be_held() -> None:
    """A task that is stuck does not fill another's memory."""
    async with receiving("stuck") as stuck, sending(under_way=2, answer_s=0.5) as peers:
        stuck.answer = lambda: asyncio.get_running_loop().create_future()
        outcomes = await asyncio.gather(
            *(peers.forward(stuck.lease, MESSAGE) for _ in range(3)), return_exceptions=True
        )

    codes = [outcome.code for outcome in outcomes if isinstance(outcome, Unreachable)]
    assert sorted(codes) == ["queue_full", "timeout", "timeout"]
