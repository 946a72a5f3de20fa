"""Any task may take any message: it reaches the owner in one hop, or a new owner is found without a loss."""

from __future__ import annotations

import asyncio

from contract.audio import Encoding
from contract.object_keys import part_key
from contract.records import TaskId
from streaming_task.core.leases import LEASE_S
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
    open_meta,
    resume_message,
    start_message,
)
from tests.streaming_task.pair import OTHER, lease, say_audio, two_tasks

STRANGERS = "strangers"
NEVER = 1e12  # Unix seconds: every sign-in is older


@in_virtual_time
async def test_a_message_to_another_task_reaches_the_owner_in_one_hop() -> None:
    """The balancer knows nothing of sessions; the text comes all the same, from where it always came."""
    first, second = await two_tasks()

    await second.say(**say_audio(5))
    await until(lambda: len(first.recognition.streams[-1].heard) == 6 * len(PIECE))

    assert [task_id for task_id, _ in first.peers.forwarded] == [TASK]
    assert second.recognition.streams == []
    await first.leave()
    await second.leave()


@in_virtual_time
async def test_a_refusal_is_the_same_from_a_task_that_is_not_the_owner() -> None:
    """It names the session once it knows of it, and to its user alone."""
    first, second = await two_tasks()
    second.connect(STRANGERS, "u2")
    bad = say_audio(5) | {"crc32": 1}

    await second.say(**bad)
    await second.say(**say_audio(5))
    await until(lambda: first.peers.forwarded)
    await second.say(**bad)
    await second.say(STRANGERS, **bad)
    await settled()

    about = [(error["session_id"], error.get("epoch")) for error in first.heard("error")]
    assert about == [(None, None), (SESSION, 1)]
    (error,) = first.heard("error", STRANGERS)
    assert error["session_id"] is None
    await first.leave()
    await second.leave()


@in_virtual_time
async def test_a_refusal_names_no_session_whose_owner_may_have_changed() -> None:
    """An older epoch than the client has seen is not heard, and a sign-out least of all may be missed."""
    first, second = await two_tasks()
    await second.say(**say_audio(5))
    await until(lambda: first.peers.forwarded)

    second.directory.known.note_sign_outs({USER: NEVER})
    await second.say(**say_audio(6))
    await asyncio.sleep(LEASE_S)  # nobody renews a lease here
    await second.say(**say_audio(7) | {"crc32": 1})
    await settled()

    told = [(error["code"], error["session_id"]) for error in first.heard("error")]
    assert told == [("auth_expired", None), ("bad_message", None)]
    await first.leave()
    await second.leave()


@in_virtual_time
async def test_a_dead_owners_session_is_taken_over_with_everything_stored() -> None:
    """The client is told, sends what was not durable, and the text goes on from the stored text."""
    first, second = await two_tasks()
    first.recognition.streams[-1].say(final_result(end_s=0.6))
    await until(lambda: first.heard("final"))
    await asyncio.sleep(2.5)  # the audio is in the store
    first.directory.fence()  # dead, as far as anyone can tell
    del first.peers.doors[TASK]
    await asyncio.sleep(LEASE_S)

    await second.say(**say_audio(5))
    await until(lambda: second.recognition.streams and second.recognition.streams[-1].heard)

    meta = second.sessions.metas[SESSION]
    assert (meta.owner, meta.epoch) == (OTHER, 2)
    assert [moved["epoch"] for moved in first.heard("moved")] == [2]
    from_there = 2 * (RATE_HZ - round(0.6 * RATE_HZ))
    await until(lambda: len(second.recognition.streams[-1].heard) == from_there + len(PIECE))
    await second.say(**resume_message(last_segment=0))
    await until(lambda: len(first.heard("ready")) == 2)
    assert first.heard("ready")[-1]["next_offset"] == RATE_HZ + RATE_HZ // 5
    await second.leave()


@in_virtual_time
async def test_a_new_owner_trusts_the_store_and_not_what_was_received() -> None:
    """Its predecessor died before it had stored the middle: the client is asked for it, not the next part."""
    second = Bench(task_id=OTHER)
    second.connect()
    second.sessions.metas[SESSION] = open_meta(owner=TaskId("dead"))
    for start in (0, 2 * RATE_HZ):
        key = part_key(USER, SESSION, start, start + RATE_HZ, "ab" * 32, Encoding.PCM)
        second.audio.objects[key] = 5 * PIECE

    await second.say(**resume_message())
    await until(lambda: second.heard("nack"), within_s=10.0)

    assert [ready["next_offset"] for ready in second.heard("ready")] == [RATE_HZ]
    assert second.heard("nack")[-1]["missing"] == [[RATE_HZ, 2 * RATE_HZ]]
    assert {(ack["received"], ack["durable"]) for ack in second.heard("ack")} <= {(RATE_HZ, RATE_HZ)}
    await second.leave()


@in_virtual_time
async def test_an_owner_that_cannot_be_reached_twice_is_dead_before_its_lease() -> None:
    """A killed task is noticed by the next two messages, a second apart."""
    first, second = await two_tasks()
    first.directory.fence()
    del first.peers.doors[TASK]

    await second.say(**say_audio(5))
    await asyncio.sleep(1.0)
    await second.say(**say_audio(5))
    await until(lambda: second.sessions.metas[SESSION].owner == OTHER)

    assert asyncio.get_running_loop().time() < LEASE_S
    await second.leave()


@in_virtual_time
async def test_a_task_that_has_just_come_is_not_taken_for_gone() -> None:
    """Who is not on the board yet is looked for before anybody takes its sessions."""
    first, _ = await two_tasks()
    third = Bench(task_id=TaskId("t3"), beside=first)

    await third.say(**say_audio(5))
    await until(lambda: len(first.recognition.streams[-1].heard) == 6 * len(PIECE))

    assert third.sessions.metas[SESSION].epoch == 1
    await first.leave()


@in_virtual_time
async def test_an_owner_that_nobody_has_a_lease_of_is_gone() -> None:
    """It left in good order, but this session it could not hand over."""
    first, _ = await two_tasks()
    third = Bench(task_id=TaskId("t3"), beside=first)
    first.directory.fence()
    third.leases.held = {}

    await third.say(**resume_message())
    await until(lambda: third.sessions.metas[SESSION].owner == "t3")

    await third.leave()


@in_virtual_time
async def test_a_stale_owner_says_so_and_the_message_finds_the_new_one() -> None:
    """One retry after a consistent read; the message is not lost on the way."""
    first, second = await two_tasks()
    third = Bench(task_id=TaskId("t3"), beside=first)
    third.board.observe([lease(TASK), lease(OTHER), lease(TaskId("t3"))], 0.0)
    await third.say(**say_audio(5))
    await until(lambda: len(first.recognition.streams[-1].heard) == 6 * len(PIECE))
    await asyncio.sleep(2.5)
    await first.leave()
    await second.say(**resume_message())
    await until(lambda: second.sessions.metas[SESSION].owner == OTHER)
    third.board.observe([lease(TASK, 2), lease(OTHER, 2), lease(TaskId("t3"), 2)], 3.0)

    await third.say(**say_audio(6))
    await until(lambda: second.recognition.streams and second.recognition.streams[-1].heard.endswith(PIECE))

    assert [task_id for task_id, _ in first.peers.forwarded][-1] == OTHER
    await second.leave()


@in_virtual_time
async def test_a_task_that_was_cut_off_takes_its_own_session_up_again_under_a_new_epoch() -> None:
    """Nobody else claimed it; what was said before the silence counts no more."""
    first, _ = await two_tasks()
    await asyncio.sleep(2.5)

    first.directory.fence()
    first.directory.lift_fence()
    await first.say(**say_audio(5))
    await until(lambda: first.sessions.metas[SESSION].epoch == 2)

    assert first.sessions.metas[SESSION].owner == TASK
    await first.leave()


@in_virtual_time
async def test_a_task_without_a_lease_gives_messages_to_one_that_has_its_own() -> None:
    """It may not own anything itself; who takes it for dead claims what it let go of."""
    first, second = await two_tasks()
    await asyncio.sleep(2.5)
    first.directory.fence()
    await asyncio.sleep(LEASE_S)
    first.board.observe([lease(OTHER, 2)], asyncio.get_running_loop().time())

    await first.say(**resume_message())
    await until(lambda: second.sessions.metas[SESSION].owner == OTHER, within_s=60.0)

    assert second.sessions.metas[SESSION].epoch == 2
    assert first.directory.active == 0
    await second.leave()


@in_virtual_time
async def test_a_task_without_a_lease_takes_no_hop() -> None:
    """It says that it is not the owner, and whoever sent the message looks on."""
    first, second = await two_tasks()
    await asyncio.sleep(2.5)
    first.directory.fence()

    await second.say(**resume_message())
    await until(lambda: first.peers.forwarded, within_s=60.0)
    await settled()

    assert first.sessions.metas[SESSION].epoch == 1
    await second.leave()


@in_virtual_time
async def test_a_full_task_passes_a_start_on_once() -> None:
    """The client hears `ready` from whoever has room; `busy` only when nobody has."""
    full = Bench(max_sessions=0)
    roomy = Bench(task_id=OTHER, beside=full)
    full.board.observe([lease(TASK, room=0), lease(OTHER)], 0.0)
    full.connect()

    await full.say(**start_message())
    await until(lambda: full.heard("ready"))
    assert full.sessions.metas[SESSION].owner == OTHER

    full.board.observe([lease(TASK, room=0), lease(OTHER, 2, room=0)], 0.0)
    await full.say(**start_message(request_id=OTHER_REQUEST))
    await until(lambda: full.heard("error"))
    assert [error["code"] for error in full.heard("error")] == ["busy"]
    await roomy.leave()


@in_virtual_time
async def test_ten_tasks_race_for_one_session_and_one_owns_it() -> None:
    """The epoch decides, not the clock."""
    tasks = [TaskId(f"racer{number}") for number in range(10)]
    first = Bench(task_id=tasks[0])
    racers = [first, *(Bench(task_id=task, beside=first) for task in tasks[1:])]
    first.connect()
    first.sessions.metas[SESSION] = open_meta(owner=TaskId("dead"), epoch=4)
    for racer in racers:
        racer.board.observe([lease(task) for task in tasks], 0.0)

    await asyncio.gather(*(racer.say(**resume_message()) for racer in racers))
    await until(lambda: first.heard("ready"))
    await settled()

    assert first.sessions.metas[SESSION].epoch == 5
    assert sum(racer.directory.active for racer in racers) == 1
    for racer in racers:
        await racer.leave()
