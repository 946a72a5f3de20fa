"""A simulated microphone hears what a real one would have by then, no more, no less."""

from __future__ import annotations

import pytest

from contract.audio import PCM_RATE_HZ, Quality, bytes_in
from local_stack.recognisers.counter_audio import counter_audio
from local_stack.recognisers.scripted import FrameFinder
from tools.simulation.microphone import CounterMicrophone, word_end, words_of

RATE_HZ = 16_000


def test_a_frame_comes_when_it_is_whole() -> None:
    """A moment before, it is still being spoken."""
    microphone = CounterMicrophone(RATE_HZ, 1.0)

    assert microphone.heard_by(0.0199) == b""
    assert microphone.heard_by(0.02) == counter_audio(RATE_HZ, 0, 1)
    assert microphone.heard_by(0.0399) == b""


@pytest.mark.parametrize("quality", list(Quality))
@pytest.mark.parametrize("step_s", [0.013, 0.2, 0.37])
def test_every_frame_comes_once_however_seldom_it_is_asked(quality: Quality, step_s: float) -> None:
    """What a late tick did not fetch, the next one does."""
    rate_hz = PCM_RATE_HZ[quality]
    microphone = CounterMicrophone(rate_hz, 4.0)

    heard = b"".join(microphone.heard_by(number * step_s) for number in range(round(5.0 / step_s)))

    assert heard == counter_audio(rate_hz, 0, 200)


def test_it_keeps_time_with_the_clock() -> None:
    """After half the time, half of it was heard, and it is not silent yet."""
    microphone = CounterMicrophone(RATE_HZ, 4.0)

    heard = microphone.heard_by(2.0)

    assert len(heard) == bytes_in(2 * RATE_HZ)
    assert not microphone.is_silent


def test_it_is_silent_once_all_was_given() -> None:
    """Asking again gives nothing: a session has the length it was to have."""
    microphone = CounterMicrophone(RATE_HZ, 1.0)
    microphone.heard_by(60.0)

    assert microphone.is_silent
    assert microphone.heard_by(61.0) == b""


def test_a_word_ends_where_the_recogniser_says_it() -> None:
    """What is timed is the word that the recogniser hears at that very sample, not its neighbour."""
    pcm = counter_audio(RATE_HZ, 0, 100)
    ends = [end for number, end in FrameFinder(RATE_HZ).feed(pcm) if number % 25 == 24]

    assert [bytes_in(word_end(number, RATE_HZ)) for number in range(4)] == ends


def test_only_words_that_were_spoken_to_their_end_are_expected() -> None:
    """Half a word is no word."""
    assert words_of(word_end(2, RATE_HZ) - 1, RATE_HZ) == ["w000000", "w000001"]
    assert words_of(word_end(2, RATE_HZ), RATE_HZ) == ["w000000", "w000001", "w000002"]
