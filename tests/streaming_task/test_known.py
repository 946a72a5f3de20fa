"""What a task knows of a connection is read once, and again when it runs out."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from contract.records import ConnectionId, UserId
from streaming_task.core.warning import AUTH_NEAR_S
from streaming_task.known import READ_AGAIN_AFTER_S, Known, KnownConnections
from streaming_task.ports import Connection
from tests.fakes.ports import FakeConnections
from tests.fakes.virtual_time import in_virtual_time, settled

ID = ConnectionId("c")
USER = UserId("u1")


async def met(connections: FakeConnections, left_s: float) -> KnownConnections:
    """Meet a connection whose authorisation is good for so long yet."""
    now = time.time()
    connections.known[ID] = Connection(ID, USER, now - 600, now + left_s)
    known = KnownConnections(connections)
    await known.find(ID)
    return known


def look(known: KnownConnections) -> Known:
    there = known.get(ID)
    assert there is not None
    return there


async def long_enough() -> None:
    """Wait until it may be read again."""
    await asyncio.sleep(READ_AGAIN_AFTER_S)


@in_virtual_time
async def test_a_good_authorisation_is_not_read_again() -> None:
    """Forty messages a second cost nothing."""
    connections = FakeConnections()
    known = await met(connections, AUTH_NEAR_S + 60)
    await long_enough()

    look(known)
    await settled()

    assert connections.finds.calls == 1


@in_virtual_time
async def test_a_renewal_that_another_task_heard_is_found_out() -> None:
    """The balancer gives a `renew` to any task; the owner must not refuse the audio after it."""
    connections = FakeConnections()
    known = await met(connections, AUTH_NEAR_S - 1)
    renewed = replace(connections.known[ID], issued_at=time.time(), authorised_until=time.time() + 900)
    connections.known[ID] = renewed
    await long_enough()

    look(known)
    await settled()

    assert look(known).connection == renewed


@in_virtual_time
async def test_who_does_not_renew_is_not_read_for_every_message() -> None:
    """Once in a while is enough, and nobody waits for it."""
    connections = FakeConnections()
    known = await met(connections, 0.0)
    await long_enough()

    for _ in range(100):
        look(known)
    await settled()
    for _ in range(100):
        look(known)
    await settled()

    assert connections.finds.calls == 2


@in_virtual_time
async def test_a_read_that_fails_leaves_what_is_known() -> None:
    """The next one may find more."""
    connections = FakeConnections()
    known = await met(connections, 0.0)
    before = look(known).connection
    await long_enough()
    connections.finds.fail()

    look(known)
    await settled()

    assert look(known).connection == before


@in_virtual_time
async def test_what_is_read_late_does_not_take_a_renewal_back() -> None:
    """A read that began before a renewal here may end after it."""
    connections = FakeConnections()
    known = await met(connections, 0.0)
    await long_enough()
    connections.finds.hold()
    there = look(known)
    await settled()
    renewed = replace(there.connection, issued_at=time.time(), authorised_until=time.time() + 900)
    there.connection = renewed

    connections.finds.release()
    await settled()

    assert look(known).connection == renewed


@in_virtual_time
async def test_after_a_sign_out_a_renewal_elsewhere_is_found_out_too() -> None:
    """Signed in again, the user goes on over the connection that is there."""
    connections = FakeConnections()
    known = await met(connections, AUTH_NEAR_S + 600)
    known.note_sign_outs({USER: time.time()})
    await long_enough()
    fresh = replace(connections.known[ID], issued_at=time.time() + 1)
    connections.known[ID] = fresh

    look(known)
    await settled()

    assert look(known).connection == fresh
