"""The runner does what the session decides: effects in order, answers as events, and nothing left behind."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from contract.audio import Encoding, Quality, bytes_in
from contract.records import (
    ConnectionId,
)
from contract.replies import Ack
from contract.wire import Audio, Code, Ping, Stop
from streaming_task.adapters.ogg_opus import OggStream
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.runner import DEFECT_PAUSE_S, SessionRunner
from tests.fakes.live_ports import CLEAN
from tests.fakes.opus import packets
from tests.fakes.virtual_time import in_virtual_time, settled, until
from tests.streaming_task.bench import FIRST, SESSION, Bench, terms
from tests.streaming_task.core.scene import NEVER, Scene
from tests.streaming_task.play import DEFECT, PUT, Play


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
