"""A client hears stored finals in order, all of them, and before anything newer."""

from __future__ import annotations

import asyncio
import json

from contract.records import ConnectionId, SessionId
from contract.replies import Ack, Final, Limits, Ready, Stored
from streaming_task.pushes import Pushes
from streaming_task.voice import Voice
from tests.fakes.live_ports import FakeGateway
from tests.fakes.ports import FakeFinals, FakeSessions
from tests.fakes.virtual_time import in_virtual_time, settled

HERE, THERE = ConnectionId("here"), ConnectionId("there")
SESSION = SessionId("s1")
READY = Ready(ref="r1", next_offset=0, limits=Limits(300, 1800, 1, 1, 40))
ACK = Ack(received=2, durable=1)
STORED = Stored(samples=2, sha256="0" * 64)


class Stage:
    """A voice, what it reads from, and what was heard of it."""

    def __init__(self, stored: int) -> None:
        self.gateway = FakeGateway()
        self.pushes = Pushes(self.gateway)
        self.finals = FakeFinals(FakeSessions())
        self.finals.stored[SESSION] = [final(segment) for segment in range(stored)]
        self.voice = Voice(SESSION, 1, self.finals, self.pushes)

    def heard(self, connection_id: ConnectionId = HERE) -> list[str]:
        """Name what a connection was told: its type, and a final's number."""
        messages = [json.loads(text) for text in self.gateway.said_to(connection_id)]
        return [f"{message['type']}{message.get('segment', '')}" for message in messages]


def final(segment: int) -> Final:
    return Final(segment, 0, 1, "text", 0, None, (), ())


@in_virtual_time
async def test_newer_messages_wait_for_the_stored_finals() -> None:
    """`ready`, then the finals, then the rest: also what the session says while the store is slow."""
    stage = Stage(stored=2)
    stage.finals.reads.hold()
    reading = asyncio.create_task(stage.voice.read_out(HERE, -1, (STORED,)))
    stage.voice.say(HERE, READY)
    stage.voice.say(HERE, ACK)
    stage.voice.say(HERE, final(2))
    stage.voice.say(THERE, ACK)
    await settled()
    heard_before = stage.heard()

    stage.finals.reads.release()
    await reading
    await stage.pushes.drained(HERE)

    assert heard_before == ["ready"]
    assert stage.heard() == ["ready", "final0", "final1", "stored", "ack", "final2"]
    assert stage.heard(THERE) == ["ack"]


@in_virtual_time
async def test_a_final_that_was_read_is_not_said_again() -> None:
    """Stored while the store was read: it is in what was read, and must not follow a second time."""
    stage = Stage(stored=2)
    reading = stage.voice.read_out(HERE, -1, ())
    stage.voice.say(HERE, final(1))

    await reading
    await stage.pushes.drained(HERE)

    assert stage.heard() == ["final0", "final1"]


@in_virtual_time
async def test_more_finals_than_an_outbox_holds_are_all_said() -> None:
    """Half an hour of speech has more finals than may wait at once: none is dropped, nor what follows."""
    stage = Stage(stored=700)

    await stage.voice.read_out(HERE, -1, (STORED,))
    await stage.pushes.drained(HERE)

    assert stage.heard() == [*(f"final{segment}" for segment in range(700)), "stored"]


@in_virtual_time
async def test_a_client_that_is_gone_is_not_read_out_to() -> None:
    """Its outbox stays small; it asks again when it comes back."""
    stage = Stage(stored=700)
    stage.gateway.gone.add(HERE)

    await stage.voice.read_out(HERE, -1, (STORED,))

    assert len(stage.pushes._outboxes[HERE]) <= 101


@in_virtual_time
async def test_finals_that_cannot_be_read_hold_nothing_back_for_ever() -> None:
    """The client learns the rest, sees the hole by itself, and resumes again."""
    stage = Stage(stored=1)
    stage.finals.reads.fail()
    reading = stage.voice.read_out(HERE, -1, (STORED,))
    stage.voice.say(HERE, final(1))

    await reading
    await stage.pushes.drained(HERE)

    assert stage.heard() == ["stored", "final1"]


@in_virtual_time
async def test_of_two_readings_the_last_lets_go() -> None:
    """A reading that fails does not let newer finals past its repeat, which still goes on."""
    stage = Stage(stored=1)
    stage.finals.reads.hold()
    first = asyncio.create_task(stage.voice.read_out(HERE, -1, ()))
    await settled()
    stage.voice.say(HERE, final(1))
    stage.finals.reads.release()
    stage.finals.reads.fail()
    second = stage.voice.read_out(HERE, -1, ())

    await first
    await second
    await stage.pushes.drained(HERE)

    assert stage.heard() == ["final0", "final1"]
