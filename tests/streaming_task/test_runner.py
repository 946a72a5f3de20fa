"""The runner does what the session decides: effects in order, answers as events, and nothing left behind."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any, cast

import pytest

from contract.audio import Encoding, Quality, bytes_in
from contract.records import (
    COMMITTED_KEPT_S,
    ConnectionId,
    RecordingState,
    RecordStatus,
    SessionState,
    TranscriptState,
)
from contract.replies import Ack, Final
from contract.wire import Audio, Code, Ping, Stop
from streaming_task.adapters.ogg_opus import OggStream
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.ownership import SessionChanges, SessionTerms
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.core.session import Session
from streaming_task.ports import Diverged, Fenced, Unavailable
from streaming_task.runner import DEFECT_PAUSE_S, READ_RETRY_S, SessionRunner
from tests.fakes.live_ports import CLEAN
from tests.fakes.opus import packets
from tests.fakes.virtual_time import in_virtual_time, settled, until
from tests.streaming_task.bench import FIRST, SESSION, Bench, open_meta, terms
from tests.streaming_task.core.scene import NEVER, Scene

FINAL = Final(0, 0, 1000, "hello", 0, None, (), ())
DEFECT = RuntimeError("a patient's name")


class Script:
    """A session that asks for what a test wants done, and keeps what it is told."""

    def __init__(self, agreed: SessionTerms) -> None:
        self.meta = open_meta(terms=agreed)
        self.told: list[ev.Event] = []
        self.asks: dict[type, list[do.Effect]] = {}
        self.breaks_on: type | None = None
        self.due_at: float | None = None

    def handle(self, event: ev.Event, now: float, wall: float) -> list[do.Effect]:
        """Keep an event; give the effects that were put down for its type, once."""
        if type(event) is self.breaks_on:
            raise DEFECT
        self.told.append(event)
        return self.asks.pop(type(event), [])

    def next_due_at(self, now: float, wall: float) -> float | None:
        """Give the time that was put down."""
        return self.due_at


class Play:
    """A runner between a scripted session and a world in memory."""

    def __init__(
        self, quality: Quality = Quality.MEDIUM, *, agreed: SessionTerms | None = None, **services: Any
    ) -> None:
        self.bench = Bench()
        self.script = Script(agreed or terms(quality))
        self.bench.sessions.metas[SESSION] = self.script.meta
        self.runner = SessionRunner(
            cast(Session, self.script), replace(self.bench.services, **services), on_close=lambda: None
        )

    async def perform(self, *effects: do.Effect) -> list[ev.Event]:
        """Have effects performed; give what the session was told because of them."""
        self.script.asks[ev.Tick] = list(effects)
        before = len(self.script.told) + 1
        self.runner.post(ev.Tick())
        await settled()
        return self.script.told[before:]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (Audio("a7", SESSION, 0, b"\x01"), Code.BAD_MESSAGE),
        (Audio("a7", SESSION, 10**12, b"\x01\x00"), Code.DURATION_LIMIT),
        (Audio("a7", SESSION, 2 * 1024 * 1024, b"\x01\x00"), Code.BUFFER_LIMIT),
        (Stop("a7", SESSION, 10**12, None), Code.DURATION_LIMIT),
    ],
    ids=["odd", "past the limit", "too far ahead", "an end past the limit"],
)
async def test_a_refusal_names_the_message_it_answers(message: ev.SessionMessage, code: Code) -> None:
    """A client with several messages under way knows which of them failed."""
    bench = Bench()
    runner = SessionRunner(Scene().session, bench.services, on_close=lambda: None)

    runner.post(ev.MessageTaken(FIRST, NEVER, message))
    await bench.pushes.close(within_s=5.0)
    runner.abort()

    assert [(said["type"], said["code"], said["ref"]) for said in bench.heard()] == [("error", code, "a7")]


# -- one effect, its answer, and its failures -----------------------------------------------------------


PUT = do.PutPart(0, 1, b"\x01\x02")
STORE = do.StoreFinal(0, 16_000, FINAL)
STOP = do.WriteStop(1, None)
SEAL = do.Seal(1, (), "0" * 64)
COMMIT = do.Commit(TranscriptState.COMPLETE)


@pytest.mark.parametrize(
    ("effect", "done", "failed"),
    [
        (PUT, ev.PartStored(0, 1), ev.PartFailed(0, 1)),
        (do.ListParts(), ev.PartsListed(()), ev.PartsListed(None)),
        (STORE, ev.FinalStored(), ev.FinalFailed()),
        (STOP, ev.StopStored(), ev.StepFailed()),
        (SEAL, ev.Sealed(1, "0" * 64, ()), ev.StepFailed()),
        (COMMIT, ev.Committed(1), ev.StepFailed()),
    ],
    ids=["part", "list", "final", "stop", "seal", "commit"],
)
@pytest.mark.parametrize("kind", ["done", "unavailable", "broken"])
def test_every_step_is_answered_once(effect: do.Effect, done: ev.Event, failed: ev.Event, kind: str) -> None:
    """Done, failed, or broken by a defect: the session hears of it, or it would wait for ever."""

    @in_virtual_time
    async def perform() -> None:
        play = Play()
        bench = play.bench
        doors = {
            do.PutPart: bench.audio.puts,
            do.ListParts: bench.audio.lists,
            do.StoreFinal: bench.finals.appends,
            do.WriteStop: bench.sessions.updates,
            do.Seal: bench.audio.lists,
            do.Commit: bench.records.commits,
        }
        if kind != "done":
            doors[type(effect)].fail(Unavailable("Faked") if kind == "unavailable" else DEFECT)

        told = await play.perform(effect)

        assert told == [done if kind == "done" else failed]

    perform()


@pytest.mark.parametrize(
    ("error", "event"),
    [(Fenced("epoch"), ev.OwnershipLost()), (Diverged("final_until"), ev.Diverged())],
    ids=["fenced", "diverged"],
)
def test_a_refused_write_is_not_tried_again(error: Exception, event: ev.Event) -> None:
    """Whoever has the newer epoch goes on; or, under our own, what the store says is read again."""

    @in_virtual_time
    async def perform() -> None:
        play = Play()
        play.bench.finals.appends.fail(error)

        told = await play.perform(STORE)

        assert told == [event]

    perform()


@in_virtual_time
async def test_a_write_whose_answer_was_lost_is_safe_to_repeat() -> None:
    """The same part under the same key, the same final in the same place."""
    play = Play()
    play.bench.audio.puts.lose()
    play.bench.records.commits.lose()
    await play.perform(PUT, SEAL)
    await play.perform(COMMIT)

    told = await play.perform(PUT, COMMIT)

    assert told == [ev.PartStored(0, 1), ev.Committed(1)]
    assert len(play.bench.audio.ending_with(".pcm")) == 1
    assert len(play.bench.records.rows) == 1


@in_virtual_time
async def test_a_committed_row_is_what_was_sealed_and_said() -> None:
    """The record has the samples, the hash and the gaps of the seal, and the stored finals as its text."""
    play = Play()
    await play.perform(STORE)
    await play.perform(do.Seal(7, ((3, 5),), "f" * 64))

    await play.perform(COMMIT)

    row = play.bench.records.rows[SESSION]
    assert (row.status, row.text, row.transcript) == (
        RecordStatus.COMPLETED,
        "hello",
        TranscriptState.COMPLETE,
    )
    assert (row.samples, row.sha256, row.gaps) == (7, "f" * 64, ((3, 5),))
    meta = play.bench.sessions.metas[SESSION]
    assert (meta.state, meta.samples, meta.transcription_id) == (SessionState.COMMITTED, 7, 1)


@in_virtual_time
async def test_the_row_begins_when_the_database_answers_and_is_waited_for_by_no_one() -> None:
    """PostgreSQL is needed to finish, never to speak."""
    play = Play()
    play.bench.records.begins.fail()

    told_of_failure = await play.perform(do.BeginRecord())
    await play.perform(do.BeginRecord())

    assert told_of_failure == [ev.Tick()]
    assert play.bench.records.rows[SESSION].status is RecordStatus.IN_PROGRESS


@in_virtual_time
async def test_attaching_is_written_down() -> None:
    """Whoever owns the session next knows where its client is."""
    play = Play()

    await play.perform(do.Note(SessionChanges(connection_id=FIRST, client="page")))

    assert play.bench.sessions.metas[SESSION].connection_id == FIRST


@in_virtual_time
async def test_stored_audio_that_cannot_be_read_is_not_asked_for_at_once() -> None:
    """A store in trouble is given a second between the attempts."""
    play = Play()
    await play.perform(do.PutPart(0, 2, b"\x01\x02\x03\x04"))
    play.bench.audio.lists.fail()
    await play.perform(do.ReadAudio(0, 2))
    told_at_once = list(play.script.told)

    await asyncio.sleep(READ_RETRY_S)
    await settled()
    told_later = play.script.told[len(told_at_once) :]
    told_then = await play.perform(do.ReadAudio(0, 2))

    assert told_later == [ev.AudioRead(0, b"")]
    assert told_then == [ev.AudioRead(0, b"\x01\x02\x03\x04")]


@in_virtual_time
async def test_parts_that_had_to_be_kept_are_counted() -> None:
    """An operator sees that a recording could not take the place of its parts."""
    play = Play()
    await play.perform(PUT)
    await play.perform(SEAL)

    await play.perform(do.Compact(may_delete=True))
    await until(lambda: "PartsKept" in play.bench.reports)

    assert play.bench.audio.ending_with(".pcm")
    assert play.script.told[-1] == ev.Compacted(RecordingState.KEPT)
    assert play.bench.sessions.metas[SESSION].recording is RecordingState.KEPT


@in_virtual_time
async def test_a_session_is_finished_only_when_its_finals_have_an_end() -> None:
    """Once it is, nobody looks for it again: finals without an end would stay for ever."""
    play = Play()
    play.bench.finals.expires.fail()
    told_first = await play.perform(do.Finish())
    was_finished = play.bench.sessions.metas[SESSION].is_finished

    told = await play.perform(do.Finish())

    assert (told_first, was_finished) == ([ev.TidyFailed()], False)
    assert told == [ev.Finished()]
    assert play.bench.sessions.metas[SESSION].is_finished
    assert play.bench.finals.expiries == {SESSION: COMMITTED_KEPT_S}


# -- order, time and defects ------------------------------------------------------------------------------


@in_virtual_time
async def test_events_wait_while_effects_are_performed() -> None:
    """A session never sees itself half-way: what an effect causes comes after the effects beside it."""
    order: list[str] = []

    def report(name: str, value: float) -> None:
        if name in ("first", "second"):
            order.append(f"effect {name} after {len(play.script.told)} events")
            play.runner.post(ev.StepFailed())

    play = Play(report=report)

    told = await play.perform(do.Report("first"), do.Report("second"))

    assert order == ["effect first after 1 events", "effect second after 1 events"]
    assert told == [ev.StepFailed(), ev.StepFailed()]


@in_virtual_time
async def test_a_tick_comes_when_it_is_due() -> None:
    """Not before, once, and an earlier due time moves it."""
    play = Play()
    play.script.due_at = 5.0
    await play.perform()
    play.script.due_at = 2.0
    await play.perform()
    play.script.due_at = None
    before = len(play.script.told)

    await asyncio.sleep(1.9)
    told_before = len(play.script.told) - before
    await asyncio.sleep(10.0)

    assert told_before == 0
    assert len(play.script.told) - before == 1


@in_virtual_time
async def test_an_effect_that_breaks_takes_no_other_with_it() -> None:
    """A part that is never written would never be missed: the effects behind a defect are performed."""
    play = Play(Quality.LOW, resampler=_break)

    told = await play.perform(do.OpenStream(3), PUT)

    assert told == [ev.StreamEnded(3, Ended(StreamEnd.INTERNAL, "RuntimeError")), ev.PartStored(0, 1)]


@in_virtual_time
async def test_a_stream_whose_audio_breaks_has_ended() -> None:
    """The session opens another; it would feed a dead one for ever."""
    play = Play(Quality.LOW)
    await play.perform(do.OpenStream(3))
    play.bench.recognition.streams[0].defect = DEFECT

    told = await play.perform(do.Feed(3, 0, b"\x01\x00\x02\x00"), do.Feed(3, 2, b"\x03\x00"))

    assert told == [ev.StreamEnded(3, Ended(StreamEnd.INTERNAL, "RuntimeError"))]
    assert play.bench.recognition.streams[0].is_aborted


@pytest.mark.parametrize(
    ("quality", "rate_hz", "samples"), [(Quality.LOW, 16_000, 6), (Quality.HIGH, 48_000, 3)]
)
def test_transcribe_never_hears_less_than_16_khz(quality: Quality, rate_hz: int, samples: int) -> None:
    """8 kHz is resampled on its way, tail and all; other rates go as they are."""

    @in_virtual_time
    async def perform() -> None:
        play = Play(quality)
        await play.perform(do.OpenStream(0))

        told = await play.perform(do.Feed(0, 0, b"\x01\x00\x02\x00\x03\x00"), do.EndStream(0))

        (stream,) = play.bench.recognition.streams
        assert stream.settings.sample_rate_hz == rate_hz
        assert len(stream.heard) == bytes_in(samples)
        assert told == [ev.StreamEnded(0, CLEAN)]

    perform()


@in_virtual_time
async def test_packets_go_to_transcribe_in_ogg() -> None:
    """Every stream gets headers of its own: one that begins in mid-session is whole, too."""
    opus = replace(terms(Quality.LOW), encoding=Encoding.OPUS, sample_rate_hz=48_000)
    play = Play(agreed=opus)
    await play.perform(do.OpenStream(0), do.OpenStream(1))

    await play.perform(do.Feed(0, 0, packets(0, 10)), do.Feed(0, 9_600, packets(10, 10)), do.EndStream(0))
    await play.perform(do.Feed(1, 9_600, packets(10, 10)), do.EndStream(1))

    first, second = play.bench.recognition.streams
    assert (first.settings.encoding, first.settings.sample_rate_hz) == ("ogg-opus", 48_000)
    whole, rest = OggStream(), OggStream()
    assert first.heard == whole.push(packets(0, 10)) + whole.push(packets(10, 10))
    assert second.heard == rest.push(packets(10, 10))
    assert second.heard.startswith(b"OggS")


@in_virtual_time
async def test_a_session_that_breaks_goes_on_ticking() -> None:
    """A defect in one decision is told to whoever asked for it; the session lives, and is not asked madly."""
    play = Play()
    play.script.due_at = 0.0
    play.script.breaks_on = ev.MessageTaken
    with pytest.raises(RuntimeError):
        play.runner.post(ev.MessageTaken(FIRST, NEVER, Ping(None, SESSION)))
    loop = asyncio.get_running_loop()
    began_at = loop.time()

    await until(lambda: play.script.told)

    assert loop.time() - began_at == pytest.approx(DEFECT_PAUSE_S, abs=0.1)
    play.runner.abort()


# -- the end ----------------------------------------------------------------------------------------------


@in_virtual_time
async def test_closing_ends_everything_but_what_is_being_written() -> None:
    """No timer, no stream, no event any more; a write that is under way is waited for."""
    play = Play()
    play.script.due_at = 1.0
    await play.perform(do.OpenStream(0))
    play.bench.audio.puts.hold()

    await play.perform(PUT, do.Close(), do.Close())
    play.bench.audio.puts.release()
    await play.runner.settle(within_s=5.0)
    told = list(play.script.told)
    play.runner.post(ev.Tick())
    await asyncio.sleep(10.0)

    assert play.bench.audio.ending_with(".pcm")
    assert play.script.told == told
    assert play.bench.recognition.streams[0].is_aborted
    assert len(asyncio.all_tasks()) == 1


@in_virtual_time
async def test_settling_waits_no_longer_than_it_may() -> None:
    """A store that does not answer is left behind, and no task of the session with it."""
    play = Play()
    play.bench.audio.puts.hold()
    await play.perform(PUT)
    play.runner.abort()

    await play.runner.settle(within_s=3.0)
    await settled()

    assert asyncio.get_running_loop().time() == pytest.approx(3.0, abs=0.1)
    assert len(asyncio.all_tasks()) == 1


@in_virtual_time
async def test_what_is_said_carries_session_and_epoch() -> None:
    """A client tells the words of an older owner by them."""
    play = Play()

    await play.perform(do.Send(ConnectionId(FIRST), Ack(3, 2)))

    assert [json.loads(text) for text in play.bench.gateway.said_to(FIRST)] == [
        {"type": "ack", "session_id": SESSION, "epoch": 1, "received": 3, "durable": 2}
    ]


def _break(*_: Any) -> Any:
    raise DEFECT
