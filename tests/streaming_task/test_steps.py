"""One effect, its answer, and its failures: a step is tried until it has one, and told once."""

from __future__ import annotations

import asyncio

import pytest

from contract.records import (
    COMMITTED_KEPT_S,
    RecordingState,
    RecordStatus,
    SessionState,
    TranscriptState,
)
from contract.replies import Final
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.ownership import SessionChanges
from streaming_task.ports import Diverged, Fenced, Unavailable
from streaming_task.runner import READ_RETRY_S
from tests.fakes.virtual_time import in_virtual_time, settled, until
from tests.streaming_task.bench import FIRST, SESSION
from tests.streaming_task.play import DEFECT, PUT, Play

FINAL = Final(0, 0, 1000, "hello", 0, None, (), ())
STORE = do.StoreFinal(0, 16_000, FINAL)
STOP = do.WriteStop(1, None)
SEAL = do.Seal(1, (), "0" * 64)
COMMIT = do.Commit(TranscriptState.COMPLETE)


@pytest.mark.parametrize(
    ("effect", "done", "failed"),
    [
        (PUT, ev.PartStored(0, 1), ev.PartFailed(0, 1)),
        (do.ListParts(), ev.PartsListed(()), ev.PartsListed(None)),
        (STORE, ev.FinalStored(), ev.FinalFailed()),
        (STOP, ev.StopStored(), ev.StepFailed()),
        (SEAL, ev.Sealed(1, "0" * 64, ()), ev.StepFailed()),
        (COMMIT, ev.Committed(1), ev.StepFailed()),
    ],
    ids=["part", "list", "final", "stop", "seal", "commit"],
)
@pytest.mark.parametrize("kind", ["done", "unavailable", "broken"])
def test_every_step_is_answered_once(effect: do.Effect, done: ev.Event, failed: ev.Event, kind: str) -> None:
    """Done, failed, or broken by a defect: the session hears of it, or it would wait for ever."""

    @in_virtual_time
    async def perform() -> None:
        play = Play()
        bench = play.bench
        doors = {
            do.PutPart: bench.audio.puts,
            do.ListParts: bench.audio.lists,
            do.StoreFinal: bench.finals.appends,
            do.WriteStop: bench.sessions.updates,
            do.Seal: bench.audio.lists,
            do.Commit: bench.records.commits,
        }
        if kind != "done":
            doors[type(effect)].fail(Unavailable("Faked") if kind == "unavailable" else DEFECT)

        told = await play.perform(effect)

        assert told == [done if kind == "done" else failed]

    perform()


@pytest.mark.parametrize(
    ("error", "event"),
    [(Fenced("epoch"), ev.OwnershipLost()), (Diverged("final_until"), ev.Diverged())],
    ids=["fenced", "diverged"],
)
def test_a_refused_write_is_not_tried_again(error: Exception, event: ev.Event) -> None:
    """Whoever has the newer epoch goes on; or, under our own, what the store says is read again."""

    @in_virtual_time
    async def perform() -> None:
        play = Play()
        play.bench.finals.appends.fail(error)

        told = await play.perform(STORE)

        assert told == [event]

    perform()


@in_virtual_time
async def test_a_write_whose_answer_was_lost_is_safe_to_repeat() -> None:
    """The same part under the same key, the same final in the same place."""
    play = Play()
    play.bench.audio.puts.lose()
    play.bench.records.commits.lose()
    await play.perform(PUT, SEAL)
    await play.perform(COMMIT)

    told = await play.perform(PUT, COMMIT)

    assert told == [ev.PartStored(0, 1), ev.Committed(1)]
    assert len(play.bench.audio.ending_with(".pcm")) == 1
    assert len(play.bench.records.rows) == 1


@in_virtual_time
async def test_a_committed_row_is_what_was_sealed_and_said() -> None:
    """The record has the samples, the hash and the gaps of the seal, and the stored finals as its text."""
    play = Play()
    await play.perform(STORE)
    await play.perform(do.Seal(7, ((3, 5),), "f" * 64))

    await play.perform(COMMIT)

    row = play.bench.records.rows[SESSION]
    assert (row.status, row.text, row.transcript) == (
        RecordStatus.COMPLETED,
        "hello",
        TranscriptState.COMPLETE,
    )
    assert (row.samples, row.sha256, row.gaps) == (7, "f" * 64, ((3, 5),))
    meta = play.bench.sessions.metas[SESSION]
    assert (meta.state, meta.samples, meta.transcription_id) == (SessionState.COMMITTED, 7, 1)


@in_virtual_time
async def test_the_row_begins_when_the_database_answers_and_is_waited_for_by_no_one() -> None:
    """PostgreSQL is needed to finish, never to speak."""
    play = Play()
    play.bench.records.begins.fail()

    told_of_failure = await play.perform(do.BeginRecord())
    await play.perform(do.BeginRecord())

    assert told_of_failure == [ev.Tick()]
    assert play.bench.records.rows[SESSION].status is RecordStatus.IN_PROGRESS


@in_virtual_time
async def test_attaching_is_written_down() -> None:
    """Whoever owns the session next knows where its client is."""
    play = Play()

    await play.perform(do.Note(SessionChanges(connection_id=FIRST, client="page")))

    assert play.bench.sessions.metas[SESSION].connection_id == FIRST


@in_virtual_time
async def test_stored_audio_that_cannot_be_read_is_not_asked_for_at_once() -> None:
    """A store in trouble is given a second between the attempts."""
    play = Play()
    await play.perform(do.PutPart(0, 2, b"\x01\x02\x03\x04"))
    play.bench.audio.lists.fail()
    await play.perform(do.ReadAudio(0, 2))
    told_at_once = list(play.script.told)

    await asyncio.sleep(READ_RETRY_S)
    await settled()
    told_later = play.script.told[len(told_at_once) :]
    told_then = await play.perform(do.ReadAudio(0, 2))

    assert told_later == [ev.AudioRead(0, b"")]
    assert told_then == [ev.AudioRead(0, b"\x01\x02\x03\x04")]


@in_virtual_time
async def test_parts_that_had_to_be_kept_are_counted() -> None:
    """An operator sees that a recording could not take the place of its parts."""
    play = Play()
    await play.perform(PUT)
    await play.perform(SEAL)

    await play.perform(do.Compact(may_delete=True))
    await until(lambda: "PartsKept" in play.bench.reports)

    assert play.bench.audio.ending_with(".pcm")
    assert play.script.told[-1] == ev.Compacted(RecordingState.KEPT)
    assert play.bench.sessions.metas[SESSION].recording is RecordingState.KEPT


@in_virtual_time
async def test_a_session_is_finished_only_when_its_finals_have_an_end() -> None:
    """Once it is, nobody looks for it again: finals without an end would stay for ever."""
    play = Play()
    play.bench.finals.expires.fail()
    told_first = await play.perform(do.Finish())
    was_finished = play.bench.sessions.metas[SESSION].is_finished

    told = await play.perform(do.Finish())

    assert (told_first, was_finished) == ([ev.TidyFailed()], False)
    assert told == [ev.Finished()]
    assert play.bench.sessions.metas[SESSION].is_finished
    assert play.bench.finals.expiries == {SESSION: COMMITTED_KEPT_S}
