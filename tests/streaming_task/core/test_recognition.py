"""Streams come and go; the text goes on from where it was stored."""

from __future__ import annotations

import pytest

from contract.replies import Partial, Status, Transcription
from contract.wire import Audio, Pause
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core import recording as recording_module
from streaming_task.core.results import Ended, RecognisedItem, RecognisedResult, StreamEnd
from tests.streaming_task.core.scene import RATE, Scene

RESET = Ended(StreamEnd.RESET, "reset")
CLEAN = Ended(StreamEnd.CLEAN, "")
QUOTA = Ended(StreamEnd.LIMIT_EXCEEDED, "LimitExceededException")
CHUNK = RATE // 5
FRAME = RATE // 50
ODD = CHUNK + 10  # samples: as many as no frame ends with


def final(start_s: float, end_s: float) -> RecognisedResult:
    item = RecognisedItem("word", "word", start_s, end_s, 1.0, None)
    return RecognisedResult("r", False, start_s, end_s, "word", (item,), ())


def live_scene(samples: int = RATE, expires_at: float | None = None) -> Scene:
    scene = Scene()
    scene.start()
    scene.audio(0, samples)
    scene.open_stream(expires_at)
    return scene


def fed(scene: Scene) -> list[tuple[int, int]]:
    return [(feed.stream, feed.start) for feed in scene.of(do.Feed)]


def statuses(scene: Scene) -> list[Transcription]:
    return [status.transcription for status in scene.said_of(Status)]


def test_a_stream_opens_with_the_first_audio() -> None:
    """No audio, no stream: a silent room costs nothing."""
    scene = Scene()
    scene.start()
    assert list(scene.of(do.OpenStream)) == []

    scene.audio(0, CHUNK)

    assert list(scene.of(do.OpenStream)) == [do.OpenStream(0)]


def test_live_audio_is_fed_at_once_in_chunks_of_200_ms() -> None:
    """What the recogniser has not heard it cannot write."""
    scene = live_scene()

    assert fed(scene) == [(0, start) for start in range(0, RATE, CHUNK)]


def test_audio_behind_a_hole_waits() -> None:
    """The recogniser hears the audio in order, or not yet."""
    scene = live_scene()
    scene.audio(2 * RATE, RATE)

    assert fed(scene)[-1] == (0, RATE - CHUNK)
    scene.wait(1.0)
    scene.audio(RATE, RATE)
    assert (0, RATE) in fed(scene)


def test_a_backlog_is_fed_at_twice_real_time() -> None:
    """Catching up must not look like an attack to Transcribe."""
    scene = live_scene(20 * RATE)
    at_once = len(fed(scene))
    scene.wait(2.0)

    assert at_once == 5
    assert len(fed(scene)) == pytest.approx(25, abs=1)


def test_a_reset_goes_on_from_the_stored_text() -> None:
    """Nothing twice, nothing left out: the next stream begins where finals end."""
    scene = live_scene()
    scene.tell(ev.StreamResults(0, (final(0.0, 0.6),)))
    scene.tell(ev.StreamEnded(0, RESET))
    scene.wait(0.0)
    stream = scene.open_stream()

    assert stream == 1
    assert fed(scene)[5] == (1, round(0.6 * RATE))
    scene.tell(ev.StreamResults(1, (final(0.0, 0.4),)))
    scene.tell(ev.FinalStored())
    steps = [(step.start, step.end) for step in scene.of(do.StoreFinal)]
    assert steps == [(0, round(0.6 * RATE)), (round(0.6 * RATE), RATE)]


def test_an_early_clean_close_is_no_end() -> None:
    """A server that says goodbye in mid-sentence is a fault like any other."""
    scene = live_scene()
    scene.tell(ev.StreamEnded(0, Ended(StreamEnd.EARLY, "")))
    scene.wait(0.0)

    assert list(scene.of(do.OpenStream))[-1] == do.OpenStream(1)


def test_an_old_streams_last_words_are_not_heard() -> None:
    """After a new stream begins at its own base, the old one's times mean nothing."""
    scene = live_scene()
    scene.tell(ev.StreamEnded(0, RESET))
    scene.wait(0.0)
    scene.open_stream()

    scene.tell(ev.StreamResults(0, (final(0.0, 1.0),)))
    scene.tell(ev.StreamEnded(0, CLEAN))
    scene.tell(ev.StreamBlocked(0, 0))
    scene.tell(ev.StreamWritable(0))
    scene.tell(ev.StreamOpened(0, None))

    assert list(scene.of(do.StoreFinal)) == []


def test_silence_parks_the_stream_and_speech_opens_another() -> None:
    """Transcribe closes after 15 s without audio; we do it first, and in good order."""
    scene = live_scene()
    scene.wait(9.9)
    assert list(scene.of(do.EndStream)) == []
    scene.wait(0.1)
    assert list(scene.of(do.EndStream)) == [do.EndStream(0)]

    scene.tell(ev.StreamEnded(0, CLEAN))
    scene.tell(ev.FinalStored())
    assert statuses(scene)[-1] is Transcription.PARKED
    scene.audio(RATE, CHUNK)

    assert list(scene.of(do.OpenStream)) == [do.OpenStream(0), do.OpenStream(1)]
    scene.open_stream()
    assert fed(scene)[-1] == (1, RATE)


def test_a_pause_parks_at_once() -> None:
    """The doctor said that nothing follows, so nobody has to wait for silence."""
    scene = live_scene()

    scene.message(Pause(None, "s1"))

    assert list(scene.of(do.EndStream)) == [do.EndStream(0)]


def test_failures_wait_longer_each_time_and_are_told() -> None:
    """The first retry is at once; after some the text is called unavailable, and recording goes on."""
    scene = Scene()
    scene.start()
    scene.audio(0, RATE)
    for _ in range(6):
        *_, opening = scene.of(do.OpenStream)
        scene.tell(ev.StreamEnded(opening.stream, Ended(StreamEnd.UNAVAILABLE, "x")))
        scene.audio(0, 1)
        scene.wait(9.0)

    assert len(list(scene.of(do.OpenStream))) == 7
    assert Transcription.UNAVAILABLE in statuses(scene)
    assert {opening.stream for opening in scene.of(do.OpenStream)} == {0}


def test_the_quota_makes_text_late_not_unavailable() -> None:
    """Others use the account's streams: it is delayed, and asked for again without hurry."""
    scene = Scene()
    scene.start()
    scene.audio(0, 5 * RATE)
    for _ in range(6):
        scene.tell(ev.StreamEnded(0, QUOTA))
        assert len(list(scene.of(do.OpenStream))) == len([*scene.of(do.OpenStream)])
        scene.wait(4.9)
        scene.wait(5.2)

    assert Transcription.UNAVAILABLE not in statuses(scene)
    assert Transcription.DELAYED in statuses(scene)
    assert len(list(scene.of(do.OpenStream))) == 7


def test_a_long_healthy_stream_forgives_old_failures() -> None:
    """Retries count consecutive failures."""
    scene = live_scene()
    for _ in range(3):
        scene.tell(ev.StreamEnded(scene.session._recognition.stream, RESET))
        scene.wait(9.0)
        scene.open_stream()
    for second in range(1, 35):
        scene.audio(second * RATE, RATE)
        scene.wait(1.0)
    opened = len(list(scene.of(do.OpenStream)))

    scene.tell(ev.StreamEnded(scene.session._recognition.stream, RESET))
    scene.wait(0.0)

    assert len(list(scene.of(do.OpenStream))) == opened + 1


def test_a_full_stream_is_given_the_same_audio_again() -> None:
    """What it did not take was not heard."""
    scene = live_scene()
    scene.tell(ev.StreamBlocked(0, 2 * CHUNK))
    count = len(fed(scene))
    scene.audio(RATE, CHUNK)
    assert len(fed(scene)) == count

    scene.wait(1.0)
    scene.tell(ev.StreamWritable(0))

    assert fed(scene)[count] == (0, 2 * CHUNK)


def test_a_stream_ends_between_frames_however_messages_are_cut() -> None:
    """What the next one hears first is nothing that the last one had heard the beginning of."""
    scene = live_scene(CHUNK, expires_at=20.0)
    for number in range(1, 16):
        scene.wait(1.0)
        scene.audio(number * ODD + CHUNK - ODD, ODD)

    assert list(scene.of(do.EndStream)) == [do.EndStream(0)]
    ends = [feed.start + len(feed.data) // 2 for feed in scene.of(do.Feed)]
    assert [end % FRAME for end in ends] == [0] * len(ends)
    assert ends[-1] > CHUNK


def test_less_than_a_frame_after_the_last_text_is_nothing_to_wait_for() -> None:
    """The recogniser's times lie anywhere; what is left then is told as parked, not as text to come."""
    scene = live_scene()
    scene.tell(ev.StreamResults(0, (final(0.0, 0.99),)))
    scene.tell(ev.FinalStored())

    scene.tell(ev.StreamEnded(0, RESET))
    scene.wait(1.0)

    assert list(scene.of(do.OpenStream)) == [do.OpenStream(0)]
    assert statuses(scene)[-1] is Transcription.PARKED


@pytest.mark.parametrize("has_paused", [False, True])
def test_the_last_piece_of_a_frame_is_part_of_the_session(*, has_paused: bool) -> None:
    """It is heard with the rest; after a pause it opens no stream of its own: nothing is said so quickly."""
    scene = Scene()
    scene.start()
    scene.audio(0, ODD)
    scene.open_stream()
    if has_paused:
        scene.message(Pause(None, "s1"))
        scene.tell(ev.StreamEnded(0, CLEAN))
        scene.tell(ev.FinalStored())
        assert statuses(scene)[-1] is Transcription.PARKED

    scene.stop(ODD)
    if not has_paused:
        scene.tell(ev.StreamEnded(0, CLEAN))

    fed_to = [feed.start + len(feed.data) // 2 for feed in scene.of(do.Feed)]
    assert fed_to[-1] == (ODD - ODD % FRAME if has_paused else ODD)
    assert [opened.stream for opened in scene.of(do.OpenStream)] == [0]
    assert list(scene.of(do.StoreFinal))[-1].end == ODD


def test_audio_that_memory_let_go_of_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that must start far back hears what the store kept."""
    monkeypatch.setattr(recording_module, "DURABLE_HELD_BYTES", RATE)
    scene = live_scene()
    for second in range(1, 4):
        scene.audio(second * RATE, RATE)
        scene.wait(2.1)
        scene.store_parts()
    scene.tell(ev.StreamEnded(0, RESET))
    scene.wait(0.0)
    scene.open_stream()

    (reading,) = scene.of(do.ReadAudio)
    assert reading.start == 0
    count = len(fed(scene))
    scene.tell(ev.AudioRead(0, b"\x01\x00" * (reading.end - reading.start)))

    assert fed(scene)[count] == (1, 0)


def test_partials_are_said_as_they_come() -> None:
    """Never stored, never waited for."""
    scene = live_scene()
    item = RecognisedItem("wo", "word", 0.0, 0.5, None, None)
    scene.tell(ev.StreamResults(0, (RecognisedResult("r", True, 0.0, 0.5, "wo", (item,), ()),)))

    assert [partial.text for partial in scene.said_of(Partial)] == ["wo"]


def test_status_is_repeated_while_not_live() -> None:
    """A doctor who sees no text is told why, again and again."""
    scene = Scene()
    scene.start()

    scene.wait(16.0)

    assert statuses(scene) == [Transcription.PARKED] * 4


def test_a_stream_that_hears_speech_and_says_nothing_is_replaced() -> None:
    """Ten seconds of loud audio without a word: it hangs; the next one gets twice the patience."""
    scene = live_scene()
    for second in range(1, 45):
        scene.wait(1.0)
        scene.message(Audio("a", "s1", second * RATE, b"\x00\x40" * RATE))
        if len(list(scene.of(do.OpenStream))) > len(list(scene.of(do.AbortStream))) > 0:
            scene.open_stream()

    assert list(scene.of(do.AbortStream)) == [do.AbortStream(0), do.AbortStream(1)]
    assert scene.now < 45.0


def test_quiet_audio_needs_no_words() -> None:
    """A doctor who thinks is not a fault."""
    scene = live_scene()
    for second in range(1, 40):
        scene.wait(1.0)
        scene.audio(second * RATE, RATE)

    assert list(scene.of(do.AbortStream)) == []


def test_a_blocked_stream_asks_for_no_ticks() -> None:
    """It wakes the session itself when it takes audio again."""
    scene = live_scene()
    scene.tell(ev.StreamBlocked(0, 2 * CHUNK))
    scene.wait(60.0)

    assert scene.session.next_due_at(scene.now, scene.wall) != scene.now
