"""Turn what the models heard into Transcribe's items: words, punctuation apart, times in order. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from local_stack.recognisers.interface import Word
from local_stack.recognisers.speech_models import HeardWord

_TRAILING = ".,?!;:"
_QUOTES = "\"'“”()[]{}…*♪"
_KEEP_THEIR_DOT = frozenset(
    {"mr.", "mrs.", "ms.", "dr.", "st.", "jr.", "sr.", "prof.", "vs.", "a.m.", "p.m."}
)
_DOUBTFUL = 0.55  # a stretch of words less likely than this on average is put to the second opinion
_LONGEST_CORRECTION = 4  # words
_LOOP = re.compile(r"(?<!\w)(\w+)(?:\W+\1){3,}(?!\w)|([a-z]{2,6})\2{3,}")


def as_items(
    heard: Sequence[HeardWord], *, offset_s: float, start_s: float, end_s: float
) -> tuple[Word, ...]:
    """Split punctuation off and shift times by `offset_s`, in order and within `start_s` and `end_s`."""
    items: list[Word] = []
    at_s = start_s
    for word in heard:
        begins_s = min(max(word.start_s + offset_s, at_s), end_s)
        at_s = min(max(word.end_s + offset_s, begins_s), end_s)
        text, marks = _split(word.text)
        if text:
            items.append(Word(text, "pronunciation", begins_s, at_s, word.probability))
        elif not items or items[-1].kind == "punctuation":
            continue  # nothing for the punctuation to follow
        items += [Word(mark, "punctuation", at_s, at_s, None) for mark in marks]
    return tuple(items)


def is_loop(text: str) -> bool:
    """Tell a model that has lost its way and says one thing over and over."""
    return _LOOP.search(text.lower()) is not None


def draft_items(text: str, *, start_s: float, end_s: float) -> tuple[Word, ...]:
    """Spread the words of a draft over its time by their length; a draft has no confidences."""
    heard = _spread(_words_of(text), start_s, end_s, probability=0.0)
    return tuple(
        replace(word, confidence=None) for word in as_items(heard, offset_s=0.0, start_s=start_s, end_s=end_s)
    )


def without_hyphens(heard: Sequence[HeardWord]) -> list[HeardWord]:
    """Give `62`, `-year` as two words, as it is spoken; `X`, `-ray` is one, `X-ray`."""
    joined: list[HeardWord] = []
    for word in heard:
        if word.text.startswith("-") and joined and len(word.text) > 1:
            before = joined[-1]
            if len(before.text) == 1:
                both = min(before.probability, word.probability)
                joined[-1] = HeardWord(before.text + word.text, before.start_s, word.end_s, both)
                continue
            word = replace(word, text=word.text[1:])
        joined.append(word)
    return joined


def with_second_opinion(heard: Sequence[HeardWord], draft: Callable[[], str]) -> list[HeardWord]:
    """Where the careful model doubts its own words and the quick one's `draft` has others, take those."""
    if all(word.probability >= _DOUBTFUL for word in heard[1:]):
        return list(heard)
    second = _words_of(draft())
    matcher = SequenceMatcher(
        None, [_key(word.text) for word in heard], [_key(word) for word in second], autojunk=False
    )
    agreed: list[HeardWord] = []
    for tag, first_start, first_end, second_start, second_end in matcher.get_opcodes():
        stretch = heard[first_start:first_end]
        rewritten = second[second_start:second_end]
        # Whisper is unsure of every first word, most often without cause.
        if tag != "replace" or first_start == 0 or not _may_replace(stretch, rewritten):
            agreed += stretch
            continue
        probability = sum(word.probability for word in stretch) / len(stretch)
        agreed += _spread(rewritten, stretch[0].start_s, stretch[-1].end_s, probability=probability)
    return agreed


def _may_replace(stretch: Sequence[HeardWord], rewritten: Sequence[str]) -> bool:
    if len(rewritten) > len(stretch) or len(stretch) > _LONGEST_CORRECTION:
        return False  # the quick model stretches one unknown word over several known ones
    if any(letter.isdigit() for word in stretch for letter in word.text):
        return False  # the careful one's figures are better than the other's number words
    return sum(word.probability for word in stretch) / len(stretch) < _DOUBTFUL


def _split(text: str) -> tuple[str, str]:
    """Split a written word into itself and the marks that follow it; quotes and brackets go."""
    text = text.strip().strip(_QUOTES)
    if text.lower() in _KEEP_THEIR_DOT:
        return text, ""
    word = text.rstrip(_TRAILING + _QUOTES).lstrip(_TRAILING + "-")
    marks = [mark for mark in text[len(text.rstrip(_TRAILING + _QUOTES)) :] if mark in _TRAILING]
    if not any(letter.isalnum() for letter in word):
        word = ""
    return word, marks[0] if marks else ""


def _words_of(text: str) -> list[str]:
    words: list[str] = []
    for written in text.split():
        parts = [part for part in written.split("-") if part]
        lone_letter = any(len(part.strip(_TRAILING)) == 1 for part in parts)
        words += [written] if lone_letter else parts
    return words


def _key(text: str) -> str:
    return _split(text)[0].lower()


def _spread(words: Sequence[str], start_s: float, end_s: float, *, probability: float) -> list[HeardWord]:
    letters = sum(len(word) for word in words)
    per_letter_s = (end_s - start_s) / letters if letters else 0.0
    spread: list[HeardWord] = []
    at_s = start_s
    for word in words:
        until_s = at_s + len(word) * per_letter_s
        spread.append(HeardWord(word, at_s, until_s, probability))
        at_s = until_s
    return spread
