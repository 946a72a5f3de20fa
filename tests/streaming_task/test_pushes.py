"""Each connection has one sender: in order, no faster than the gateway takes it, and nothing left behind."""

from __future__ import annotations

import asyncio

import pytest

from contract.records import ConnectionId
from contract.replies import Ack, Final, Partial
from streaming_task.core.push import BACKOFF_MOST_S, GIVE_UP_AFTER
from streaming_task.ports import Delivered, Failed, Gone, Throttled
from streaming_task.pushes import Pushes
from tests.fakes.live_ports import FakeGateway
from tests.fakes.virtual_time import in_virtual_time, settled, until

HERE, THERE = ConnectionId("here"), ConnectionId("there")


def senders() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("push ")]


@in_virtual_time
async def test_messages_are_said_in_order_one_at_a_time() -> None:
    """The next message of a connection leaves once the gateway has taken the one before."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    gateway.pushes.hold()
    for number in range(3):
        pushes.send(HERE, "s", Final, f"final{number}")
    await settled()

    calls_while_held = gateway.pushes.calls
    gateway.pushes.release()
    await pushes.drained(HERE)

    assert calls_while_held == 1
    assert gateway.said_to(HERE) == ["final0", "final1", "final2"]


@in_virtual_time
async def test_a_debug_line_tells_of_a_push_and_not_what_it_said(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever looks for a message that did not arrive sees to whom one went, at DEBUG only."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    caplog.set_level("DEBUG", logger="streaming_task")

    pushes.send(HERE, "s", Final, "canary")
    await pushes.drained(HERE)

    said = [line for line in caplog.records if line.name.startswith("streaming_task")]
    assert [(line.levelname, line.message, vars(line)["outcome"]) for line in said] == [
        ("DEBUG", "Message pushed", "Delivered")
    ]
    assert "canary" not in str([vars(line) for line in said])


@in_virtual_time
async def test_a_slow_connection_holds_up_no_other() -> None:
    """One sender a connection: a neighbour's throttling is the neighbour's."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    gateway.answers.append(Throttled())
    pushes.send(HERE, "s", Final, "slow")
    await settled()

    pushes.send(THERE, "t", Final, "quick")
    await settled()

    assert gateway.delivered == [(THERE, "quick")]


@in_virtual_time
async def test_throttling_backs_off_and_drops_partials() -> None:
    """429: the wait doubles, and when the gateway takes again it is given what cannot be had otherwise."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    gateway.answers.extend([Throttled(), Throttled(), Throttled()])
    began_at = asyncio.get_running_loop().time()
    pushes.send(HERE, "s", Final, "one")
    pushes.send(HERE, "s", Partial, "waiting")
    pushes.send(HERE, "s", Final, "two")
    await settled()
    pushes.send(HERE, "s", Partial, "late")

    await pushes.drained(HERE)

    assert gateway.said_to(HERE) == ["one", "two"]
    assert asyncio.get_running_loop().time() - began_at >= 0.2 + 0.4 + 0.8


@in_virtual_time
async def test_a_gone_connection_is_left_alone_until_it_speaks() -> None:
    """410: not asked again for any message, and what must not be lost is said at the next sign of life."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    gateway.gone.add(HERE)
    pushes.send(HERE, "s", Ack, "ack")
    await pushes.drained(HERE)
    for number in range(5):
        pushes.send(HERE, "s", Ack, f"heartbeat{number}")
        await settled()
    pushes.send(HERE, "s", Final, "final")
    await settled()
    calls_while_gone = gateway.pushes.calls

    gateway.gone.clear()
    pushes.heard_from(HERE)
    await pushes.drained(HERE)

    assert calls_while_gone == 1
    assert gateway.said_to(HERE) == ["final"]


@in_virtual_time
async def test_a_message_said_while_a_push_finds_the_connection_gone_is_kept() -> None:
    """What is queued during the very call that answers 410 waits for the next sign of life."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    gateway.pushes.hold()
    gateway.answers.append(Gone())
    pushes.send(HERE, "s", Final, "first")
    await settled()
    pushes.send(HERE, "s", Final, "second")
    gateway.pushes.release()
    await pushes.drained(HERE)

    pushes.heard_from(HERE)
    await pushes.drained(HERE)

    assert gateway.said_to(HERE) == ["first", "second"]


@in_virtual_time
async def test_draining_tells_whether_the_connection_is_there() -> None:
    """Who has much to say asks before it goes on: a connection that is gone does not fill up."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    gateway.gone.add(HERE)
    pushes.send(HERE, "s", Final, "final")
    pushes.send(THERE, "s", Final, "final")

    answers = [await pushes.drained(HERE), await pushes.drained(THERE), await pushes.drained(THERE)]

    assert answers == [False, True, True]


@in_virtual_time
async def test_one_message_that_never_passes_is_given_up_for_the_others() -> None:
    """A message that the gateway fails again and again makes way for the next."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    gateway.answers.extend([Failed("http_500")] * GIVE_UP_AFTER)
    pushes.send(HERE, "s", Final, "poisoned")
    pushes.send(HERE, "s", Final, "good")

    await pushes.drained(HERE)

    assert gateway.said_to(HERE) == ["good"]
    assert asyncio.get_running_loop().time() < GIVE_UP_AFTER * BACKOFF_MOST_S


@in_virtual_time
async def test_a_defect_of_the_gateways_client_is_a_failure_like_any_other() -> None:
    """An exception that no port names must not leave a message at the head for ever."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    gateway.pushes.fail(RuntimeError("a patient's name"))
    pushes.send(HERE, "s", Final, "final")

    await pushes.drained(HERE)

    assert gateway.said_to(HERE) == ["final"]


@in_virtual_time
async def test_nothing_is_kept_of_a_connection_that_has_heard_everything() -> None:
    """Ten thousand connections a day leave nothing behind, and no task waits for work."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    for number in range(3):
        pushes.send(ConnectionId(f"c{number}"), "s", Final, "final")

    await until(lambda: len(gateway.delivered) == 3)
    await settled()

    assert not pushes._outboxes
    assert not pushes._senders
    assert not senders()


@in_virtual_time
async def test_a_gone_connection_is_forgotten_with_those_who_knew_it() -> None:
    """A session may speak long after its client has gone: what it says must not pile up."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    gateway.gone |= {HERE, THERE}
    for connection_id in (HERE, THERE):
        pushes.send(connection_id, "s", Final, "final")
        await pushes.drained(connection_id)

    pushes.forget_gone(known={THERE})

    assert set(pushes._outboxes) == {THERE}


@in_virtual_time
async def test_forgetting_a_connection_stops_its_sender() -> None:
    """Nothing is said to whoever is forgotten, and a later message begins afresh."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    gateway.answers.append(Throttled())
    pushes.send(HERE, "s", Final, "old")
    await settled()

    pushes.forget(HERE)
    pushes.send(HERE, "s", Final, "new")
    await pushes.drained(HERE)

    assert gateway.said_to(HERE) == ["new"]
    assert not senders()


@in_virtual_time
async def test_closing_says_what_it_can_within_its_limit() -> None:
    """At the end of the task a gateway that does not answer costs the limit and no more."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    pushes.send(THERE, "s", Final, "in time")
    await settled()
    gateway.pushes.hold()
    pushes.send(HERE, "s", Final, "never")
    began_at = asyncio.get_running_loop().time()

    await pushes.close(within_s=2.0)

    assert asyncio.get_running_loop().time() - began_at == 2.0
    assert gateway.delivered == [(THERE, "in time")]
    assert not senders()


@in_virtual_time
async def test_closing_waits_for_what_is_under_way() -> None:
    """The last words before the task leaves are said."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    gateway.answers.extend([Throttled(), Delivered()])
    pushes.send(HERE, "s", Final, "last words")

    await pushes.close(within_s=5.0)

    assert gateway.said_to(HERE) == ["last words"]
