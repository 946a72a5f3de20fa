"""Judge which of Whisper's phrases were spoken: on near-silence it makes some up. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from local_stack.recognisers.segmenter import WINDOW_S, Utterance
from local_stack.recognisers.speech_models import HeardPhrase, HeardWord

_SURELY_NO_SPEECH = 0.6  # Whisper's own threshold ...
_POOR_LOG_PROBABILITY = -0.7  # ... when it is not sure of its words either
_SUSPECT_NO_SPEECH = 0.15
_SUSPECT_LOG_PROBABILITY = -0.5
_HOPELESS_LOG_PROBABILITY = -1.5
_SPEECH = 0.35  # Silero
_SLACK_S = 0.2  # Whisper's times are that rough
# What Whisper learnt from the ends of videos, and says when nothing is said.
_STOCK_PHRASES = frozenset(
    {
        "bye",
        "bye bye",
        "okay",
        "see you in the next one",
        "see you next time",
        "thank you",
        "thank you for watching",
        "thank you very much",
        "thanks for watching",
        "we'll be right back",
        "you",
    }
)


def spoken_words(
    phrases: Sequence[HeardPhrase], utterance: Utterance, draft: Callable[[], str]
) -> list[HeardWord]:
    """Keep the words that the sound bears out; suspect ones only if the other model wrote them in `draft`."""
    return [word for phrase in phrases if _was_spoken(phrase, utterance, draft) for word in phrase.words]


def _was_spoken(phrase: HeardPhrase, utterance: Utterance, draft: Callable[[], str]) -> bool:
    if not phrase.words or not _speech_within(phrase, utterance):
        return False
    if phrase.mean_log_probability < _HOPELESS_LOG_PROBABILITY:
        return False
    if (
        phrase.no_speech_probability > _SURELY_NO_SPEECH
        and phrase.mean_log_probability < _POOR_LOG_PROBABILITY
    ):
        return False
    text = _plain(" ".join(word.text for word in phrase.words))
    if text in _STOCK_PHRASES and text not in _plain(draft()):
        return (
            phrase.no_speech_probability < _SUSPECT_NO_SPEECH
            and phrase.mean_log_probability > _SUSPECT_LOG_PROBABILITY
        )
    return True


def _speech_within(phrase: HeardPhrase, utterance: Utterance) -> bool:
    first = int((phrase.words[0].start_s - _SLACK_S) / WINDOW_S)
    last = int((phrase.words[-1].end_s + _SLACK_S) / WINDOW_S)
    return any(probability > _SPEECH for probability in utterance.probabilities[max(0, first) : last + 1])


def _plain(text: str) -> str:
    return " ".join(text.lower().replace(",", " ").replace(".", " ").replace("!", " ").split())
