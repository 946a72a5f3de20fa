"""Recognition of Opus: streams begin and chunks end between packets, and times stay true."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from contract.audio import Encoding
from contract.wire import Audio
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core import recording as recording_module
from streaming_task.core.coding import OpusCoding
from streaming_task.core.results import Ended, RecognisedResult, StreamEnd
from streaming_task.core.session import Session
from tests.fakes.opus import PACKET_SAMPLES, packets
from tests.streaming_task.core.scene import LIMITS, Scene

RESET = Ended(StreamEnd.RESET, "Reset")
SECOND = 50  # packets


def result(start_s: float, end_s: float) -> RecognisedResult:
    return RecognisedResult("r", False, start_s, end_s, "text", (), ())


def scene_of(count: int) -> Scene:
    """Open a session that was sent so many packets, and its stream."""
    scene = Scene()
    terms = replace(scene.session.meta.terms, encoding=Encoding.OPUS, sample_rate_hz=48_000)
    meta = replace(scene.session.meta, terms=terms)
    scene.session = Session(meta, LIMITS, 0.0, Random(1), coding=OpusCoding(lambda _: False))
    scene.start()
    send(scene, 0, count)
    scene.open_stream()
    return scene


def send(scene: Scene, first: int, count: int) -> None:
    scene.message(Audio("a", "s1", first * PACKET_SAMPLES, packets(first, count)))


def fed(scene: Scene, stream: int) -> list[do.Feed]:
    return [feed for feed in scene.of(do.Feed) if feed.stream == stream]


def test_packets_are_fed_whole_in_chunks_of_200_ms() -> None:
    """Nothing is cut within a packet, nothing comes twice, and the last one does not wait."""
    scene = scene_of(34)

    assert [feed.start // PACKET_SAMPLES for feed in fed(scene, 0)] == [0, 10, 20, 30]
    assert b"".join(feed.data for feed in fed(scene, 0)) == packets(0, 34)


def test_the_next_stream_begins_with_the_packet_in_which_text_ends() -> None:
    """Its times count from that packet's first sample: a word is where it was said, to the millisecond."""
    scene = scene_of(SECOND)
    scene.tell(ev.StreamResults(0, (result(0.0, 0.613),)))
    scene.tell(ev.FinalStored())
    scene.tell(ev.StreamEnded(0, RESET))
    scene.wait(0.0)
    scene.open_stream()

    scene.tell(ev.StreamResults(1, (result(0.1, 0.2),)))

    assert (fed(scene, 1)[0].start, fed(scene, 1)[0].data[:40]) == (30 * PACKET_SAMPLES, packets(30, 10)[:40])
    *_, step = scene.of(do.StoreFinal)
    assert step.final is not None
    assert (step.final.start_ms, step.final.end_ms) == (700, 800)
    assert (step.start, step.end) == (round(0.613 * 48_000), round(0.8 * 48_000))


def test_packets_that_memory_let_go_of_are_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read begins where the stored packets can be cut, before what was asked for."""
    monkeypatch.setattr(recording_module, "DURABLE_HELD_BYTES", 100)
    scene = scene_of(SECOND)
    scene.tell(ev.StreamResults(0, (result(0.0, 0.613),)))
    scene.tell(ev.FinalStored())
    scene.wait(2.1)
    scene.store_parts()
    scene.tell(ev.StreamEnded(0, RESET))
    scene.wait(0.0)
    scene.open_stream()

    (reading,) = scene.of(do.ReadAudio)
    scene.tell(ev.AudioRead(30 * PACKET_SAMPLES, packets(30, 20)))
    scene.wait(3.0)

    assert reading.start == round(0.613 * 48_000)
    assert b"".join(feed.data for feed in fed(scene, 1)) == packets(30, 20)
    assert fed(scene, 1)[0].start == 30 * PACKET_SAMPLES
