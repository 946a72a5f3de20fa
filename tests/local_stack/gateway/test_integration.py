"""Messages reach the balancer over reused connections, and every request has exactly one outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from local_stack.gateway.core import IntegrationFailure
from local_stack.gateway.integration import Integration, Outcome, PoolSize
from tests.fakes.http_task import FakeHttpTask

REQUEST = b"POST /messages HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"


@pytest.fixture
async def task() -> AsyncIterator[FakeHttpTask]:
    """Give a task that listens."""
    task = FakeHttpTask()
    await task.start()
    yield task
    await task.stop()


def outcome_of(integration: Integration) -> asyncio.Future[Outcome]:
    """Send a request and give its outcome to be awaited."""
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    integration.send(REQUEST, outcome.set_result)
    return outcome


def pool(task: FakeHttpTask, *, steady: int = 1, most: int = 4, timeout_s: float = 10.0) -> Integration:
    """Make a pool of connections to a task."""
    return Integration("127.0.0.1", task.port, timeout_s, PoolSize(steady, most, max_age_s=60.0))


async def test_connections_are_reused(task: FakeHttpTask) -> None:
    """A balancer spreads connections: a connection per message would hide that."""
    integration = pool(task)

    outcomes = [await outcome_of(integration) for _ in range(5)]
    await integration.close()

    assert outcomes == [200] * 5
    assert task.connections == 1


async def test_a_steady_number_is_opened_before_any_is_reused(task: FakeHttpTask) -> None:
    """Messages must meet every task behind the balancer, not only the first connection's."""
    integration = pool(task, steady=3)

    for _ in range(9):
        await outcome_of(integration)
    await integration.close()

    used = [task.requests.get_nowait().connection for _ in range(9)]
    assert {number: used.count(number) for number in used} == {1: 3, 2: 3, 3: 3}


async def test_requests_run_side_by_side(task: FakeHttpTask) -> None:
    """A slow answer holds nobody else up, until all connections are taken; then requests wait."""
    integration = pool(task, most=3)
    task.may_answer.clear()
    outcomes = [outcome_of(integration) for _ in range(5)]

    taken = [await task.requests.get() for _ in range(3)]
    assert task.requests.empty()
    task.may_answer.set()

    assert await asyncio.gather(*outcomes) == [200] * 5
    assert len({one.connection for one in taken}) == 3
    assert task.connections == 3
    await integration.close()


async def test_a_small_pool_is_reused_too(task: FakeHttpTask) -> None:
    """Where the most is below the steady number, an idle connection is still found."""
    integration = pool(task, steady=16, most=2)

    assert [await outcome_of(integration) for _ in range(5)] == [200] * 5
    await integration.close()

    assert task.connections == 2


async def test_an_answer_may_end_the_connection(task: FakeHttpTask) -> None:
    """A task that leaves says `Connection: close`; the next message goes to another."""
    integration = pool(task)
    task.answer_headers = "connection: close\r\n"

    outcomes = [await outcome_of(integration) for _ in range(2)]
    await integration.close()

    assert outcomes == [200, 200]
    assert task.connections == 2


async def test_connections_are_given_up_in_time(task: FakeHttpTask) -> None:
    """A task that joins gets its share, because connections do not live for ever."""
    integration = Integration("127.0.0.1", task.port, 10.0, PoolSize(1, 4, max_age_s=0.0))

    await outcome_of(integration)
    await outcome_of(integration)
    await integration.close()

    assert task.connections == 2


async def test_a_timeout_is_an_outcome(task: FakeHttpTask) -> None:
    """The late answer is not taken for the next request's."""
    integration = pool(task, timeout_s=2.0)  # the next request, which is answered, has no more either
    task.may_answer.clear()

    assert await outcome_of(integration) is IntegrationFailure.TIMED_OUT
    task.may_answer.set()
    task.status = 201

    assert await outcome_of(integration) == 201
    assert task.connections == 2
    await integration.close()


async def test_a_killed_task_fails_what_was_under_way(task: FakeHttpTask) -> None:
    """Nothing is sent again: the task may have done it."""
    integration = pool(task)
    task.may_answer.clear()
    outcome = outcome_of(integration)
    await task.requests.get()

    await task.stop()

    assert await outcome is IntegrationFailure.UNREACHABLE
    assert task.requests.empty()
    await integration.close()


async def test_nobody_listening_is_an_outcome(task: FakeHttpTask) -> None:
    """A refused connection must not leave a message without an end."""
    await task.stop()
    integration = pool(task)

    assert await outcome_of(integration) is IntegrationFailure.UNREACHABLE
    await integration.close()


async def test_closing_ends_everything(task: FakeHttpTask) -> None:
    """Requests under way, waiting and late ones alike have their outcome."""
    integration = pool(task, most=1)
    task.may_answer.clear()
    outcomes = [outcome_of(integration) for _ in range(3)]
    await task.requests.get()

    await integration.close()

    assert set(await asyncio.gather(*outcomes, outcome_of(integration))) == {IntegrationFailure.UNREACHABLE}
