"""Connections pass through whole, dead targets swallow them, and only probes take a target out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvloop

from local_stack.balancer import Balancer, BalancerSettings
from local_stack.targets import Address, Health
from tests.fakes.http_task import FakeHttpTask

POST = b"POST /messages HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def balancing(*tasks: FakeHttpTask, probe_s: float = 0.02) -> AsyncIterator[Balancer]:
    """Run a balancer before tasks that are all healthy."""
    balancer = Balancer(BalancerSettings(nlb_probe_s=probe_s))
    await balancer.start()
    try:
        balancer.set_targets([("127.0.0.1", task.port) for task in tasks])
        for task in tasks:
            await until(balancer, task, Health.HEALTHY)
        yield balancer
    finally:
        await balancer.stop()
        for task in tasks:
            await task.stop()


@asynccontextmanager
async def passing_to(serve: Serve) -> AsyncIterator[Balancer]:
    """Run a balancer before a server that speaks as the test wants; it answers no probe."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    balancer = Balancer(BalancerSettings(nlb_probe_s=3600, probe_patience_s=3600))
    await balancer.start()
    balancer.set_targets([("127.0.0.1", server.sockets[0].getsockname()[1])])
    try:
        yield balancer
    finally:
        await balancer.stop()
        server.close()


async def new_task() -> FakeHttpTask:
    """Start a task."""
    task = FakeHttpTask()
    await task.start()
    return task


async def until(balancer: Balancer, task: FakeHttpTask, health: Health) -> None:
    """Wait until a target has that health."""
    address = Address("127.0.0.1", task.port)
    await balancer.until(lambda all_health: all_health[address] is health)


async def opened(balancer: Balancer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect through the balancer."""
    return await asyncio.open_connection("127.0.0.1", balancer.port)


async def posted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Send a message and give the answer's first line."""
    writer.write(POST)
    line = await reader.readline()
    await reader.readuntil(b"hello")
    return line


async def test_connections_are_balanced_and_messages_are_not() -> None:
    """All messages of a connection meet the same task."""
    first, second = await new_task(), await new_task()
    async with balancing(first, second) as balancer:
        for _ in range(2):
            reader, writer = await opened(balancer)
            for _ in range(3):
                assert await posted(reader, writer) == b"HTTP/1.1 200 X\r\n"
            writer.close()

        assert (first.requests.qsize(), second.requests.qsize()) == (3, 3)


async def test_a_dead_target_swallows_connections_until_it_is_out() -> None:
    """No connection is sent elsewhere once chosen; after two failed probes none is chosen for it."""
    dead, alive = await new_task(), await new_task()
    async with balancing(dead, alive, probe_s=3600) as balancer:
        await dead.stop()

        flows = [await opened(balancer) for _ in range(2)]
        for _, writer in flows:
            writer.write(POST)
        reads = [asyncio.ensure_future(reader.readline()) for reader, _ in flows]
        done, pending = await asyncio.wait(reads, return_when=asyncio.FIRST_COMPLETED)

        assert [read.result() for read in done] == [b"HTTP/1.1 200 X\r\n"]
        assert len(pending) == 1
        assert alive.requests.qsize() == 1
        for read in pending:
            read.cancel()


async def test_who_was_swallowed_is_let_go_when_the_target_leaves() -> None:
    """A dead task's replacement must not find the gateway waiting at the old address."""
    dead, replacement = await new_task(), await new_task()
    async with balancing(dead, probe_s=3600) as balancer:
        await dead.stop()
        reader, writer = await opened(balancer)
        writer.write(POST)
        await balancer.until(lambda _: balancer.swallowed == 1)

        balancer.set_targets([("127.0.0.1", replacement.port)])

        with pytest.raises(ConnectionError):
            await reader.readexactly(1)
        await until(balancer, replacement, Health.HEALTHY)
        assert await posted(*await opened(balancer)) == b"HTTP/1.1 200 X\r\n"
    await replacement.stop()


async def test_two_failed_probes_take_a_target_out_and_cut_its_flows() -> None:
    """A task that is not ready loses its connections, so that the gateway opens them elsewhere."""
    sick, well = await new_task(), await new_task()
    async with balancing(sick, well) as balancer:
        flows = [await opened(balancer) for _ in range(2)]
        for reader, writer in flows:
            await posted(reader, writer)
        assert sick.connections >= 1
        well_requests = well.requests.qsize()

        sick.ready_status = 503
        await until(balancer, sick, Health.UNHEALTHY)

        ends = [asyncio.ensure_future(reader.read(1)) for reader, _ in flows]
        done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        assert len(done) == 1
        assert isinstance(done.pop().exception(), ConnectionError)
        for _ in range(3):
            reader, writer = await opened(balancer)
            await posted(reader, writer)
        assert well.requests.qsize() == well_requests + 3

        sick.ready_status = 200
        await until(balancer, sick, Health.HEALTHY)
        for end in ends:
            end.cancel()


async def test_a_deregistered_target_keeps_its_flows() -> None:
    """A task that drains goes on answering over old connections and gets no new ones."""
    old, new = await new_task(), await new_task()
    async with balancing(old) as balancer:
        reader, writer = await opened(balancer)
        await posted(reader, writer)

        balancer.set_targets([("127.0.0.1", new.port)])
        await until(balancer, new, Health.HEALTHY)

        assert await posted(reader, writer) == b"HTTP/1.1 200 X\r\n"
        fresh = await opened(balancer)
        await posted(*fresh)
        assert (old.requests.qsize(), new.requests.qsize()) == (2, 1)
    await new.stop()


async def test_probes_ask_for_readiness_and_have_no_patience() -> None:
    """A target that accepts and says nothing is as bad as one that is gone."""

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    balancer = Balancer(BalancerSettings(nlb_probe_s=0.01, probe_patience_s=0.01))
    await balancer.start()
    balancer.set_targets([("127.0.0.1", port)])

    await balancer.until(lambda health: health[Address("127.0.0.1", port)] is Health.UNHEALTHY)

    await balancer.stop()
    server.close()


async def test_without_targets_connections_are_reset() -> None:
    """There is nobody to swallow them."""
    async with balancing() as balancer:
        reader, _ = await opened(balancer)

        with pytest.raises(ConnectionError):
            await reader.readexactly(1)


async def test_each_direction_ends_by_itself() -> None:
    """A client may finish speaking and still hear all of a long answer."""

    async def answer_after_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = await reader.read()
        writer.write(said.upper() * 100_000)
        writer.write_eof()

    async with passing_to(answer_after_the_end) as balancer:
        reader, writer = await opened(balancer)
        writer.write(b"abc")
        writer.write_eof()

        assert await reader.read() == b"ABC" * 100_000


async def test_a_slow_reader_slows_the_sender() -> None:
    """What is in the balancer's hands stays bounded, and arrives whole."""
    may_read = asyncio.Event()
    received = asyncio.get_running_loop().create_future()

    async def read_late(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await may_read.wait()
        received.set_result(len(await reader.read()))

    async with passing_to(read_late) as balancer:
        _, writer = await opened(balancer)
        size_bytes = 64 * 1024 * 1024
        writer.write(bytes(size_bytes))
        sending = asyncio.ensure_future(writer.drain())
        done, _ = await asyncio.wait([sending], timeout=0.2)

        assert not done
        may_read.set()
        await sending
        writer.write_eof()
        assert await received == size_bytes


async def test_a_lost_connection_is_lost_on_both_sides() -> None:
    """A killed task's connections end at once for the gateway."""
    task = await new_task()
    async with balancing(task, probe_s=3600) as balancer:
        reader, writer = await opened(balancer)
        await posted(reader, writer)

        await task.stop()

        with pytest.raises(ConnectionError):
            await reader.readexactly(1)


def test_it_runs_on_uvloop() -> None:
    """The deployed loop of the stack is uvloop, whose transports are of another kind."""
    for test in (
        test_connections_are_balanced_and_messages_are_not,
        test_each_direction_ends_by_itself,
        test_a_slow_reader_slows_the_sender,
        test_a_lost_connection_is_lost_on_both_sides,
        test_a_dead_target_swallows_connections_until_it_is_out,
    ):
        uvloop.run(test())
