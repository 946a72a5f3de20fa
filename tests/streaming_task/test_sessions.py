"""Who speaks, to which session, and what becomes of it, in a world that fails now and then."""

from __future__ import annotations

import asyncio
import json

import pytest

from contract.records import SessionState, session_id_for
from contract.wire import MESSAGE_BURST
from streaming_task.known import FORGET_AFTER_S
from streaming_task.ports import Diverged, Fenced, Unavailable
from streaming_task.sessions import TAKEN, TRY_AGAIN, UNKNOWN_CONNECTION
from tests.fakes.virtual_time import in_virtual_time, settled, until
from tests.streaming_task.bench import (
    FIRST,
    OTHER_REQUEST,
    SECOND,
    SESSION,
    USER,
    Bench,
    audio_message,
    final_result,
    open_meta,
    resume_message,
    start_message,
)


@in_virtual_time
async def test_a_connection_is_looked_up_once() -> None:
    """Forty messages a second cost one read: who it is does not change while it is open."""
    bench = Bench()
    bench.connect()

    statuses = [await bench.say(type="ping", session_id=SESSION) for _ in range(3)]

    assert statuses == [TAKEN] * 3
    assert bench.connections.finds.calls == 1


@in_virtual_time
async def test_messages_that_come_together_share_one_look_up() -> None:
    """A browser sends its first messages at once; they are taken in the order they came in."""
    bench = Bench()
    bench.connect()
    bench.connections.finds.hold()
    saying = [asyncio.create_task(bench.say(**start_message(id=f"m{number}"))) for number in range(3)]
    await settled()

    bench.connections.finds.release()
    statuses = await asyncio.gather(*saying)
    await until(lambda: len(bench.heard("ready")) == 3)

    assert statuses == [TAKEN] * 3
    assert bench.connections.finds.calls == 1
    assert [ready["ref"] for ready in bench.heard("ready")] == ["m0", "m1", "m2"]
    await bench.leave()


@in_virtual_time
async def test_an_unknown_connection_is_refused() -> None:
    """Nobody who did not come through the connect Lambda is listened to, and nothing is kept of them."""
    bench = Bench()

    status = await bench.say(**start_message())

    assert status == UNKNOWN_CONNECTION
    assert not bench.sessions.metas
    assert not bench.directory.known


@in_virtual_time
async def test_a_look_up_that_fails_is_tried_again_at_the_next_message() -> None:
    """The store's bad second costs the client one repeated message."""
    bench = Bench()
    bench.connect()
    bench.connections.finds.fail(Unavailable("Throttled"))

    first = await bench.say(type="ping", session_id=SESSION)
    second = await bench.say(type="ping", session_id=SESSION)

    assert (first, second) == (TRY_AGAIN, TAKEN)


@in_virtual_time
async def test_a_flood_is_refused_but_not_answered_with_a_flood() -> None:
    """Beyond the rate nothing is taken, and few of the refusals are said."""
    bench = Bench()
    bench.connect()

    for _ in range(MESSAGE_BURST + 50):
        await bench.say(type="nonsense")
    await settled()

    codes = [error["code"] for error in bench.heard("error")]
    assert codes.count("bad_message") == MESSAGE_BURST
    assert codes.count("rate_limited") == 1


@in_virtual_time
async def test_a_flood_learns_which_message_was_too_much() -> None:
    """The refusal names it and its session, though it was not taken in."""
    bench = Bench()
    bench.connect()
    await bench.start()

    for number in range(MESSAGE_BURST):
        await bench.say(type="ping", session_id=SESSION, id=f"ping {number}")
    await settled()

    (error,) = bench.heard("error")
    assert (error["code"], error["ref"]) == ("rate_limited", f"ping {MESSAGE_BURST - 1}")
    assert (error["session_id"], error["epoch"]) == (SESSION, 1)
    await bench.leave()


@in_virtual_time
async def test_a_refusal_answers_only_the_connection_that_asked() -> None:
    """The attached page hears nothing of another page's mistakes."""
    bench = Bench()
    bench.connect()
    bench.connect(SECOND)
    await bench.start()

    await bench.say(SECOND, **audio_message(0, b"\x01\x02", crc32=1, id="bad"))
    await bench.say(SECOND, **audio_message(0, b"\x01\x02\x03", id="odd"))
    await settled()

    refused = [(error["ref"], error["session_id"]) for error in bench.heard("error", SECOND)]
    assert refused == [("bad", SESSION), ("odd", SESSION)]
    assert not bench.heard("error", FIRST)
    await bench.leave()


@pytest.mark.parametrize(
    "message",
    [audio_message(0, b"\x01\x02"), resume_message(), {"type": "pause", "session_id": SESSION}],
    ids=["audio", "resume", "pause"],
)
@pytest.mark.parametrize("is_live", [True, False], ids=["live", "stored"])
def test_anothers_session_is_as_absent_as_one_that_never_was(
    message: dict[str, object], is_live: bool
) -> None:
    """The same answer after the same one read: a stranger learns not even that it exists."""

    @in_virtual_time
    async def ask() -> None:
        bench = Bench()
        bench.connect()
        bench.connect(SECOND, user_id="u2")
        if is_live:
            await bench.start()
        else:
            bench.sessions.metas[SESSION] = open_meta()
        reads: list[int] = []
        for session_id in (SESSION, session_id_for(USER, OTHER_REQUEST)):
            before = bench.sessions.finds.calls
            await bench.say(SECOND, **message | {"session_id": session_id, "id": "m1"})
            await settled()
            reads.append(bench.sessions.finds.calls - before)

        foreign, absent = bench.heard(connection_id=SECOND)
        assert foreign == absent
        assert (foreign["code"], foreign["session_id"], foreign["ref"]) == ("not_found", None, "m1")
        assert reads == [1, 1]
        await bench.leave()

    ask()


@in_virtual_time
async def test_renewing_lengthens_what_the_connection_may() -> None:
    """A good ticket is spent once and answered; a bad one leaves everything as it was."""
    bench = Bench()
    bench.connect()
    bench.connections.tickets["good"] = USER

    await bench.say(type="renew", ticket="good", id="r1")
    await settled()
    await bench.say(type="renew", ticket="bad", id="r2")
    await settled()
    bench.connections.renewals.fail()
    await bench.say(type="renew", ticket="good", id="r3")
    await settled()

    renewed, refused, failed = bench.heard()
    assert (renewed["type"], renewed["ref"]) == ("renewed", "r1")
    assert 7100 <= renewed["expires_in_s"] <= 7200
    assert (refused["code"], refused["ref"]) == ("auth_expired", "r2")
    assert (failed["code"], failed["ref"]) == ("internal", "r3")


@in_virtual_time
async def test_a_connection_long_silent_is_forgotten_and_met_again() -> None:
    """What is known of connections does not grow with the day; a forgotten one is looked up again."""
    bench = Bench()
    bench.connect()
    await bench.say(type="ping", session_id=SESSION)
    await asyncio.sleep(FORGET_AFTER_S)

    bench.directory.forget_the_silent()
    is_known = bool(bench.directory.known)
    status = await bench.say(type="ping", session_id=SESSION)

    assert not is_known
    assert status == TAKEN
    assert bench.connections.finds.calls == 2


@in_virtual_time
async def test_a_finished_session_leaves_nothing_behind() -> None:
    """A minute after the record is written the task has forgotten the session, its timers and its tasks."""
    bench = Bench()
    bench.connect()
    await bench.start()
    await bench.listening()
    await bench.stopped()

    await until(lambda: not bench.directory._runners)
    await until(lambda: not bench.directory._closing)

    assert bench.directory.active == 0
    assert len(asyncio.all_tasks()) == 1
    assert bench.sessions.metas[SESSION].state is SessionState.COMMITTED


@in_virtual_time
async def test_a_session_lost_to_another_owner_is_closed_once() -> None:
    """The first refused write ends the runner; those that were under way end with it."""
    bench = Bench()
    bench.connect()
    await bench.start()
    bench.sessions.updates.fail(Fenced("epoch"), Fenced("epoch"))

    for _ in range(2):
        await bench.say(**resume_message())
    await until(lambda: not bench.directory._runners)
    await until(lambda: not bench.directory._closing)

    assert bench.reports.count("OwnershipLost") == 1


@in_virtual_time
async def test_a_session_whose_store_says_other_than_its_owner_is_read_anew_at_once() -> None:
    """Text is where the store says it is: the same task goes on from there, and no word is numbered twice."""
    bench = Bench()
    bench.connect()
    await bench.start()
    stream = await bench.listening()
    bench.finals.appends.fail(Diverged("final_until"))
    stream.say(final_result())

    await until(lambda: bench.sessions.metas[SESSION].epoch == 2, within_s=1.0)

    (runner,) = bench.directory._runners.values()
    assert runner.session.meta.epoch == 2
    assert bench.heard("moved")
    assert "OwnershipLost" not in bench.reports
    await bench.leave()


@in_virtual_time
async def test_words_of_no_message_are_answered_without_a_session() -> None:
    """Bytes that are no JSON at all are refused like any other bad message."""
    bench = Bench()
    bench.connect()
    await bench.say(type="ping", session_id=SESSION)
    await settled()

    status = bench.directory.message(FIRST, b"\xff\xfe")
    await settled()

    assert status == TAKEN
    assert json.loads(bench.gateway.said_to(FIRST)[-1])["code"] == "bad_message"
