"""A session from its start to its record, and what it answers on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from contract.records import RecordingState, SessionState, TranscriptState
from contract.replies import Ack, Error, Final, Ready, Saved, Stored
from contract.wire import Code, Pause, Refusal, Stop
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.results import Ended, RecognisedItem, RecognisedResult, StreamEnd
from tests.streaming_task.core.scene import (
    FIRST,
    OTHER_PAGE,
    PAGE,
    RATE,
    SECOND,
    Scene,
    every_message,
    open_scene,
    resume,
)

WORD = RecognisedItem("hello", "word", 0.0, 1.0, 0.9, None)
RESULT = RecognisedResult("r", False, 0.0, 1.0, "hello", (WORD,), ())
CLEAN = Ended(StreamEnd.CLEAN, "")


def stored_scene(seconds: int = 1, sha256: str | None = None) -> Scene:
    """Everything is in the store, nothing is sealed."""
    scene = open_scene()
    scene.audio(0, seconds * RATE)
    scene.open_stream()
    scene.stop(seconds * RATE, sha256)
    scene.store_parts()
    return scene


def sealed_scene() -> Scene:
    scene = stored_scene()
    scene.tell(ev.StopStored())
    (seal,) = scene.of(do.Seal)
    scene.tell(ev.Sealed(seal.end, seal.sha256 or "", seal.gaps))
    return scene


def committed_scene(sha256: str | None = None) -> Scene:
    scene = stored_scene(sha256=sha256)
    scene.tell(ev.StopStored())
    (seal,) = scene.of(do.Seal)
    scene.tell(ev.Sealed(seal.end, seal.sha256 or "", seal.gaps))
    scene.tell(ev.StreamResults(0, (RESULT,)))
    scene.tell(ev.FinalStored())
    scene.tell(ev.StreamEnded(0, CLEAN))
    scene.tell(ev.Committed(7))
    return scene


STAGES: dict[SessionState, Callable[[], Scene]] = {
    SessionState.OPEN: open_scene,
    SessionState.STOPPING: stored_scene,
    SessionState.SEALED: sealed_scene,
    SessionState.COMMITTED: committed_scene,
}

# What each message is answered with, at once, in each state. None: nothing.
ANSWERS: dict[SessionState, list[type | None]] = {
    SessionState.OPEN: [Ready, None, Ready, None, Stored, None],  # no audio: all of it is stored
    SessionState.STOPPING: [Ready, Stored, Ready, None, Stored, None],
    SessionState.SEALED: [Ready, Stored, Ready, None, Stored, None],
    SessionState.COMMITTED: [Saved, Saved, Ready, None, Saved, None],
}


@pytest.mark.parametrize("state", list(STAGES))
@pytest.mark.parametrize("index", range(6))
def test_every_message_in_every_state(state: SessionState, index: int) -> None:
    """The table at the top of the module, walked."""
    scene = STAGES[state]()
    assert scene.session.state is state
    before = len(scene.said(FIRST))

    scene.message(every_message()[index])

    answers = [type(said) for said in scene.said(FIRST)[before:] if isinstance(said, Ready | Stored | Saved)]
    expected = ANSWERS[state][index]
    assert answers[:1] == ([] if expected is None else [expected])


def test_a_whole_session_ends_in_one_record() -> None:
    """Audio is stored, text is stored and said, the record names both."""
    scene = committed_scene()

    assert scene.said_of(Final) == [Final(0, 0, 1000, "hello", 0, None, scene.said_of(Final)[0].items, ())]
    (saved,) = scene.said_of(Saved)
    digest = hashlib.sha256(b"\x01\x00" * RATE).hexdigest()
    assert saved == Saved(7, RATE, digest, 1, (), TranscriptState.COMPLETE)
    assert [type(e) for e in scene.effects if isinstance(e, do.BeginRecord | do.Commit | do.Compact)] == [
        do.BeginRecord,
        do.Commit,
        do.Compact,
    ]


def test_stored_comes_before_the_drain() -> None:
    """The client may leave as soon as every sample is safe, whatever the recogniser does."""
    scene = stored_scene()

    assert [said.samples for said in scene.said_of(Stored)] == [RATE]
    assert list(scene.of(do.Commit)) == []


def test_a_final_is_said_only_once_it_is_stored() -> None:
    """What a doctor has read is in the store."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.open_stream()

    scene.tell(ev.StreamResults(0, (RESULT,)))
    assert scene.said_of(Final) == []
    assert len(list(scene.of(do.StoreFinal))) == 1
    scene.tell(ev.FinalStored())

    assert [final.text for final in scene.said_of(Final)] == ["hello"]


def test_a_hash_that_differs_keeps_the_parts() -> None:
    """Somebody is wrong about the audio: nothing is deleted until a person has looked."""
    scene = committed_scene(sha256="0" * 64)

    assert list(scene.of(do.Compact)) == [do.Compact(may_delete=False)]
    assert do.Report("HashMismatches") in scene.effects


def test_nothing_heard_gives_a_pending_transcript_after_two_attempts() -> None:
    """The record does not wait for ever; the text can follow."""
    scene = sealed_scene()
    scene.tell(ev.StreamEnded(0, Ended(StreamEnd.RESET, "reset")))
    scene.wait(10.0)
    scene.tell(ev.StreamEnded(1, Ended(StreamEnd.UNAVAILABLE, "x")))

    assert list(scene.of(do.Commit)) == [do.Commit(TranscriptState.PENDING)]


def test_steps_of_the_end_are_repeated_until_they_are_taken() -> None:
    """An unknown outcome is settled by asking again."""
    scene = stored_scene()
    scene.tell(ev.StepFailed())
    scene.wait(1.0)
    assert len(list(scene.of(do.WriteStop))) == 2
    scene.tell(ev.StopStored())
    scene.tell(ev.StepFailed())
    scene.wait(1.0)
    assert len(list(scene.of(do.Seal))) == 2
    scene.tell(ev.Sealed(RATE, "x", ()))
    scene.tell(ev.StreamEnded(0, CLEAN))
    scene.tell(ev.FinalStored())
    for attempts, wait_s in enumerate((1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0), start=1):
        scene.tell(ev.StepFailed())
        scene.wait(wait_s - 0.1)
        assert len(list(scene.of(do.Commit))) == attempts
        scene.wait(0.1)

    assert len(list(scene.of(do.Commit))) == 9


def test_another_page_takes_over_and_the_first_hears_of_it() -> None:
    """Two pages must not record into one session."""
    scene = open_scene()
    scene.message(resume(OTHER_PAGE), SECOND)

    assert [error.code for error in scene.said_of(Error, FIRST)] == [Code.SUPERSEDED]
    with pytest.raises(Refusal) as caught:
        scene.audio(0, 10, FIRST)
    assert caught.value.code is Code.SUPERSEDED
    scene.audio(0, 10, SECOND)

    scene.message(resume(PAGE), FIRST)  # and takes it back
    scene.audio(10, 10, FIRST)


def test_a_page_may_change_its_connection() -> None:
    """Audio still counts that comes over the old one."""
    scene = open_scene()
    scene.message(resume(PAGE), SECOND)

    assert scene.said_of(Error) == []
    scene.audio(0, 10, FIRST)
    scene.wait(1.0)
    assert [ack.received for ack in scene.said_of(Ack, SECOND)] == [10]


def test_resume_reads_finals_from_the_store_before_anything_newer() -> None:
    """What was missed comes first."""
    scene = committed_scene()

    effects = scene.message(resume(last_segment=-1))

    (finals,) = [effect for effect in effects if isinstance(effect, do.SendFinals)]
    assert finals.after == -1
    assert [type(said) for said in finals.then] == [Saved]


@pytest.mark.parametrize(
    ("end", "code"), [(RATE - 1, Code.BAD_MESSAGE), (1800 * RATE + 1, Code.DURATION_LIMIT)]
)
def test_an_impossible_end_is_refused(end: int, code: Code) -> None:
    """Audio that was received is never cut off, and no session is longer than the limit."""
    scene = open_scene()
    scene.audio(0, RATE)

    with pytest.raises(Refusal) as caught:
        scene.stop(end)

    assert caught.value.code is code
    assert scene.session.state is SessionState.OPEN


def test_a_stop_without_an_end_takes_what_is_here() -> None:
    """A reopened page does not know how much was captured."""
    scene = open_scene()
    scene.audio(0, RATE)

    scene.stop(None)

    assert [(stop.end, stop.client_sha256) for stop in scene.of(do.WriteStop)] == [(RATE, None)]


@pytest.mark.parametrize("stage", [open_scene, stored_scene, sealed_scene, committed_scene])
def test_a_duplicate_is_acknowledged_whatever_has_become_of_the_session(stage: Callable[[], Scene]) -> None:
    """Who sends it again has not heard of it."""
    scene = stage()
    scene.audio(0, RATE)
    scene.wait(10.0)
    before = len(scene.said_of(Ack))

    scene.audio(0, RATE)
    scene.wait(1.0)

    assert [ack.received for ack in scene.said_of(Ack)[before:]] == [RATE]


def test_the_first_stop_stands() -> None:
    """Later ones are repeats, whatever they say."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.stop(2 * RATE)
    scene.stop(3 * RATE)

    assert [stop.end for stop in scene.of(do.WriteStop)] == [2 * RATE]


def test_a_conflict_changes_nothing_and_is_counted() -> None:
    """The first copy stays, and an operator hears of it."""
    scene = open_scene()
    scene.audio(0, 10, value=1)
    with pytest.raises(Refusal) as caught:
        scene.audio(0, 10, value=2)
    scene.wait(0.0)

    assert caught.value.code is Code.CONFLICT
    assert do.Report("AudioConflicts") in scene.effects


def test_losing_the_session_to_another_owner_ends_it_here() -> None:
    """Nothing more is written or said once the epoch is another's."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.open_stream()

    effects = scene.tell(ev.OwnershipLost())

    assert effects == [do.AbortStream(0), do.Report("OwnershipLost"), do.Close()]
    assert scene.tell(ev.Tick()) == []
    assert not scene.session.is_recording


def test_a_store_that_says_other_than_memory_is_believed() -> None:
    """Nothing more is done on what was remembered: the session is read anew, under a new epoch."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.open_stream()

    effects = scene.tell(ev.Diverged())

    assert effects == [do.AbortStream(0), do.Reclaim(), do.Close()]
    assert scene.tell(ev.Tick()) == []


def test_a_committed_session_is_forgotten_after_a_minute() -> None:
    """It answers from memory as long as a client may ask, then the store answers."""
    scene = committed_scene()
    scene.tell(ev.Compacted(RecordingState.COMPACTED))
    scene.tell(ev.Finished())

    scene.wait(59.0)
    assert list(scene.of(do.Close)) == []
    scene.wait(1.0)

    assert list(scene.of(do.Close)) == [do.Close()]


def test_failed_parts_are_counted_and_written_again() -> None:
    """A store that fails costs time, not audio."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.wait(2.0)
    (part,) = scene.of(do.PutPart)
    scene.tell(ev.PartFailed(part.start, part.end))

    scene.wait(0.25)

    assert list(scene.of(do.PutPart)) == [part, part]
    assert do.Report("PartsFailed") in scene.effects


def test_an_empty_session_ends_too() -> None:
    """A doctor who presses stop at once gets her receipt."""
    scene = open_scene()
    scene.stop(0)
    scene.tell(ev.StopStored())
    (seal,) = scene.of(do.Seal)
    scene.tell(ev.Sealed(0, seal.sha256 or "", ()))

    assert list(scene.of(do.Commit)) == [do.Commit(TranscriptState.COMPLETE)]


def test_pause_and_stop_after_the_end_change_nothing() -> None:
    """Late messages of a finished session are harmless."""
    scene = committed_scene()
    count = len(scene.effects)

    scene.message(Pause(None, "s1"))
    scene.message(Stop(None, "s1", 99, None))

    assert [type(effect) for effect in scene.effects[count:]] == [do.Send]
