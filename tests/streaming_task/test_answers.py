"""Who asks after a session that is over hears what was said of it, and of no one else's."""

from __future__ import annotations

from typing import Any

import pytest

from contract.records import SessionState, TranscriptState
from contract.replies import Final
from tests.fakes.virtual_time import in_virtual_time, settled, until
from tests.streaming_task.bench import (
    FIRST,
    RATE_HZ,
    SESSION,
    Bench,
    audio_message,
    final_result,
    open_meta,
    resume_message,
    start_message,
)

STOP = {"type": "stop", "session_id": SESSION, "end_offset": None, "sha256": None}


def committed_bench(finals: int = 2) -> Bench:
    """Make a task whose store holds a finished session that is not live in it."""
    bench = Bench()
    bench.connect()
    bench.sessions.metas[SESSION] = open_meta(
        state=SessionState.COMMITTED,
        owner=None,
        epoch=3,
        segments=finals,
        samples=RATE_HZ,
        sha256="a" * 64,
        gaps=((1, 2),),
        transcript=TranscriptState.COMPLETE,
        transcription_id=7,
    )
    bench.finals.stored[SESSION] = [Final(n, 0, 1, "text", 0, None, (), ()) for n in range(finals)]
    return bench


async def heard_after(bench: Bench, message: dict[str, Any]) -> list[str]:
    await bench.say(**message)
    await until(bench.heard, within_s=60.0)
    await bench.pushes.drained(FIRST)
    await settled()
    return [f"{said['type']}{said.get('segment', '')}" for said in bench.heard()]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (start_message(), ["saved"]),
        (STOP, ["saved"]),
        (audio_message(0, b"\x01\x02"), ["saved"]),
        (resume_message(-1), ["ready", "final0", "final1", "saved"]),
        (resume_message(0), ["ready", "final1", "saved"]),
        (resume_message(1), ["ready", "saved"]),
    ],
    ids=["start", "stop", "audio", "resume", "resume in the middle", "resume at the end"],
)
def test_a_committed_session_answers_for_a_day(message: dict[str, Any], expected: list[str]) -> None:
    """Whatever a client missed of the end it can still have, from any task."""

    @in_virtual_time
    async def ask() -> None:
        bench = committed_bench()

        assert await heard_after(bench, message) == expected
        (*_, saved) = bench.heard()
        assert (saved["epoch"], saved["transcription_id"], saved["samples"]) == (3, 7, RATE_HZ)
        assert (saved["sha256"], saved["segments"], saved["gaps"]) == ("a" * 64, 2, [[1, 2]])

    ask()


@in_virtual_time
async def test_a_long_session_is_told_whole() -> None:
    """A reopened page asks once, and hears every final of half an hour and the end."""
    bench = committed_bench(finals=700)

    heard = await heard_after(bench, resume_message())

    assert heard == ["ready", *(f"final{n}" for n in range(700)), "saved"]


@pytest.mark.parametrize("kind", ["pause", "ping"])
def test_what_has_no_answer_gets_none(kind: str) -> None:
    """`pause` and `ping` on a finished session are nothing to talk about."""

    @in_virtual_time
    async def ask() -> None:
        bench = committed_bench()

        await bench.say(type=kind, session_id=SESSION)
        await settled()

        assert not bench.heard()

    ask()


@pytest.mark.parametrize("failing", ["the session", "its finals"])
def test_a_store_that_does_not_answer_is_told_as_ours(failing: str) -> None:
    """The client is told to try again, by the reference of its message, and nothing half-said."""

    @in_virtual_time
    async def ask() -> None:
        bench = committed_bench()
        (bench.sessions.finds if failing == "the session" else bench.finals.reads).fail()

        heard = await heard_after(bench, resume_message() | {"id": "m1"})

        assert heard == ["error"]
        (error,) = bench.heard()
        assert (error["code"], error["ref"], error["retryable"], error["retry_after_s"]) == (
            "internal",
            "m1",
            True,
            1.0,
        )

    ask()


# -- a session that lives -----------------------------------------------------------------------------------


@in_virtual_time
async def test_a_dictation_becomes_a_record() -> None:
    """Audio in, text out, stop: parts, manifest, recording, row; the client hears it in order."""
    bench = Bench()
    bench.connect()
    await bench.start()
    stream = await bench.listening()
    stream.say(final_result("hello"))
    await until(lambda: bench.heard("final"))

    await bench.stopped()
    await until(lambda: bench.audio.ending_with(".flac"))
    await until(lambda: not bench.audio.ending_with(".pcm"))

    kinds = [said["type"] for said in bench.heard()]
    assert kinds.index("ready") < kinds.index("final") < kinds.index("stored") < kinds.index("saved")
    (saved,) = bench.heard("saved")
    assert (saved["samples"], saved["segments"], saved["transcript"]) == (RATE_HZ, 1, "complete")
    row = bench.records.rows[SESSION]
    assert (row.text, row.samples, row.sha256) == ("hello", RATE_HZ, saved["sha256"])
    assert len(bench.audio.ending_with("manifest.json")) == 1
    await bench.leave()


@in_virtual_time
async def test_a_final_is_never_said_before_it_is_stored() -> None:
    """What a client has seen no crash can take back: the store first, the page second."""
    bench = Bench()
    bench.connect()
    await bench.start()
    stream = await bench.listening()
    bench.finals.appends.hold()
    stream.say(final_result())
    await until(lambda: bench.finals.appends.calls)
    await settled()
    heard_before = bench.heard("final")
    bench.finals.appends.lose(2)
    bench.finals.appends.release()

    await until(lambda: bench.heard("final"))

    assert not heard_before
    assert bench.finals.appends.calls == 3
    assert [final.text for final in bench.finals.stored[SESSION]] == ["hello"]
    assert len(bench.heard("final")) == 1
    await bench.leave()


@in_virtual_time
async def test_a_resume_hears_the_stored_finals_before_newer_ones() -> None:
    """The page that comes back reads its text in order, however slow the store is."""
    bench = Bench()
    bench.connect()
    bench.connect("second")
    await bench.start()
    stream = await bench.listening()
    stream.say(final_result("one", 0.0, 0.4))
    await until(lambda: bench.heard("final"))
    bench.finals.reads.hold()
    await bench.say("second", **resume_message())
    stream.say(final_result("two", 0.4, 0.8))
    await until(lambda: len(bench.finals.stored[SESSION]) == 2)

    bench.finals.reads.release()
    await until(lambda: len(bench.heard("final", "second")) == 2)

    heard = bench.heard(connection_id="second")
    assert heard[0]["type"] == "ready"
    assert [said["text"] for said in heard if said["type"] == "final"] == ["one", "two"]
    await bench.leave()


@in_virtual_time
async def test_a_database_that_is_away_costs_only_time() -> None:
    """`stored` as always; `saved` follows when PostgreSQL answers, and there is one row."""
    bench = Bench()
    bench.connect()
    await bench.start()
    await bench.listening()
    bench.records.commits.fail()
    bench.records.commits.lose()
    await bench.say(**STOP)
    await until(lambda: bench.heard("stored"))
    heard_saved_at_once = bench.heard("saved")

    await until(lambda: bench.heard("saved"))

    assert not heard_saved_at_once
    assert len(bench.records.rows) == 1
    await bench.leave()
