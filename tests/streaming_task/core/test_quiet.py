"""A doctor who speaks into a muted microphone is told so, once, and not while she examines or is heard."""

from __future__ import annotations

import pytest

from contract.replies import Warn, WarningCode
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.quiet import BEFORE_THE_FIRST_WORD_S, BETWEEN_WORDS_S
from streaming_task.core.results import RecognisedItem, RecognisedResult
from tests.streaming_task.core.scene import RATE, Scene

WORD = RecognisedItem("on", "word", 0.0, 1.0, 0.9, None)


class Room:
    """A session that hears audio, a second in a second."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.scene.start()
        self.at = 0

    def is_quiet(self, seconds: float) -> None:
        """Send audio in which nobody speaks."""
        self._audio(seconds, b"\x01\x00")

    def is_loud(self, seconds: float) -> None:
        """Send audio in which somebody speaks, or hammers."""
        self._audio(seconds, b"\x00\x40")

    def says(self, text: str) -> None:
        """Let the recogniser understand something."""
        *_, opening = self.scene.of(do.OpenStream)
        result = RecognisedResult("r", True, 0.0, 1.0, text, (WORD,), ())
        self.scene.tell(ev.StreamResults(opening.stream, (result,)))

    def warnings(self) -> int:
        """Count how often it was said."""
        return [warn.code for warn in self.scene.said_of(Warn)].count(WarningCode.SILENCE)

    def _audio(self, seconds: float, sample: bytes) -> None:
        for _ in range(round(seconds)):
            self.scene.send(self.at, sample * RATE)
            self.at += RATE
            if not list(self.scene.of(do.Feed)):
                self.scene.open_stream()
            self.scene.wait(1.0)


def test_a_muted_microphone_is_told_before_the_first_word_and_once() -> None:
    """Fifteen seconds without a sound: she would otherwise dictate a whole letter to nobody."""
    room = Room()

    room.is_quiet(BEFORE_THE_FIRST_WORD_S - 2)
    early = room.warnings()
    room.is_quiet(60)

    assert (early, room.warnings()) == (0, 1)


def test_an_examination_may_be_quiet_for_longer() -> None:
    """Once she was heard the microphone works: half a minute of quiet is told, less is not."""
    room = Room()
    room.is_loud(2)
    room.says("on")

    room.is_quiet(BETWEEN_WORDS_S - 2)
    early = room.warnings()
    room.is_quiet(3)

    assert (early, room.warnings()) == (0, 1)


def test_the_next_stretch_is_told_again() -> None:
    """The page takes the notice back with a word; a microphone may be muted twice."""
    room = Room()
    room.is_quiet(20)
    room.says("on")

    room.is_quiet(BETWEEN_WORDS_S + 1)

    assert room.warnings() == 2


@pytest.mark.parametrize("text", ["on", ""], ids=["words", "no words"])
def test_only_words_begin_a_new_stretch(text: str) -> None:
    """An empty result takes back what was said; it is no sign that anybody is heard."""
    room = Room()
    room.is_quiet(20)
    room.says(text)

    room.is_quiet(BETWEEN_WORDS_S + 1)

    assert room.warnings() == (2 if text else 1)


def test_loud_audio_without_words_is_not_called_silence() -> None:
    """To tell her to check a microphone that works would be wrong: the recogniser is what is asked again."""
    room = Room()

    for _ in range(6):
        room.is_quiet(4)
        room.is_loud(1)

    assert room.warnings() == 0


def test_a_pause_is_no_silence() -> None:
    """What counts is audio, not time."""
    room = Room()
    room.is_quiet(5)

    room.scene.wait(120.0)

    assert room.warnings() == 0


def test_nobody_is_warned_after_the_stop() -> None:
    """The recording is over: there is nothing left to check."""
    room = Room()
    room.is_quiet(BEFORE_THE_FIRST_WORD_S - 2)

    room.scene.send(room.at, b"\x01\x00" * 5 * RATE)
    room.scene.stop(room.at + 5 * RATE)
    room.scene.wait(5.0)

    assert room.warnings() == 0
