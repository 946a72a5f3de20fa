"""A session whose user has signed out everywhere is sealed with all that came, and nobody goes on with it."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from contract.audio import Ranges
from contract.records import SessionState
from contract.replies import Nack, Ready, Stored
from contract.wire import Audio, Code, Refusal
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.authorisation import is_revoked, refuse_revoked
from streaming_task.core.session import Session
from tests.streaming_task.core.scene import FIRST, LIMITS, PAGE, RATE, SECOND, Scene, open_scene, resume


def seal(scene: Scene) -> do.Seal:
    """Let every write that is asked for be done, up to the seal."""
    scene.store_parts()
    scene.tell(ev.StopStored())
    (asked,) = scene.of(do.Seal)
    return asked


@pytest.mark.parametrize(
    ("issued_at", "signed_out_at", "is_so"),
    [(100.0, None, False), (100.0, 99.0, False), (100.0, 100.0, True), (100.0, 101.0, True)],
)
def test_what_was_issued_in_the_very_second_is_old_too(
    issued_at: float, signed_out_at: float | None, is_so: bool
) -> None:
    """Tokens tell whole seconds: within one, nobody knows which came first."""
    assert is_revoked(issued_at, signed_out_at) is is_so


def test_the_old_is_refused_and_the_new_is_not() -> None:
    """The same code as for what ran out: the page signs in again for both."""
    refuse_revoked(101.0, 100.0, "r")

    with pytest.raises(Refusal) as caught:
        refuse_revoked(100.0, 100.0, "r")

    assert (caught.value.code, caught.value.ref) == (Code.AUTH_EXPIRED, "r")


def test_a_sign_out_seals_what_has_come() -> None:
    """At once, without a stop, and with every sample that was received."""
    scene = open_scene()
    scene.audio(0, RATE)

    scene.tell(ev.SignedOut())

    assert [stop.end for stop in scene.of(do.WriteStop)] == [RATE]
    asked = seal(scene)
    assert (asked.end, asked.gaps) == (RATE, ())
    assert scene.said_of(Stored, FIRST) == [Stored(RATE, asked.sha256 or "")]


def test_audio_behind_a_hole_is_kept() -> None:
    """What is missing will not come any more, so it is declared a gap; what is here stays."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.audio(2 * RATE, RATE)

    scene.tell(ev.SignedOut())

    assert [stop.end for stop in scene.of(do.WriteStop)] == [3 * RATE]
    assert seal(scene).gaps == ((RATE, 2 * RATE),)


def test_a_stop_that_waits_for_audio_waits_no_longer() -> None:
    """Its end stands; two minutes of patience would be more than the sign-out allows."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.stop(2 * RATE)
    scene.tell(ev.StopStored())
    scene.store_parts()
    assert list(scene.of(do.Seal)) == []

    scene.tell(ev.SignedOut())

    (asked,) = scene.of(do.Seal)
    assert (asked.end, asked.gaps) == (2 * RATE, ((RATE, 2 * RATE),))
    count = len(scene.said_of(Nack))
    scene.wait(10.0)
    assert len(scene.said_of(Nack)) == count


def test_being_told_twice_changes_nothing() -> None:
    """Whoever looks for sign-outs need not remember whom it told."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.tell(ev.SignedOut())
    count = len(scene.effects)

    scene.tell(ev.SignedOut())

    assert len(scene.effects) == count


def test_who_comes_again_with_a_fresh_sign_in_hears_how_it_ended() -> None:
    """The session is not gone on with, but its receipt is the user's."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.tell(ev.SignedOut())
    asked = seal(scene)
    scene.tell(ev.Sealed(asked.end, asked.sha256 or "", ()))

    scene.message(resume(PAGE), SECOND)
    scene.audio(RATE, RATE, SECOND)

    assert len(scene.said_of(Ready, SECOND)) == 1
    (finals,) = scene.of(do.SendFinals)
    assert Stored(RATE, asked.sha256 or "") in finals.then
    assert len(list(scene.of(do.PutPart))) == 1


@pytest.mark.parametrize(
    ("state", "end", "sealed_at", "gaps"),
    [
        (SessionState.OPEN, None, RATE, ()),
        (SessionState.STOPPING, 2 * RATE, 2 * RATE, ((RATE, 2 * RATE),)),
    ],
)
def test_a_new_owner_that_is_told_seals_it_likewise(
    state: SessionState, end: int | None, sealed_at: int, gaps: Ranges
) -> None:
    """What the last owner did not finish, the next one does out of the stored parts."""
    scene = Scene()
    meta = replace(scene.session.meta, epoch=2, state=state, end_offset=end, connection_id=FIRST, client=PAGE)
    scene.session = Session(meta, LIMITS, 0.0, Random(1), stored=[(0, RATE)])
    scene.tell(ev.Tick())
    assert list(scene.of(do.Seal)) == []

    scene.tell(ev.SignedOut())

    scene.tell(ev.PartsListed(((0, RATE),)))
    if state is SessionState.OPEN:
        scene.tell(ev.StopStored())
    assert [(asked.end, asked.gaps) for asked in scene.of(do.Seal)] == [(sealed_at, gaps)]


def test_a_late_renewal_goes_on_without_loss() -> None:
    """Audio that was refused after the minute of grace is sent again, and there is no hole."""
    scene = open_scene()
    scene.audio(0, RATE)
    scene.wall = 1000.0
    piece = Audio("a", "s1", RATE, b"\x01\x00" * RATE)
    with pytest.raises(Refusal):
        scene.message(piece, authorised_until=940.0)
    scene.wait(200.0)

    scene.message(piece, authorised_until=2000.0)
    scene.stop(2 * RATE)

    assert scene.session.state is SessionState.STOPPING
    scene.store_parts()
    scene.tell(ev.StopStored())
    assert [(asked.end, asked.gaps) for asked in scene.of(do.Seal)] == [(2 * RATE, ())]
