"""A committed session is tidied up by whoever has it, and is somebody's work until that is done."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from contract.records import RecordingState, SessionState, TranscriptState
from contract.replies import Moved, Ready, Saved
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.aftermath import ANSWERS_FOR_S, RETRY_S
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.core.session import Session
from tests.streaming_task.core.scene import FIRST, LIMITS, PAGE, RATE, Scene, resume, start

COMPACTED = ev.Compacted(RecordingState.COMPACTED)
REFUSED = Ended(StreamEnd.UNAVAILABLE, "model")


def committed_elsewhere(**changes: object) -> Scene:
    """Put a session whose owner died after the commit on a stage of its own."""
    scene = Scene()
    meta = replace(
        scene.session.meta,
        epoch=2,
        state=SessionState.COMMITTED,
        end_offset=RATE,
        samples=RATE,
        sha256="hash",
        final_until=RATE,
        connection_id=FIRST,
        client=PAGE,
        transcript=TranscriptState.COMPLETE,
        transcription_id=9,
    )
    scene.session = Session(
        replace(meta, **changes),  # type: ignore[arg-type]
        LIMITS,
        0.0,
        Random(1),
        stored=[(0, RATE)],
    )
    scene.tell(ev.Tick())
    return scene


def committed_here(sha256: str | None = None) -> Scene:
    """Let a session without audio be committed by who owns it."""
    scene = Scene()
    scene.start()
    scene.stop(0, sha256)
    scene.tell(ev.StopStored())
    (seal,) = scene.of(do.Seal)
    scene.tell(ev.Sealed(0, seal.sha256 or "", ()))
    scene.tell(ev.Committed(7))
    return scene


def test_compaction_comes_first_and_nothing_is_left_after_it() -> None:
    """The session leaves the sweeper's list only when its parts are one recording."""
    scene = committed_here()
    assert list(scene.of(do.Finish)) == []

    scene.tell(COMPACTED)
    scene.wait(1.0)

    assert list(scene.of(do.Compact)) == [do.Compact(may_delete=True)]
    assert list(scene.of(do.Finish)) == [do.Finish()]


def test_another_task_compacts_what_the_owner_left_and_forgets_it_at_once() -> None:
    """The owner died between the record and the recording: nobody hears of it, and no text is made again."""
    scene = committed_elsewhere()

    scene.tell(COMPACTED)
    scene.tell(ev.Finished())

    assert [type(effect) for effect in scene.effects] == [do.Compact, do.Finish, do.Close]


def test_only_the_end_of_it_is_left_to_be_written() -> None:
    """The owner died after the parts had gone: they are not looked at again."""
    scene = committed_elsewhere(recording=RecordingState.KEPT)

    assert scene.effects == [do.Finish()]


def test_parts_the_client_contradicted_are_kept_by_every_owner() -> None:
    """What the client said of the audio outlives the task it said it to."""
    scene = committed_elsewhere(client_sha256="other")

    assert scene.effects == [do.Compact(may_delete=False)]


def test_who_asks_meanwhile_hears_what_was_said_before() -> None:
    """A `start` and a `resume` are answered by `saved`, as the store would answer them."""
    scene = committed_elsewhere()

    scene.message(resume())
    scene.message(start())

    assert scene.said_of(Moved) == []
    assert len(scene.said_of(Ready)) == 1
    (reading,) = scene.of(do.SendFinals)
    saved = [*reading.then, *scene.said_of(Saved)]
    assert [(said.transcription_id, said.samples) for said in saved if isinstance(said, Saved)] == [
        (9, RATE)
    ] * 2


@pytest.mark.parametrize("done", [[], [COMPACTED]], ids=["compacting", "finishing"])
def test_a_step_that_fails_here_is_taken_again(done: list[ev.Event]) -> None:
    """A bad minute of the store costs attempts, five seconds apart."""
    scene = committed_here()
    for event in done:
        scene.tell(event)
    kind = do.Finish if done else do.Compact

    scene.tell(ev.TidyFailed())
    scene.wait(RETRY_S - 0.1)
    early = len(list(scene.of(kind)))
    scene.wait(0.1)

    assert (early, len(list(scene.of(kind)))) == (1, 2)


def test_a_step_that_goes_on_failing_is_left_to_the_next_sweep() -> None:
    """The session is forgotten when its client asks no more, and stays somebody's work."""
    scene = committed_here()

    for _ in range(round(ANSWERS_FOR_S / RETRY_S)):
        scene.tell(ev.TidyFailed())
        scene.wait(RETRY_S)
    scene.tell(ev.TidyFailed())

    assert scene.effects[-1] == do.Close()
    assert list(scene.of(do.Finish)) == []


def test_who_only_came_to_tidy_up_leaves_a_failure_to_the_next_sweep() -> None:
    """There is no client to stay for."""
    scene = committed_elsewhere()

    scene.tell(ev.TidyFailed())

    assert scene.effects[-1] == do.Close()


def test_a_session_is_not_forgotten_while_its_parts_are_at_work() -> None:
    """Compaction waits its turn, for longer than a client asks; what it did must be written down."""
    scene = committed_here()
    scene.wait(2 * ANSWERS_FOR_S)
    assert list(scene.of(do.Close)) == []

    scene.tell(COMPACTED)
    scene.tell(ev.Finished())

    assert scene.effects[-1] == do.Close()


def test_a_pending_transcript_keeps_the_session_unfinished() -> None:
    """Its parts are one recording by then, out of which the text is made."""
    scene = committed_elsewhere(final_until=0, transcript=TranscriptState.PENDING)
    scene.tell(COMPACTED)
    scene.tell(ev.StreamEnded(0, REFUSED))
    scene.wait(60.0)
    scene.tell(ev.StreamEnded(0, REFUSED))

    assert list(scene.of(do.Compact)) == [do.Compact(may_delete=True)]
    assert list(scene.of(do.Finish)) == []
    assert scene.effects[-1] == do.Close()


def test_a_completion_whose_record_fails_is_tried_again() -> None:
    """The database was away just then: the text has come, and the row must say so."""
    scene = committed_elsewhere(
        final_until=RATE, transcript=TranscriptState.PENDING, recording=RecordingState.COMPACTED
    )
    assert list(scene.of(do.Commit)) == [do.Commit(TranscriptState.COMPLETE)]
    scene.tell(ev.StepFailed())
    said = scene.session.handle(ev.MessageTaken(FIRST, 1e12, start()), scene.now, scene.wall)
    saved = [e.message for e in said if isinstance(e, do.Send) and isinstance(e.message, Saved)]
    assert [message.transcript for message in saved] == [TranscriptState.PENDING]

    scene.wait(LIMITS.commit_retry_s)
    scene.tell(ev.Committed(9))

    assert list(scene.of(do.Commit)) == [do.Commit(TranscriptState.COMPLETE)] * 2
    assert list(scene.of(do.Finish)) == [do.Finish()]


def test_a_transcript_that_was_given_up_is_so_in_the_record_too() -> None:
    """After a day nobody listens any more: no stream is opened, the row says it, the session is finished."""
    scene = committed_elsewhere(final_until=0, transcript=TranscriptState.INCOMPLETE)
    scene.tell(COMPACTED)

    scene.tell(ev.Committed(9))

    assert list(scene.of(do.OpenStream)) == []
    assert list(scene.of(do.Commit)) == [do.Commit(TranscriptState.INCOMPLETE)]
    assert list(scene.of(do.Finish)) == [do.Finish()]


def test_a_leaving_task_does_not_wait_for_compaction() -> None:
    """Whoever claims the session goes on with its parts; two may do so at once."""
    scene = committed_here()

    scene.tell(ev.Leaving())

    assert isinstance(scene.effects[-1], do.Release)
