"""What a client does when its session ends, moves or is taken over: nothing said is missed."""

from __future__ import annotations

import hashlib

import pytest

from tests.tools.stage import TICK_S, Stage, of
from tools.client_session import (
    ASK_AGAIN_S,
    SAVED_EVERY_S,
)


def test_stop_is_repeated_until_it_is_answered() -> None:
    """Every second until `stored`, every 15 s until `saved`, and with the hash of everything captured."""
    stage = Stage()
    stage.connect()
    stage.capture(0.2)
    stage.session.finish()
    asking = of(stage.run(5.0), "stop")
    stage.hear(type="stored", samples=3200, sha256="x")
    waiting = of(stage.run(SAVED_EVERY_S * 2 + 1), "stop")
    stage.hear(type="saved", samples=3200, sha256="x", segments=0, transcript="complete", gaps=[])
    done = of(stage.run(60.0), "stop")

    assert len(asking) == pytest.approx(5, abs=1)
    assert len(waiting) == 2
    assert done == []
    assert (asking[0]["end_offset"], asking[0]["sha256"]) == (
        3200,
        hashlib.sha256(b"\x01\x02" * 3200).hexdigest(),
    )
    assert stage.session.is_done
    assert not stage.session.needs_connection


def test_a_hole_in_the_finals_is_asked_for_until_it_is_filled() -> None:
    """At once, and again when the answer is lost."""
    stage = Stage()
    stage.connect()
    stage.final(0)
    stage.now += ASK_AGAIN_S

    asked = stage.final(2)
    repeated = of(stage.run(ASK_AGAIN_S + TICK_S), "resume")
    stage.final(1)
    satisfied = of(stage.run(ASK_AGAIN_S * 2), "resume")

    assert [(message["type"], message["last_segment"]) for message in asked] == [("resume", 0)]
    assert [message["last_segment"] for message in repeated] == [0]
    assert satisfied == []
    assert stage.session.heard.text == "text text text"


def test_finals_that_saved_counts_and_nobody_heard_are_asked_for() -> None:
    """The last finals may be lost with nothing after them; so may the answer to the question."""
    stage = Stage()
    stage.connect()
    stage.session.finish()
    stage.now += ASK_AGAIN_S
    asked = stage.hear(type="saved", samples=0, sha256="x", segments=1, transcript="complete", gaps=[])
    repeated = of(stage.run(2 * ASK_AGAIN_S + TICK_S), "resume")
    needed_before = stage.session.needs_connection

    stage.final(0)

    assert len(asked) == 1
    assert len(repeated) == 2
    assert needed_before
    assert not stage.session.needs_connection


def test_a_final_that_changes_is_a_defect() -> None:
    """What was shown once stays: a server that says otherwise is broken, and the tool says so."""
    stage = Stage()
    stage.connect()
    stage.final(0, "one")
    stage.final(0, "one")

    with pytest.raises(ValueError, match="changed"):
        stage.final(0, "two")


def test_an_older_owner_is_not_listened_to() -> None:
    """A lower epoch than was seen is a zombie's."""
    stage = Stage()
    stage.connect()
    stage.capture(1.0)
    stage.hear(type="ready", next_offset=0, epoch=2)
    stage.hear(type="ack", received=1, durable=1, epoch=2)

    stage.hear(type="ack", received=9, durable=9, epoch=1)

    assert stage.session.heard.durable == 1


def test_moved_is_answered_with_resume() -> None:
    """The new owner hears what this client holds and what it has seen."""
    stage = Stage()
    stage.connect()
    stage.capture(1.0)
    stage.run(1.0)
    stage.final(0)

    (resume,) = stage.hear(type="moved", epoch=2)

    assert (resume["type"], resume["have_from"], resume["last_segment"]) == ("resume", 0, 0)


def test_a_new_owner_is_asked_again_and_again_until_it_answers() -> None:
    """It has only what is durable, and the first resume may have gone to nobody."""
    stage = Stage()
    stage.connect()
    stage.capture(1.0)
    stage.run(1.0)
    stage.hear(type="ack", received=16_000, durable=0, epoch=1)
    (first,) = stage.hear(type="ack", received=0, durable=0, epoch=2)

    again = stage.run(3.0)
    stage.hear(type="ready", next_offset=0, epoch=2)
    resent = of(stage.run(1.0), "audio")

    assert first["type"] == "resume"
    assert [message["type"] for message in again] == ["resume"]
    assert min(message["offset"] for message in resent) == 0


def test_a_superseded_page_stops() -> None:
    """Another page has the session: this one says nothing more and wants no connection."""
    stage = Stage()
    stage.connect()
    stage.capture(1.0)

    stage.hear(type="error", code="superseded", message="", retryable=False)

    assert stage.run(10.0) == []
    assert not stage.session.needs_connection
    assert stage.session.heard.errors == ["superseded"]


def test_a_pending_transcript_is_not_the_end_of_it() -> None:
    """`saved` with a pending transcript needs nothing more of the connection, but is not all."""
    stage = Stage()
    stage.connect()

    stage.hear(type="saved", samples=0, sha256="x", segments=0, transcript="pending", gaps=[])

    assert not stage.session.is_done
    assert not stage.session.needs_connection
