"""A task that is late, or has no stream left, sends new sessions elsewhere and harms none that it has."""

from __future__ import annotations

import asyncio

from contract.records import TaskId
from streaming_task.core.leases import Lease
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.core.room import EASY_FOR_S, LATE_FOR_S, LATE_S, QUOTA_FOR_S, Room
from streaming_task.watch import LOOK_EVERY_S, watch_the_loop
from tests.fakes.virtual_time import in_virtual_time, until
from tests.streaming_task.bench import PIECE, RATE_HZ, SECOND, SESSION, TASK, Bench, audio_message, open_meta

OTHER_REQUEST = "44444444-4444-4444-8444-444444444444"
OTHER = TaskId("t2")
QUOTA = Ended(StreamEnd.LIMIT_EXCEEDED, "LimitExceededException")


class LateLoop:
    """A clock that the event loop cannot keep up with."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._loop = asyncio.get_running_loop()

    def is_late(self, late_s: float, for_s: float) -> None:
        """Let every look be so late, for a while."""
        for look in range(round(for_s / LOOK_EVERY_S) + 1):
            self.room.looked(late_s, self._loop.time() + look * LOOK_EVERY_S)


@in_virtual_time
async def test_a_late_task_says_busy_and_goes_on_with_what_it_has() -> None:
    """Its sessions are late; none is ended, refused or slowed down for it."""
    bench = Bench()
    bench.connect()
    await bench.start()
    LateLoop(bench.room).is_late(LATE_S, LATE_FOR_S)

    await bench.start(request_id=OTHER_REQUEST)
    await bench.say(**audio_message(0, PIECE))
    await bench.stopped(RATE_HZ // 5)

    assert [error["code"] for error in bench.heard("error")] == ["busy"]
    assert bench.directory.room == 0
    assert list(bench.records.rows) == [SESSION]
    await bench.leave()


@in_virtual_time
async def test_a_start_at_a_late_task_goes_to_one_that_has_time() -> None:
    """The client hears `ready`, from wherever there is room."""
    late = Bench()
    other = Bench(task_id=OTHER, beside=late)
    late.connect()
    LateLoop(late.room).is_late(LATE_S, LATE_FOR_S)
    late.board.observe([Lease(OTHER, 1, "t2:1", 0, other.directory.room)], 0.0)

    await late.start()

    assert [message["type"] for message in late.heard()][:1] == ["ready"]
    assert other.directory.active == 1
    await late.leave()
    await other.leave()


@in_virtual_time
async def test_a_full_quota_turns_new_sessions_away_and_no_running_one() -> None:
    """The second session has no stream: it records, its text is late. A third one would wait behind it."""
    bench = Bench()
    bench.connect()
    bench.connect(SECOND)
    await bench.start()
    await bench.listening()
    bench.recognition.refuse(StreamEnd.LIMIT_EXCEEDED)
    await bench.start(SECOND, request_id=OTHER_REQUEST)
    (second,) = (meta for meta in bench.sessions.metas.values() if meta.terms.session_id != SESSION)
    await bench.say(SECOND, **audio_message(0, PIECE, second.terms.session_id))
    await until(lambda: bench.recognition.opens.calls == 2)
    room_while_full = bench.directory.room

    await bench.start(request_id="55555555-5555-4555-8555-555555555555")
    await until(lambda: len(bench.recognition.streams) == 2, within_s=QUOTA_FOR_S)

    assert room_while_full == 0
    assert [error["code"] for error in bench.heard("error")] == ["busy"]
    assert bench.heard("error", SECOND) == []
    await asyncio.sleep(QUOTA_FOR_S)
    assert bench.directory.room == 8
    await bench.leave()


@in_virtual_time
async def test_a_stream_that_the_quota_ended_counts_once_however_it_is_let_go() -> None:
    """Ended and then dropped, or dropped while open: what is open stays what is open."""
    bench = Bench()
    bench.connect()
    await bench.start()
    stream = await bench.listening()

    stream.finish(QUOTA)
    await until(lambda: len(bench.recognition.streams) == 2, within_s=QUOTA_FOR_S)
    await bench.leave()

    assert bench.room.left(0, asyncio.get_running_loop().time()) == 1
    bench.room.stream_refused(asyncio.get_running_loop().time())
    assert bench.room.left(0, asyncio.get_running_loop().time()) == 0


@in_virtual_time
async def test_claims_are_not_asked_for_room() -> None:
    """A session whose owner died goes on here, however late it is here."""
    bench = Bench(task_id=OTHER)
    bench.connect()
    LateLoop(bench.room).is_late(LATE_S, LATE_FOR_S)
    bench.sessions.metas[SESSION] = open_meta(owner=TASK)
    bench.board.observe([Lease(OTHER, 1, "t2:1", 0, 0)], 0.0)

    await bench.say(**audio_message(0, PIECE))

    await until(lambda: bench.directory.active == 1, within_s=5.0)
    await bench.leave()


@in_virtual_time
async def test_a_loop_that_keeps_up_is_never_late() -> None:
    """The watch measures how late it was woken, not how long it slept."""
    room = Room(1)
    room.looked(LATE_S, -100.0)
    room.looked(LATE_S, -90.0)
    was_overloaded = room.is_overloaded
    watching = asyncio.create_task(watch_the_loop(room), name="loop")

    await asyncio.sleep(EASY_FOR_S + 2 * LOOK_EVERY_S)

    watching.cancel()
    assert (was_overloaded, room.is_overloaded) == (True, False)
