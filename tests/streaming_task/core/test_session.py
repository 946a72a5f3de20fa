"""A session from its start to its record, and what it answers on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from contract.records import RecordingState, SessionState, TranscriptState
from contract.replies import Ack, Error, Final, Ready, Saved, Stored, Warn, WarningCode
from contract.wire import AHEAD_BYTES, Code, Pause, Ping, Refusal, Resume, Stop
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.results import Ended, RecognisedItem, RecognisedResult, StreamEnd
from streaming_task.core.vigil import SessionLimits
from tests.streaming_task.core.scene import (
    FIRST,
    LIMITS,
    OTHER_PAGE,
    PAGE,
    RATE,
    SECOND,
    Scene,
    every_message,
    resume,
)

WORD = RecognisedItem("hello", "word", 0.0, 1.0, 0.9, None)
RESULT = RecognisedResult("r", False, 0.0, 1.0, "hello", (WORD,), ())
CLEAN = Ended(StreamEnd.CLEAN, "")


def open_scene() -> Scene:
    scene = Scene()
    scene.start()
    return scene


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


def test_the_first_stop_stands() -> None:
    """Later ones are repeats, whatever they say."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.stop(2 * RATE)
    scene.stop(3 * RATE)

    assert [stop.end for stop in scene.of(do.WriteStop)] == [2 * RATE]


def test_a_client_that_vanishes_is_finished_at_the_idle_limit() -> None:
    """What came is kept, what is missing is named, and nobody has to be there."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.audio(2 * RATE, RATE)
    scene.store_parts()

    scene.wait(LIMITS.idle_s)
    scene.store_parts()
    scene.tell(ev.StopStored())

    (seal,) = scene.of(do.Seal)
    assert (seal.end, seal.gaps, seal.sha256) == (3 * RATE, ((RATE, 2 * RATE),), None)
    scene.tell(ev.Sealed(seal.end, "hash", seal.gaps))
    assert [said.sha256 for said in scene.said_of(Stored)] == ["hash"]


def test_a_ping_keeps_a_paused_session_alive() -> None:
    """Idle means no message, not no audio."""
    scene = open_scene()
    for _ in range(20):
        scene.wait(60.0)
        scene.message(Ping(None, "s1"))

    assert scene.session.state is SessionState.OPEN


def test_what_is_still_missing_two_minutes_after_the_stop_becomes_a_gap() -> None:
    """The end is waited for, but not for ever."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.open_stream()
    scene.stop(2 * RATE)
    scene.tell(ev.StopStored())
    scene.store_parts()
    scene.wait(119.0)
    assert list(scene.of(do.Seal)) == []

    scene.wait(1.0)

    (seal,) = scene.of(do.Seal)
    assert seal.gaps == ((RATE, 2 * RATE),)
    scene.tell(ev.StreamEnded(0, CLEAN))
    assert [(step.start, step.end) for step in scene.of(do.StoreFinal)] == [(0, RATE)]
    scene.tell(ev.FinalStored())
    scene.tell(ev.FinalStored())
    scene.tell(ev.Sealed(seal.end, "hash", seal.gaps))
    assert list(scene.of(do.Commit)) == [do.Commit(TranscriptState.COMPLETE)]


def test_a_client_that_is_there_is_waited_for_longer() -> None:
    """Its audio may have to wait for a slow store; nothing it holds is called missing."""
    scene = open_scene()
    scene.tell(ev.Crowded(True))
    scene.stop(RATE)
    for _ in range(30):
        scene.wait(10.0)
        with pytest.raises(Refusal):
            scene.audio(0, RATE)

    scene.tell(ev.Crowded(False))
    scene.audio(0, RATE)
    scene.store_parts()

    assert [said.samples for said in scene.said_of(Stored)] == [RATE]


def test_a_client_that_is_told_to_keep_its_audio_is_waited_for() -> None:
    """It has what is missing, and was refused: that is no reason to declare a gap."""
    scene = open_scene()
    end = AHEAD_BYTES  # in samples: twice what may lie past what was received
    scene.stop(end)
    scene.tell(ev.StopStored())
    for _ in range(8):
        scene.wait(60.0)
        with pytest.raises(Refusal) as caught:
            scene.audio(end - RATE, RATE)

    assert caught.value.code is Code.BUFFER_LIMIT
    assert list(scene.of(do.Seal)) == []


def test_what_no_page_holds_any_more_is_given_up_at_its_resume() -> None:
    """The tab crashed and took some audio with it: the rest goes on without waiting for what is lost."""
    scene = open_scene()
    scene.audio(RATE, RATE)
    scene.wait(31.0)

    scene.message(Resume("r2", "s1", OTHER_PAGE, None, -1), SECOND)

    assert scene.said_of(Ready, SECOND)[-1].next_offset == 2 * RATE


def test_a_resume_gives_nothing_up_while_another_connection_sends() -> None:
    """The missing audio may be on its way over the old connection."""
    scene = open_scene()
    scene.audio(RATE, RATE)

    scene.message(Resume("r2", "s1", PAGE, RATE, -1), SECOND)

    assert scene.said_of(Ready, SECOND)[-1].next_offset == 0


def test_one_offset_far_past_the_limit_ends_no_session() -> None:
    """A slip of one message is refused; only who speaks up to the limit has reached it."""
    scene = open_scene()
    with pytest.raises(Refusal) as caught:
        scene.audio(1800 * RATE, 10)

    scene.wait(299.0)

    assert caught.value.code is Code.DURATION_LIMIT
    assert list(scene.of(do.WriteStop)) == []


def test_the_duration_limit_is_announced_kept_and_ends_the_session() -> None:
    """A warning first, then refusals, and without a stop the session is sealed all the same."""
    scene = Scene(SessionLimits(idle_s=300, duration_s=10, seal_s=5, silence_s=60, commit_retry_s=60))
    scene.start()
    scene.audio(0, 9 * RATE)
    assert [warn.code for warn in scene.said_of(Warn)] == [WarningCode.DURATION_NEAR]
    for _ in range(3):
        scene.wait(1.0)
        with pytest.raises(Refusal) as caught:
            scene.audio(9 * RATE, 2 * RATE)
        assert caught.value.code is Code.DURATION_LIMIT
    assert scene.session.state is SessionState.OPEN

    scene.wait(4.0)

    assert [stop.end for stop in scene.of(do.WriteStop)] == [9 * RATE]


def test_expired_authorisation_has_a_minute_of_grace_and_a_warning() -> None:
    """A doctor in mid-sentence is warned before, and not cut off at the second."""
    scene = open_scene()
    scene.wall = 1000.0
    audio = every_message()[1]
    scene.message(audio, authorised_until=1060.0)
    assert [warn.code for warn in scene.said_of(Warn)] == [WarningCode.AUTH_EXPIRING]
    scene.message(audio, authorised_until=941.0)

    with pytest.raises(Refusal) as caught:
        scene.message(audio, authorised_until=940.0)

    assert caught.value.code is Code.AUTH_EXPIRED


def test_refused_audio_of_an_expired_sign_in_does_not_keep_the_session_alive() -> None:
    """Only an authorised client counts as being there."""
    scene = open_scene()
    scene.wall = 1000.0
    for _ in range(10):
        scene.wait(31.0)
        if scene.session.state is SessionState.OPEN:
            with pytest.raises(Refusal):
                scene.message(every_message()[1], authorised_until=0.0)

    assert scene.session.state is not SessionState.OPEN


def test_a_session_lives_four_hours_at_most() -> None:
    """However often it pings."""
    scene = open_scene()
    for _ in range(4 * 60 - 1):
        scene.wait(60.0)
        scene.message(Ping(None, "s1"))
    assert list(scene.of(do.WriteStop)) == []

    scene.wait(60.0)

    assert [stop.end for stop in scene.of(do.WriteStop)] == [0]


def test_a_crowded_task_asks_its_largest_sessions_to_keep_their_audio() -> None:
    """Refused audio can be sent again; what is here goes on being stored."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.tell(ev.Crowded(True))

    with pytest.raises(Refusal) as caught:
        scene.audio(RATE, RATE)

    assert caught.value.code is Code.BUFFER_LIMIT
    assert scene.session.bytes_not_durable == 2 * RATE
    scene.tell(ev.Crowded(False))
    scene.audio(RATE, RATE)


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
