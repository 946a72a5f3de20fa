"""A stream is replaced before its credentials expire: between two sentences, if there is time for it."""

from __future__ import annotations

from array import array

import pytest

from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.expiry import Expiry
from tests.streaming_task.core.scene import RATE, Scene

CHUNK_S = 0.2
CHUNK = RATE // 5
VOICE = array("h", [4_000] * CHUNK).tobytes()
QUIET = bytes(2 * CHUNK)
EXPIRES_AT = 20.0  # so a pause is looked for from 13.75 s on, and waited for until 15 s


class Speaker:
    """Somebody whose first sound opened a stream."""

    def __init__(self, expires_at: float | None) -> None:
        self.scene = Scene()
        self.scene.start()
        self._at = CHUNK
        self.scene.send(0, VOICE)
        self.scene.open_stream(expires_at)

    def until(self, seconds: float, sound: bytes = VOICE) -> None:
        """Speak, or not, until so much time has passed or the stream is ended."""
        while self.scene.now < seconds - CHUNK_S / 2 and not self.has_ended:
            self.scene.wait(CHUNK_S)
            self.scene.send(self._at, sound)
            self.scene.tell(ev.StreamResults(0, ()))  # it does not hang
            self._at += CHUNK

    @property
    def has_ended(self) -> bool:
        return bool(list(self.scene.of(do.EndStream)))


def test_a_stream_ends_in_the_first_pause_of_its_last_time() -> None:
    """Ended within a word, each of two streams would hear one half of it."""
    speaker = Speaker(EXPIRES_AT)
    speaker.until(14.0)
    speaker.until(14.4, QUIET)
    had_ended = speaker.has_ended

    speaker.until(15.0, QUIET)

    assert not had_ended
    assert speaker.scene.now == pytest.approx(14.6)
    assert list(speaker.scene.of(do.EndStream)) == [do.EndStream(0)]


def test_a_stop_within_a_word_is_no_pause() -> None:
    """Quiet that was no pause does not add up; who never pauses is cut off before the credentials are."""
    speaker = Speaker(EXPIRES_AT)
    for second in range(1, 20):
        speaker.until(second - 0.4)
        speaker.until(second, QUIET)

    assert speaker.scene.now == pytest.approx(15.0, abs=CHUNK_S)


def test_a_pause_that_comes_before_is_left_alone() -> None:
    """A stream more costs more than it gives while these credentials are good for long."""
    speaker = Speaker(EXPIRES_AT)
    speaker.until(13.0, QUIET)
    speaker.until(14.8)

    assert not speaker.has_ended


def test_credentials_that_do_not_expire_end_no_stream() -> None:
    """Such as a developer's own."""
    speaker = Speaker(None)
    speaker.until(60.0)
    speaker.until(64.0, QUIET)

    assert not speaker.has_ended


def test_a_pause_within_what_is_fed_at_once_is_taken() -> None:
    """After a stall much comes together: the stream ends where the quiet was, and not a word later."""
    speaker = Speaker(EXPIRES_AT)
    speaker.until(13.0)
    scene = speaker.scene
    scene.wait(1.0)

    scene.send(round(13.2 * RATE), QUIET * 3 + VOICE)

    assert list(scene.of(do.EndStream)) == [do.EndStream(0)]
    assert list(scene.of(do.Feed))[-1].start == round(13.6 * RATE)


def test_quiet_that_a_full_stream_did_not_take_is_no_pause() -> None:
    """It is fed again, and counts then."""
    speaker = Speaker(EXPIRES_AT)
    speaker.until(12.6)
    speaker.until(13.4, QUIET)  # too early to count
    scene = speaker.scene
    scene.tell(ev.StreamBlocked(0, round(12.6 * RATE)))
    scene.wait(1.0)
    had_ended = speaker.has_ended

    scene.tell(ev.StreamWritable(0))

    assert (had_ended, speaker.has_ended) == (False, True)


def test_whoever_says_nothing_more_is_woken_in_time() -> None:
    """Between two messages, too, the time may come."""
    speaker = Speaker(EXPIRES_AT)
    speaker.until(14.0)
    scene = speaker.scene

    while not speaker.has_ended:
        due_at = scene.session.next_due_at(scene.now, scene.wall)
        assert due_at is not None
        assert due_at < 15.1
        scene.wall += due_at - scene.now
        scene.now = due_at
        scene.tell(ev.Tick())

    assert scene.wall == pytest.approx(15.0)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_a_pause_is_as_long_at_every_rate(rate_hz: int) -> None:
    """Six tenths of a second; not less."""
    expiry = Expiry(rate_hz)
    expiry.begin(rate_hz)
    expiry.opened(0.0, EXPIRES_AT)
    due = []
    for samples in (rate_hz * 6 // 10 - 1, rate_hz * 6 // 10):
        due.append(expiry.is_due(14.0, rate_hz + samples))

    assert due == [False, True]


def test_what_was_quiet_before_a_stream_is_not_its_pause() -> None:
    """It begins with what the last one had not heard to its end, and must hear a pause of its own."""
    expiry = Expiry(RATE)
    expiry.begin(0)
    expiry.opened(0.0, EXPIRES_AT)
    was_due = expiry.is_due(14.0, 2 * RATE)

    expiry.begin(3 * RATE)
    is_due_unopened = expiry.is_due(EXPIRES_AT, 3 * RATE)
    expiry.opened(12.0, EXPIRES_AT)

    assert (was_due, is_due_unopened) == (True, False)
    assert [expiry.is_due(wall, 3 * RATE + CHUNK) for wall in (17.6, 18.0)] == [False, True]
