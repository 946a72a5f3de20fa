"""A session begins once, and only where there is room for it."""

from __future__ import annotations

from contract.records import session_id_for
from tests.fakes.virtual_time import in_virtual_time, settled, until
from tests.streaming_task.bench import (
    FIRST,
    OTHER_REQUEST,
    REQUEST,
    SECOND,
    SESSION,
    Bench,
    start_message,
)


@in_virtual_time
async def test_concurrent_repeats_of_one_start_make_one_session() -> None:
    """Every repeat is answered, over whichever connection it came, and there is one runner and one write."""
    bench = Bench()
    bench.connect()
    bench.connect(SECOND)
    bench.sessions.creates.hold()
    for connection_id in (FIRST, SECOND, FIRST):
        await bench.say(connection_id, **start_message())
    await settled()

    bench.sessions.creates.release()
    await until(lambda: len(bench.heard("ready")) == 2 and bench.heard("ready", SECOND))

    assert bench.directory.active == 1
    assert bench.sessions.creates.calls == 1
    assert not bench.directory._opening
    await bench.leave()


@in_virtual_time
async def test_a_start_that_fails_is_opened_by_its_repeat() -> None:
    """An unknown outcome is told as one's own fault, and the same start later finds what it made."""
    bench = Bench()
    bench.connect()
    bench.sessions.creates.lose()
    await bench.start()

    await bench.start()

    (error,) = bench.heard("error")
    assert (error["code"], error["ref"], error["retryable"], error["retry_after_s"]) == (
        "internal",
        REQUEST,
        True,
        1.0,
    )
    assert bench.heard("ready")
    assert bench.directory.active == 1
    await bench.leave()


@in_virtual_time
async def test_a_full_task_says_when_to_come_back() -> None:
    """`busy` with a time, the running session unharmed, and no trace of the one that was turned away."""
    bench = Bench(max_sessions=1)
    bench.connect()
    await bench.start()

    await bench.start(request_id=OTHER_REQUEST)

    (error,) = bench.heard("error")
    assert (error["code"], error["retryable"], error["retry_after_s"]) == ("busy", True, 5.0)
    assert list(bench.sessions.metas) == [SESSION]
    assert bench.directory.active == 1
    await bench.leave()


@in_virtual_time
async def test_the_repeats_of_a_start_that_found_no_room_find_none_either() -> None:
    """A repeat does not take a place that its first never had."""
    bench = Bench(max_sessions=1)
    bench.connect()
    await bench.start()
    bench.sessions.finds.hold()
    for _ in range(2):
        await bench.say(**start_message(request_id=OTHER_REQUEST))
    await settled()

    bench.sessions.finds.release()
    await until(lambda: len(bench.heard("error")) == 2)

    assert [error["code"] for error in bench.heard("error")] == ["busy", "busy"]
    assert bench.directory.active == 1
    await bench.leave()


@in_virtual_time
async def test_sessions_that_are_being_opened_count_against_the_room() -> None:
    """Two different starts at once cannot both have the last place."""
    bench = Bench(max_sessions=1)
    bench.connect()
    bench.sessions.creates.hold()
    await bench.say(**start_message())
    await settled()
    await bench.say(**start_message(request_id=OTHER_REQUEST))
    await until(lambda: bench.heard("error"))

    bench.sessions.creates.release()
    await until(lambda: bench.heard("ready"))

    assert [error["code"] for error in bench.heard("error")] == ["busy"]
    assert bench.directory.room == 0
    await bench.leave()


@in_virtual_time
async def test_two_users_with_one_request_id_have_two_sessions() -> None:
    """The session's id is made of the user's, so a request id that is guessed opens nothing of anyone's."""
    bench = Bench()
    bench.connect()
    bench.connect(SECOND, user_id="u2")

    await bench.start()
    await bench.start(SECOND)

    assert {ready["session_id"] for ready in bench.heard("ready") + bench.heard("ready", SECOND)} == {
        session_id_for("u1", REQUEST),
        session_id_for("u2", REQUEST),
    }
    await bench.leave()
