"""A new owner goes on where the last one's stored audio and text end."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from contract.records import SessionState, TranscriptState
from contract.replies import Ack, Final, Moved, Nack, Ready, Saved, Stored
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.ownership import SessionMeta
from streaming_task.core.results import Ended, RecognisedItem, RecognisedResult, StreamEnd
from streaming_task.core.session import Session
from tests.streaming_task.core.scene import FIRST, LIMITS, PAGE, RATE, Scene, resume

WORD = RecognisedItem("on", "word", 0.0, 1.0, 0.9, None)
REST = RecognisedResult("r", False, 0.0, 1.0, "on", (WORD,), ())
CLEAN = Ended(StreamEnd.CLEAN, "")


def taken_over(stored: list[tuple[int, int]], **changes: object) -> Scene:
    """Put the session of a dead owner on a stage of its own."""
    scene = Scene()
    meta: SessionMeta = replace(
        scene.session.meta,
        epoch=2,
        connection_id=FIRST,
        client=PAGE,
        **changes,  # type: ignore[arg-type]
    )
    scene.session = Session(meta, LIMITS, 0.0, Random(1), stored=stored)
    scene.tell(ev.Tick())
    return scene


def test_the_client_is_told_and_sends_from_where_the_store_ends() -> None:
    """Only what is durable survived; the ring has the rest."""
    scene = taken_over([(0, RATE)], final_until=RATE, segments=3, streams=2)

    scene.message(resume())

    assert len(scene.said_of(Moved, FIRST)) == 1
    assert [ready.next_offset for ready in scene.said_of(Ready)] == [RATE]


def test_text_goes_on_from_the_stored_text_out_of_the_stored_audio() -> None:
    """What the last owner heard but never stored is heard again."""
    scene = taken_over([(0, 2 * RATE)], final_until=RATE, segments=3, streams=2)
    stream = scene.open_stream()

    (reading,) = scene.of(do.ReadAudio)
    scene.tell(ev.AudioRead(reading.start, bytes(2 * (reading.end - reading.start))))
    scene.tell(ev.StreamResults(stream, (REST,)))

    assert (stream, reading.start, reading.end) == (2, RATE, 2 * RATE)
    (step,) = scene.of(do.StoreFinal)
    assert step.final is not None
    assert (step.start, step.end, step.final.segment, step.final.stream) == (RATE, 2 * RATE, 3, 2)


def test_text_is_said_in_order_whatever_the_last_owner_left_unsaid() -> None:
    """Stored and never said: who resumes is read it first, then what the new owner stored meanwhile."""
    scene = taken_over([(0, 2 * RATE)], final_until=RATE, segments=3, streams=2)
    stream = scene.open_stream()
    (reading,) = scene.of(do.ReadAudio)
    scene.tell(ev.AudioRead(reading.start, bytes(2 * (reading.end - reading.start))))
    scene.tell(ev.StreamResults(stream, (REST,)))

    scene.tell(ev.FinalStored())
    before_resume = scene.said_of(Final)
    scene.message(resume(last_segment=1))

    assert before_resume == []
    assert [(said.connection_id, said.after) for said in scene.of(do.SendFinals)] == [(FIRST, 1)]


def test_text_is_said_as_it_comes_once_the_client_has_resumed() -> None:
    """Nothing waits any longer than it must."""
    scene = taken_over([(0, 2 * RATE)], final_until=RATE, segments=3, streams=2)
    stream = scene.open_stream()
    (reading,) = scene.of(do.ReadAudio)
    scene.tell(ev.AudioRead(reading.start, bytes(2 * (reading.end - reading.start))))
    scene.message(resume(last_segment=2))

    scene.tell(ev.StreamResults(stream, (REST,)))
    scene.tell(ev.FinalStored())

    assert [final.segment for final in scene.said_of(Final, FIRST)] == [3]


def test_what_the_last_owner_had_received_and_not_stored_is_asked_for_again() -> None:
    """It died with a hole in the parts: no acknowledgement and no answer to `resume` reaches past it."""
    hole = (RATE, 2 * RATE)
    scene = taken_over([(0, RATE), (2 * RATE, 3 * RATE)])

    scene.message(resume())
    scene.wait(2.0)

    assert [ready.next_offset for ready in scene.said_of(Ready)] == [RATE]
    assert {(ack.received, ack.durable) for ack in scene.said_of(Ack)} == {(RATE, RATE)}
    assert hole in [missing for nack in scene.said_of(Nack) for missing in nack.missing]


def test_a_hole_that_the_client_fills_is_stored_before_it_is_durable() -> None:
    """What lies behind it in the store counts only then."""
    scene = taken_over([(0, RATE), (2 * RATE, 3 * RATE)])
    scene.message(resume())

    scene.audio(RATE, RATE)
    scene.wait(2.0)
    (part,) = scene.of(do.PutPart)
    before = scene.said_of(Ack)[-1]
    scene.tell(ev.PartStored(part.start, part.end))
    scene.wait(2.0)
    after = scene.said_of(Ack)[-1]

    assert (part.start, part.end) == (RATE, 2 * RATE)
    assert (before.received, before.durable) == (3 * RATE, RATE)
    assert (after.received, after.durable) == (3 * RATE, 3 * RATE)


def test_a_stopping_session_is_waited_for_and_sealed_from_the_store() -> None:
    """The hash died with the last owner, so it is made of what is stored."""
    scene = taken_over(
        [(0, RATE)], state=SessionState.STOPPING, end_offset=2 * RATE, client_sha256="x", final_until=2 * RATE
    )
    assert list(scene.of(do.Seal)) == []

    scene.audio(RATE, RATE)
    scene.store_parts()

    (seal,) = scene.of(do.Seal)
    assert (seal.end, seal.sha256) == (2 * RATE, None)
    assert scene.said_of(Stored) == []
    scene.tell(ev.Sealed(seal.end, "hash", ()))
    assert [said.sha256 for said in scene.said_of(Stored)] == ["hash"]


def test_a_sealed_session_is_committed_by_who_finds_it() -> None:
    """The record does not depend on the task that took the stop."""
    scene = taken_over(
        [(0, RATE)], state=SessionState.SEALED, end_offset=RATE, samples=RATE, sha256="hash", final_until=RATE
    )

    assert list(scene.of(do.Commit)) == [do.Commit(TranscriptState.COMPLETE)]
    scene.tell(ev.Committed(9))
    assert [saved.transcription_id for saved in scene.said_of(Saved)] == [9]


def test_a_pending_transcript_is_completed_and_saved_again() -> None:
    """The recording is whole; its text follows when a stream is to be had."""
    scene = taken_over(
        [(0, RATE)],
        state=SessionState.COMMITTED,
        end_offset=RATE,
        samples=RATE,
        sha256="hash",
        transcript=TranscriptState.PENDING,
        transcription_id=9,
    )
    stream = scene.open_stream()
    (reading,) = scene.of(do.ReadAudio)
    scene.tell(ev.AudioRead(reading.start, bytes(2 * (reading.end - reading.start))))
    scene.tell(ev.StreamResults(stream, (REST,)))
    scene.tell(ev.FinalStored())
    scene.tell(ev.StreamEnded(stream, CLEAN))

    assert list(scene.of(do.Commit)) == [do.Commit(TranscriptState.COMPLETE)]
    scene.tell(ev.Committed(9))
    assert scene.said_of(Saved)[-1].transcript is TranscriptState.COMPLETE
