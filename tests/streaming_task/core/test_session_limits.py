"""How long a session waits, for its client and for audio, and what it does then."""

from __future__ import annotations

import pytest

from contract.records import SessionState, TranscriptState
from contract.replies import Ready, Stored, Warn, WarningCode
from contract.wire import AHEAD_BYTES, Code, Ping, Refusal, Resume
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.core.vigil import SessionLimits
from tests.streaming_task.core.scene import (
    LIMITS,
    OTHER_PAGE,
    PAGE,
    RATE,
    SECOND,
    Scene,
    every_message,
    open_scene,
)

CLEAN = Ended(StreamEnd.CLEAN, "")


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


def test_a_page_that_holds_nothing_before_the_longest_duration_is_told_that_it_is_over() -> None:
    """Nothing is left that could be taken: the session ends with what came, and sooner than when idle."""
    scene = open_scene()
    limit = 1800 * RATE
    scene.audio(0, RATE)

    scene.message(Resume("r2", "s1", PAGE, 10 * limit, -1))
    assert scene.said_of(Ready)[-1].next_offset == limit
    with pytest.raises(Refusal) as caught:
        scene.audio(limit, RATE)
    scene.wait(120.0)

    assert caught.value.code is Code.DURATION_LIMIT
    assert [stop.end for stop in scene.of(do.WriteStop)] == [RATE]


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
