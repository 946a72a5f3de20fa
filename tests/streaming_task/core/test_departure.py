"""A leaving task hands a session over once nothing of it is under way, and says so then."""

from __future__ import annotations

from contract.replies import Ack, Moved
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.departure import MOST_RANGES
from streaming_task.core.results import Ended, RecognisedItem, RecognisedResult, StreamEnd
from tests.streaming_task.core.scene import FIRST, RATE, Scene

WORD = RecognisedItem("on", "word", 0.0, 1.0, 0.9, None)
FINAL = RecognisedResult("r", False, 0.0, 1.0, "on", (WORD,), ())
CLEAN = Ended(StreamEnd.CLEAN, "")


def leaving_scene(seconds: int = 1) -> Scene:
    """Let a task leave in the middle of a session."""
    scene = Scene()
    scene.start()
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
    scene = Scene()
    scene.start()
    for piece in range(holes):
        scene.audio(2 * piece, 1)
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
