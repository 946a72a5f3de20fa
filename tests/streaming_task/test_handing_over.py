"""A task that leaves hands its sessions over, within its time, and loses no message."""

from __future__ import annotations

import asyncio

from contract.records import session_id_for
from streaming_task.sessions import LAST_WORDS_S, LINGER_S
from tests.fakes.virtual_time import in_virtual_time, settled, until
from tests.streaming_task.bench import (
    OTHER_REQUEST,
    PIECE,
    RATE_HZ,
    SESSION,
    TASK,
    USER,
    Bench,
    final_result,
    resume_message,
    start_message,
)
from tests.streaming_task.pair import OTHER, say_audio, two_tasks


@in_virtual_time
async def test_leaving_keeps_to_its_limit() -> None:
    """Stores that do not answer cost the limit, and the time for last words."""
    bench = Bench()
    bench.connect()
    await bench.start()
    await bench.listening()
    bench.audio.puts.hold()
    bench.gateway.pushes.hold()
    await asyncio.sleep(5.0)
    began_at = asyncio.get_running_loop().time()

    await bench.directory.leave(within_s=8.0)
    took_s = asyncio.get_running_loop().time() - began_at
    await settled()

    assert took_s == 8.0 + LINGER_S + 2 * LAST_WORDS_S
    assert bench.recognition.streams[-1].is_aborted
    assert len(asyncio.all_tasks()) == 1


@in_virtual_time
async def test_leaving_is_quick_when_nothing_is_under_way() -> None:
    """A task with quiet sessions does not sit out its limit."""
    bench = Bench()
    bench.connect()
    await bench.start()
    await settled()

    await bench.directory.leave(within_s=8.0)

    assert asyncio.get_running_loop().time() < LINGER_S + 0.5


@in_virtual_time
async def test_a_task_without_a_session_leaves_at_once() -> None:
    """Nobody will send it anything."""
    await Bench().directory.leave(within_s=8.0)

    assert asyncio.get_running_loop().time() == 0.0


@in_virtual_time
async def test_a_leaving_task_opens_nothing() -> None:
    """Neither a start that comes now, nor one whose session was just being written."""
    bench = Bench()
    bench.connect()
    bench.sessions.creates.hold()
    await bench.say(**start_message())
    await settled()
    leaving = asyncio.create_task(bench.directory.leave(within_s=8.0))
    await settled()

    bench.sessions.creates.release()
    await bench.say(**start_message(request_id=OTHER_REQUEST))
    await leaving
    await settled()

    assert not bench.directory._runners
    assert not bench.heard("ready")
    assert len(asyncio.all_tasks()) == 1


@in_virtual_time
async def test_a_leaving_task_hands_its_sessions_over_with_nothing_left_behind() -> None:
    """Everything is stored, the stream has drained, the session is free, and the client is told."""
    first, second = await two_tasks()
    first.recognition.streams[-1].say(final_result(end_s=0.6))

    await first.leave()

    meta = first.sessions.metas[SESSION]
    assert (meta.owner, meta.final_until) == (None, RATE_HZ)
    assert first.heard("moved")
    await second.say(**resume_message())
    await until(lambda: len(first.heard("ready")) == 2)
    assert first.heard("ready")[-1]["next_offset"] == RATE_HZ
    await second.leave()


@in_virtual_time
async def test_whoever_takes_over_from_a_leaving_task_need_not_ask_what_is_stored() -> None:
    """A hundred sessions that are handed over at once would wait for a hundred lists."""
    first, second = await two_tasks()
    await first.leave()
    lists = first.audio.lists.calls

    await second.say(**resume_message())
    await until(lambda: len(first.heard("ready")) == 2)

    assert first.heard("ready")[-1]["next_offset"] == RATE_HZ
    assert first.audio.lists.calls == lists
    await second.leave()


@in_virtual_time
async def test_a_session_that_is_claimed_while_its_claimer_leaves_is_given_up_again() -> None:
    """In a deployment one leaves after another: the second may be taking over from the first."""
    first, second = await two_tasks()
    await first.leave()
    await second.start(request_id=OTHER_REQUEST)
    await second.say(**{**say_audio(0), "session_id": session_id_for(USER, OTHER_REQUEST)})
    second.audio.puts.hold()  # this session keeps the task from being done at once
    second.ownership.claims.hold()
    await second.say(**resume_message())
    await until(lambda: second.ownership.claims.calls)

    leaving = asyncio.create_task(second.leave())
    began_at = asyncio.get_running_loop().time()
    await settled()
    second.ownership.claims.release()
    await until(lambda: second.sessions.metas[SESSION].epoch == 2)
    await until(lambda: second.sessions.metas[SESSION].owner is None)
    taken_s = asyncio.get_running_loop().time() - began_at
    second.audio.puts.release()
    await leaving

    assert taken_s < 0.5
    assert 2 in [moved["epoch"] for moved in first.heard("moved")]


@in_virtual_time
async def test_a_task_that_has_handed_its_sessions_over_passes_messages_on_for_a_while() -> None:
    """The balancer has not noticed yet, and each client answers `moved` at once."""
    first, second = await two_tasks()
    leaving = asyncio.create_task(first.leave())
    await until(lambda: first.heard("moved"))

    await first.say(**resume_message())
    await until(lambda: len(first.heard("ready")) == 2)

    assert not leaving.done()
    assert second.sessions.metas[SESSION].owner == OTHER
    await leaving
    await second.leave()


@in_virtual_time
async def test_an_owner_that_has_just_gone_costs_no_message() -> None:
    """Its lease is on the board for a moment yet, and other tasks still send there."""
    first, second = await two_tasks()
    await second.say(**say_audio(5))
    await until(lambda: len(first.recognition.streams[-1].heard) == 6 * len(PIECE))
    await first.leave()
    del first.peers.doors[TASK]

    await second.say(**resume_message())
    await until(lambda: len(first.heard("ready")) == 2)

    assert second.sessions.metas[SESSION].owner == OTHER
    await second.leave()


@in_virtual_time
async def test_a_leaving_task_sends_messages_on_to_the_task_with_room() -> None:
    """Connections stay with it for a while; nobody's words do."""
    first, second = await two_tasks()
    await first.leave()

    await first.say(**resume_message())
    await until(lambda: second.sessions.metas[SESSION].owner == OTHER)

    assert len(first.heard("ready")) == 2
    await second.leave()
