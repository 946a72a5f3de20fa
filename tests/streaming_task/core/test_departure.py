"""A leaving task hands a session over once nothing of it is under way, and says so then."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from contract.replies import Ack, Moved
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.departure import DRAIN_S, MOST_RANGES
from streaming_task.core.results import Ended, RecognisedItem, RecognisedResult, StreamEnd
from streaming_task.core.session import Session
from tests.streaming_task.core.scene import FIRST, LIMITS, RATE, Scene, open_scene

FRAME = RATE // 50
WORD = RecognisedItem("on", "word", 0.0, 1.0, 0.9, None)
FINAL = RecognisedResult("r", False, 0.0, 1.0, "on", (WORD,), ())
CLEAN = Ended(StreamEnd.CLEAN, "")


def leaving_scene(seconds: int = 1) -> Scene:
    """Let a task leave in the middle of a session."""
    scene = open_scene()
    scene.audio(0, seconds * RATE)
    scene.open_stream()
    scene.tell(ev.Leaving())
    return scene


def test_the_stream_ends_with_what_it_has_and_a_backlog_is_the_next_owners() -> None:
    """Twenty seconds to leave are no time to catch up in."""
    scene = leaving_scene(seconds=20)

    assert len(list(scene.of(do.Feed))) * RATE // 5 < 20 * RATE
    assert list(scene.of(do.EndStream)) == [do.EndStream(0)]


def test_audio_that_comes_after_it_is_the_next_owners() -> None:
    """While the client speaks on, something would always be on its way to the store."""
    scene = leaving_scene()
    scene.store_parts()
    scene.effects.clear()

    scene.audio(RATE, RATE // 10)
    scene.wait(5.0)

    assert list(scene.of(do.PutPart)) == []
    assert {ack.received for ack in scene.said_of(Ack)} == {RATE}


def test_a_session_is_given_up_once_audio_text_and_stream_are_settled() -> None:
    """Whatever is under way could end after another has claimed, and be done twice or never."""
    scene = leaving_scene()
    scene.tell(ev.StreamResults(0, (FINAL,)))
    scene.tell(ev.StreamEnded(0, CLEAN))
    scene.store_parts()
    before = list(scene.of(do.Release))

    scene.tell(ev.FinalStored())
    scene.wait(5.0)

    assert before == []
    assert list(scene.of(do.Release)) == [do.Release(((0, RATE),))]


def test_a_stream_that_does_not_end_keeps_a_session_for_three_seconds() -> None:
    """All that time the client speaks to nobody; the next owner hears the audio again."""
    scene = leaving_scene()
    scene.store_parts()
    scene.wait(DRAIN_S - 0.1)
    before = list(scene.of(do.Release))

    scene.wait(0.1)
    scene.tell(ev.StreamResults(0, (FINAL,)))

    assert before == []
    assert list(scene.of(do.AbortStream)) == [do.AbortStream(0)]
    assert list(scene.of(do.Release)) == [do.Release(((0, RATE),))]
    assert list(scene.of(do.StoreFinal)) == []


def test_a_stream_that_never_opened_is_not_waited_for_either() -> None:
    """Nor does it open afterwards."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.tell(ev.Leaving())
    scene.store_parts()

    scene.wait(DRAIN_S)
    scene.tell(ev.StreamOpened(0, None))

    assert list(scene.of(do.Release)) == [do.Release(((0, RATE),))]
    assert list(scene.of(do.Feed)) == []


def test_when_time_is_up_a_session_is_given_up_as_it_is() -> None:
    """What the store has is not known then, and nobody is told that it were."""
    scene = leaving_scene()

    scene.tell(ev.Leaving())

    assert list(scene.of(do.Release)) == [do.Release(None)]


def test_who_came_after_a_dead_owner_does_not_know_what_is_stored() -> None:
    """One that was only taken for dead may have stored audio since, and have acknowledged it."""
    scene = Scene()
    meta = replace(scene.session.meta, epoch=2, final_until=RATE)
    scene.session = Session(meta, LIMITS, 0.0, Random(1), stored=[(0, RATE)])

    scene.tell(ev.Leaving())

    assert list(scene.of(do.Release)) == [do.Release(None)]


def test_who_came_after_one_that_left_knows_it() -> None:
    """Whoever leaves in good order stores nothing any more."""
    scene = Scene()
    meta = replace(scene.session.meta, epoch=2, final_until=RATE, left=((0, RATE),))
    scene.session = Session(meta, LIMITS, 0.0, Random(1), stored=[(0, RATE)])

    scene.tell(ev.Leaving())

    assert list(scene.of(do.Release)) == [do.Release(((0, RATE),))]


def test_a_stop_without_an_end_is_the_next_owners() -> None:
    """Here it would end the session before the audio that was turned away."""
    scene = leaving_scene()
    scene.audio(RATE, RATE)

    scene.stop(None)
    before = list(scene.of(do.WriteStop))
    scene.stop(2 * RATE)

    assert before == []
    assert [stop.end for stop in scene.of(do.WriteStop)] == [2 * RATE]


def test_a_final_that_was_not_stored_is_stored_before_the_session_goes() -> None:
    """The next owner would hear the same audio again, but this costs less."""
    scene = leaving_scene()
    scene.tell(ev.StreamResults(0, (FINAL,)))
    scene.tell(ev.StreamEnded(0, CLEAN))
    scene.store_parts()

    scene.tell(ev.FinalFailed())
    scene.wait(0.25)
    scene.tell(ev.FinalStored())

    assert len(list(scene.of(do.StoreFinal))) == 2
    assert list(scene.of(do.Release)) == [do.Release(((0, RATE),))]


def test_a_store_full_of_holes_is_left_to_be_listed() -> None:
    """What an item of the table can hold has an end."""
    holes = MOST_RANGES + 1
    scene = open_scene()
    for piece in range(holes):
        scene.audio(2 * piece * FRAME, FRAME)
    scene.store_parts()
    scene.tell(ev.Leaving())
    for _ in range(holes):  # so many parts at a time, until all are stored
        scene.store_parts()
    scene.open_stream()
    scene.tell(ev.StreamEnded(0, CLEAN))
    scene.tell(ev.FinalStored())

    assert list(scene.of(do.Release)) == [do.Release(None)]


def test_the_client_hears_of_it_when_anybody_may_claim() -> None:
    """Not before: its `resume` would find a session that is still owned."""
    scene = leaving_scene()
    before = scene.said_of(Moved)

    effects = scene.tell(ev.Released())

    assert before == []
    assert effects == [do.Send(FIRST, Moved()), do.Close()]
