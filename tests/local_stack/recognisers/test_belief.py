"""What Whisper makes up on near-silence is not believed; what was spoken is."""

from __future__ import annotations

import numpy as np
import pytest

from local_stack.recognisers.belief import spoken_words
from local_stack.recognisers.segmenter import WINDOW_S, WINDOW_SAMPLES, Utterance
from local_stack.recognisers.speech_models import HeardPhrase, HeardWord

SPEECH_S, LENGTH_S = 2.0, 5.0
WINDOWS = round(LENGTH_S / WINDOW_S)


def utterance() -> Utterance:
    """Two seconds of speech, then three of quiet."""
    return Utterance(
        number=1,
        start_s=100.0,
        samples=np.zeros(WINDOWS * WINDOW_SAMPLES, np.float32),
        speech_start_s=100.0,
        speech_end_s=100.0 + SPEECH_S,
        probabilities=tuple(0.9 if n * WINDOW_S < SPEECH_S else 0.01 for n in range(WINDOWS)),
    )


def phrase(
    text: str, *, at_s: float = 0.5, no_speech: float = 0.03, log_probability: float = -0.3
) -> HeardPhrase:
    """Give a phrase of words of 0.2 s each."""
    words = tuple(
        HeardWord(word, at_s + n * 0.2, at_s + (n + 1) * 0.2, 0.8) for n, word in enumerate(text.split())
    )
    return HeardPhrase(words, no_speech, log_probability)


def kept(heard: HeardPhrase, draft: str = "") -> str:
    """Give what remains of one phrase."""
    return " ".join(word.text for word in spoken_words([heard], utterance(), lambda: draft))


@pytest.mark.parametrize(
    "heard",
    [
        phrase("She denies chest pain."),
        phrase("She denies chest pain.", no_speech=0.9),
        phrase("She denies chest pain.", log_probability=-1.2),
        phrase("Thank you."),
    ],
    ids=["sure", "sure of the words", "unsure of the words", "sure thanks"],
)
def test_speech_is_believed(heard: HeardPhrase) -> None:
    """One doubt alone takes no words away: losing a sentence is worse than a stray one."""
    assert kept(heard) == " ".join(word.text for word in heard.words)


@pytest.mark.parametrize(
    "heard",
    [
        phrase("Thanks for watching!", no_speech=0.3),
        phrase("Thank you.", log_probability=-0.8),
        phrase("She denies chest pain.", no_speech=0.8, log_probability=-0.9),
        phrase("She denies chest pain.", log_probability=-1.8),
        phrase("She denies chest pain.", at_s=3.5),
        phrase(""),
    ],
    ids=["stock phrase", "unsure thanks", "no speech", "hopeless", "in the quiet", "empty"],
)
def test_inventions_are_not_believed(heard: HeardPhrase) -> None:
    """Words that neither the sound nor the models bear out are no words."""
    assert kept(heard) == ""


def test_a_stock_phrase_that_both_models_heard_is_believed() -> None:
    """Doctors do say thank you."""
    thanks = phrase("Thank you.", no_speech=0.3)

    assert kept(thanks, draft="thank you") == "Thank you."


def test_an_invention_takes_no_other_phrase_with_it() -> None:
    """Each phrase is judged by itself."""
    phrases = [phrase("Chest pain."), phrase("Thank you.", at_s=4.0)]

    words = spoken_words(phrases, utterance(), lambda: "Chest pain.")

    assert [word.text for word in words] == ["Chest", "pain."]
