"""Nothing is given up that the store holds, whoever put it there."""

from __future__ import annotations

from contract.replies import Nack, Ready, Stored
from contract.wire import Resume
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from tests.streaming_task.core.scene import PAGE, RATE, Scene, open_scene
from tests.streaming_task.core.test_takeover import taken_over

HALF = RATE // 2


def resume_from(have_from: int | None) -> Resume:
    """Make the resume of a page that holds nothing before a sample."""
    return Resume("r2", "s1", PAGE, have_from, -1)


def overtaken(stored: list[tuple[int, int]]) -> Scene:
    """Take a session over whose last owner may still store what it was sent."""
    return taken_over(stored, final_until=HALF)


def test_what_the_last_owner_stored_late_is_no_gap() -> None:
    """It had acknowledged it, so the page has let go of it: the store is asked before it is given up."""
    scene = overtaken([(0, HALF)])

    scene.message(resume_from(RATE))
    assert [type(effect) for effect in scene.of(do.ListParts)] == [do.ListParts]
    scene.tell(ev.PartsListed(((0, HALF), (HALF, RATE))))
    scene.stop(RATE)

    (seal,) = seals(scene)
    assert (seal.end, seal.gaps) == (RATE, ())


def test_what_neither_the_store_nor_the_page_holds_is_a_gap() -> None:
    """The page is not asked for ever for what it cannot have."""
    scene = overtaken([(0, HALF)])
    scene.audio(RATE, 10)

    scene.message(resume_from(RATE))
    scene.tell(ev.PartsListed(((0, HALF),)))
    scene.stop(RATE + 10)

    scene.wait(5.0)
    assert scene.said_of(Nack) == []
    scene.store_parts()
    (seal,) = seals(scene)
    assert seal.gaps == ((HALF, RATE),)


def test_what_the_page_says_it_has_lost_is_not_waited_for() -> None:
    """It is told to send on from what it holds, and never asked for the rest."""
    scene = open_scene()
    scene.audio(0, HALF)

    scene.message(resume_from(RATE))
    assert scene.said_of(Ready)[-1].next_offset == RATE
    scene.audio(RATE, 10)
    scene.wait(5.0)
    assert scene.said_of(Nack) == []
    scene.stop(RATE + 10)
    scene.store_parts()

    (seal,) = seals(scene)
    assert (seal.end, seal.gaps) == (RATE + 10, ((HALF, RATE),))


def test_a_list_that_cannot_be_had_is_asked_for_again() -> None:
    """Until then nothing is given up."""
    scene = overtaken([(0, HALF)])
    scene.message(resume_from(RATE))

    scene.tell(ev.PartsListed(None))
    assert [ready.next_offset for ready in scene.said_of(Ready)] == [HALF]
    scene.wait(1.0)

    assert len(list(scene.of(do.ListParts))) == 2


def test_a_list_from_before_a_resume_does_not_answer_it() -> None:
    """Between the two the last owner may have stored more, and have said so."""
    scene = overtaken([(0, HALF)])
    scene.message(resume_from(HALF + 10))
    scene.audio(RATE, 10)
    scene.message(resume_from(RATE))

    scene.tell(ev.PartsListed(((0, HALF),)))

    assert len(list(scene.of(do.ListParts))) == 2
    scene.tell(ev.PartsListed(((0, HALF), (HALF + 10, RATE))))
    scene.stop(RATE + 10)
    scene.store_parts()
    assert [seal.gaps for seal in seals(scene)] == [((HALF, HALF + 10),)]


def test_a_page_that_holds_all_that_is_missing_costs_no_list() -> None:
    """The usual takeover: the page sends what was not durable."""
    scene = overtaken([(0, HALF)])

    scene.message(resume_from(HALF))
    scene.audio(HALF, HALF)

    assert list(scene.of(do.ListParts)) == []


def test_an_abandoned_session_ends_where_the_store_does() -> None:
    """Its client is gone: what the last owner stored late is all that there is of it."""
    scene = overtaken([(0, HALF)])

    scene.wait(300.0)
    assert seals(scene) == []
    scene.tell(ev.PartsListed(((0, RATE),)))

    (stop,) = scene.of(do.WriteStop)
    assert stop.end == RATE


def test_what_is_missing_long_after_the_stop_is_asked_for_first() -> None:
    """The client said where the session ends, and went: the store may have more than was listed."""
    scene = overtaken([(0, HALF)])
    scene.stop(RATE)

    scene.wait(120.0)
    assert list(scene.of(do.ListParts)) != []
    assert seals(scene) == []
    scene.tell(ev.PartsListed(((0, RATE),)))
    assert [seal.gaps for seal in seals(scene)] == [()]
    assert scene.said_of(Stored) == []


def test_a_first_owner_asks_nobody() -> None:
    """Nobody else can have stored anything."""
    scene = Scene()
    scene.start()
    scene.audio(RATE, 10)

    scene.message(resume_from(RATE))
    scene.stop(RATE + 10)
    scene.store_parts()

    assert list(scene.of(do.ListParts)) == []
    assert [seal.gaps for seal in seals(scene)] == [((0, RATE),)]


def seals(scene: Scene) -> list[do.Seal]:
    """Give the seals so far, once the stop is written."""
    if any(scene.of(do.WriteStop)) and not any(scene.of(do.Seal)):
        scene.tell(ev.StopStored())
    return list(scene.of(do.Seal))
