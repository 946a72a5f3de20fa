"""Who signs out everywhere is out everywhere: sessions are sealed, connections heard no more, others not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

import pytest

from contract.records import ConnectionId, SessionState, TaskId, UserId, session_id_for
from streaming_task.sign_outs import JITTER, LOOK_EVERY_S, RETRY_S, SignOutWatch
from tests.fakes.ports import FakeSignOuts
from tests.fakes.virtual_time import in_virtual_time, settled, until
from tests.streaming_task.bench import (
    FIRST,
    PIECE,
    RATE_HZ,
    SECOND,
    SESSION,
    USER,
    Bench,
    audio_message,
    resume_message,
    start_message,
)

SEALED_WITHIN_S = 30.0
OTHER_USER = UserId("u2")
AGAIN = "55555555-5555-4555-8555-555555555555"


@asynccontextmanager
async def watching(bench: Bench, sign_outs: FakeSignOuts, every_s: float = 60.0) -> AsyncIterator[None]:
    """Let a task look for sign-outs, as every task does; its first look is over."""
    watch = SignOutWatch(bench.directory, sign_outs, every_s, Random(1))
    looking = asyncio.create_task(watch.run(), name="sign-outs")
    await settled()
    try:
        yield
    finally:
        looking.cancel()


def sign_out(sign_outs: FakeSignOuts, user_id: UserId = USER) -> None:
    """Let a user sign out everywhere now."""
    sign_outs.marks[user_id] = time.time()


async def speak(bench: Bench, connection_id: ConnectionId = FIRST, session_id: str = SESSION) -> None:
    """Send a second of audio."""
    for piece in range(5):
        await bench.say(connection_id, **audio_message(piece * RATE_HZ // 5, PIECE, session_id))


def sign_in_again(bench: Bench, connection_id: ConnectionId) -> None:
    """Open a connection with a token that is newer than any sign-out until now."""
    bench.connect(connection_id)
    known = bench.connections.known[connection_id]
    bench.connections.known[connection_id] = replace(known, issued_at=time.time() + 1)


@in_virtual_time
async def test_a_session_is_sealed_with_all_its_audio_within_half_a_minute() -> None:
    """The record is written as always; nobody need press stop."""
    bench, sign_outs = Bench(), FakeSignOuts()
    bench.connect()
    await bench.start()
    async with watching(bench, sign_outs):
        await speak(bench)
        sign_out(sign_outs)

        await until(lambda: bench.heard("stored"), SEALED_WITHIN_S)
        await until(lambda: bench.heard("saved"))

    assert bench.heard("stored")[0]["samples"] == RATE_HZ
    assert bench.heard("saved")[0]["gaps"] == []
    assert bench.records.rows[SESSION].samples == RATE_HZ
    await bench.leave()


@in_virtual_time
async def test_the_old_connection_is_not_heard_any_more() -> None:
    """Neither audio nor a new session nor the text of an old one; only a fresh ticket."""
    bench, sign_outs = Bench(), FakeSignOuts()
    bench.connect()
    await bench.start()
    async with watching(bench, sign_outs):
        sign_out(sign_outs)
        await until(lambda: bench.heard("saved"))

        await bench.say(**audio_message(0, PIECE, id="a"))
        await bench.say(**start_message(request_id=AGAIN, id="b"))
        await bench.say(**resume_message(), id="c")
        await settled()

    assert [(error["code"], error["ref"], error["session_id"]) for error in bench.heard("error")] == [
        ("auth_expired", "a", SESSION),
        ("auth_expired", "b", None),
        ("auth_expired", "c", SESSION),
    ]
    assert list(bench.sessions.metas) == [SESSION]
    await bench.leave()


@in_virtual_time
async def test_a_fresh_ticket_makes_the_connection_good_again() -> None:
    """The page need not open another one after the user has signed in again."""
    bench, sign_outs = Bench(), FakeSignOuts()
    bench.connect()
    await bench.say(type="ping", session_id=SESSION)
    sign_out(sign_outs)
    async with watching(bench, sign_outs):
        bench.connections.tickets["fresh"] = USER
        bench.connections.issue_at = time.time() + 1

        await bench.say(type="renew", ticket="fresh", id="r")
        await settled()
        await bench.start()

    assert [answer["ref"] for answer in bench.heard("renewed")] == ["r"]
    assert len(bench.heard("ready")) == 1
    await bench.leave()


@in_virtual_time
async def test_signed_in_again_the_user_hears_how_it_ended_and_starts_anew() -> None:
    """The sealed session answers a fresh connection; a new one is touched by no old mark."""
    bench, sign_outs = Bench(), FakeSignOuts()
    bench.connect()
    await bench.start()
    await speak(bench)
    new_id = session_id_for(USER, AGAIN)
    async with watching(bench, sign_outs):
        sign_out(sign_outs)
        await until(lambda: bench.heard("saved"))
        sign_in_again(bench, SECOND)

        await bench.say(SECOND, **resume_message())
        await until(lambda: bench.heard("saved", SECOND))
        await bench.start(SECOND, request_id=AGAIN)
        await speak(bench, SECOND, new_id)
        await asyncio.sleep(5 * LOOK_EVERY_S)

        assert bench.sessions.metas[new_id].state is SessionState.OPEN
    assert not bench.heard("error", SECOND)
    await bench.leave()


@in_virtual_time
async def test_another_users_session_goes_on() -> None:
    """One doctor's sign-out is nothing to the next."""
    bench, sign_outs = Bench(), FakeSignOuts()
    bench.connect()
    bench.connect(SECOND, OTHER_USER)
    await bench.start()
    await bench.start(SECOND)
    async with watching(bench, sign_outs):
        sign_out(sign_outs)
        await until(lambda: bench.heard("saved"))
        await bench.say(SECOND, **audio_message(0, PIECE, session_id_for(OTHER_USER, "x")))
        await settled()

    states = {meta.terms.user_id: meta.state for meta in bench.sessions.metas.values()}
    assert states == {USER: SessionState.COMMITTED, OTHER_USER: SessionState.OPEN}
    await bench.leave()


@in_virtual_time
async def test_a_look_that_fails_ends_nothing_and_is_taken_again() -> None:
    """The table's bad minute must not cost a consultation, and a sign-out does not get lost in it."""
    bench, sign_outs = Bench(), FakeSignOuts()
    bench.connect()
    await bench.start()
    async with watching(bench, sign_outs):
        sign_outs.reads.fail()
        sign_outs.reads.fail()
        await until(lambda: sign_outs.reads.calls == 3)
        assert bench.sessions.metas[SESSION].state is SessionState.OPEN
        sign_out(sign_outs)

        await until(lambda: bench.heard("stored"), 2 * RETRY_S)
    await bench.leave()


@in_virtual_time
async def test_a_task_that_serves_nobody_asks_nothing() -> None:
    """An idle task costs no reads; one that serves somebody asks for everyone at once."""
    bench, sign_outs = Bench(), FakeSignOuts()
    async with watching(bench, sign_outs):
        await asyncio.sleep(5 * LOOK_EVERY_S)
        assert sign_outs.asked == []

        bench.connect()
        bench.connect(SECOND, OTHER_USER)
        await bench.say(type="ping", session_id=SESSION)
        await bench.say(SECOND, type="ping", session_id=SESSION)
        await until(lambda: sign_outs.asked, LOOK_EVERY_S)

    assert sign_outs.asked == [{USER, OTHER_USER}]


@in_virtual_time
@pytest.mark.parametrize(("every_s", "shortest_s"), [(60.0, LOOK_EVERY_S), (1.0, 1.0)])
async def test_looks_are_spread_and_never_further_apart(every_s: float, shortest_s: float) -> None:
    """Tasks that were started together do not ask together; a sweep that is more often takes this along."""
    bench, sign_outs = Bench(), FakeSignOuts()
    bench.connect()
    await bench.say(type="ping", session_id=SESSION)
    async with watching(bench, sign_outs, every_s):
        await asyncio.sleep(20 * shortest_s)

    assert 20 <= len(sign_outs.asked) <= 20 / (1 - JITTER) + 2


@in_virtual_time
async def test_a_new_owner_comes_to_the_same_answer() -> None:
    """When the session began is in its item: whoever takes it over after a crash seals it too."""
    first, sign_outs = Bench(), FakeSignOuts()
    first.connect()
    await first.start()
    await first.listening()
    await until(lambda: first.audio.ending_with(".pcm"))
    sign_out(sign_outs)
    first.directory.fence()
    second = Bench(task_id=TaskId("t2"), beside=first)

    meta = await second.sessions.find(SESSION)
    assert meta is not None
    await second.directory.routing.claim(meta)
    async with watching(second, sign_outs):
        await until(lambda: second.heard("stored"), SEALED_WITHIN_S)

    assert second.heard("stored")[0]["samples"] > 0
    await second.leave()
    await first.leave()
