"""What the models wrote becomes Transcribe's items."""

from __future__ import annotations

import pytest

from local_stack.recognisers.interface import text_of
from local_stack.recognisers.items import (
    as_items,
    draft_items,
    is_loop,
    with_second_opinion,
    without_hyphens,
)
from local_stack.recognisers.speech_models import HeardWord


def heard(*texts: str, probability: float = 0.9) -> list[HeardWord]:
    """Give words of half a second each."""
    return [HeardWord(text, n / 2, (n + 1) / 2, probability) for n, text in enumerate(texts)]


def doubted(words: list[HeardWord], *numbers: int) -> list[HeardWord]:
    """Lower the probability of some words."""
    return [
        HeardWord(word.text, word.start_s, word.end_s, 0.3 if n in numbers else word.probability)
        for n, word in enumerate(words)
    ]


def test_punctuation_becomes_an_item_of_its_own() -> None:
    """Transcribe gives marks apart, without confidence, at the end of the word before."""
    items = as_items(heard("Chest", "pain,", "nausea."), offset_s=10.0, start_s=10.0, end_s=20.0)

    assert [(item.text, item.kind) for item in items] == [
        ("Chest", "pronunciation"),
        ("pain", "pronunciation"),
        (",", "punctuation"),
        ("nausea", "pronunciation"),
        (".", "punctuation"),
    ]
    assert (items[2].start_s, items[2].end_s, items[2].confidence) == (11.0, 11.0, None)
    assert text_of(items) == "Chest pain, nausea."


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("Mr.", "Mr."),
        ("a.m.", "a.m."),
        ("98.6", "98.6"),
        ("120/80.", "120/80."),
        ("don't", "don't"),
        ('"Well,"', "Well,"),
        ("(sic)", "sic"),
        ("pain...", "pain."),
        ("What?!", "What?"),
    ],
)
def test_words_keep_what_belongs_to_them(written: str, text: str) -> None:
    """Titles keep their dot, figures theirs; quotes and brackets are not spoken."""
    assert text_of(as_items(heard(written), offset_s=0.0, start_s=0.0, end_s=1.0)) == text


@pytest.mark.parametrize("written", [".", "-", "...", "♪", "[", ""])
def test_marks_without_a_word_are_nothing(written: str) -> None:
    """An utterance of marks alone holds no item."""
    assert as_items(heard(written), offset_s=0.0, start_s=0.0, end_s=1.0) == ()


def test_times_are_in_order_and_within_the_audio() -> None:
    """Whisper's times overlap and run over at times; items' never do."""
    words = [
        HeardWord("one", -0.2, 0.8, 0.9),
        HeardWord("two", 0.6, 0.5, 0.9),
        HeardWord("three", 0.9, 9.0, 0.9),
    ]

    items = as_items(words, offset_s=1.0, start_s=1.2, end_s=3.0)

    times = [time for item in items for time in (item.start_s, item.end_s)]
    assert times == sorted(times)
    assert (times[0], times[-1]) == (1.2, 3.0)


def test_compounds_are_words_as_spoken() -> None:
    """`62-year-old` is three spoken words; `X-ray` is one."""
    words = heard("62", "-year", "-old", "chest", "X", "-ray.")

    assert [word.text for word in without_hyphens(words)] == ["62", "year", "old", "chest", "X-ray."]


def test_a_draft_spreads_its_words_over_its_time() -> None:
    """A partial's items have times in order and no confidence."""
    items = draft_items("She denies chest pain.", start_s=2.0, end_s=4.0)

    assert text_of(items) == "She denies chest pain."
    assert [items[0].start_s, items[-1].end_s] == pytest.approx([2.0, 4.0])
    assert all(item.confidence is None for item in items)
    assert draft_items("", start_s=0.0, end_s=1.0) == ()


def test_a_doubted_word_takes_the_second_opinion() -> None:
    """Where Whisper doubts itself and Moonshine wrote other words, those stand, with Whisper's doubt."""
    words = doubted(heard("clear", "to", "our", "skullcation", "bilaterally."), 2, 3)

    agreed = with_second_opinion(words, lambda: "Clear to auscultation bilaterally.")

    assert [word.text for word in agreed] == ["clear", "to", "auscultation", "bilaterally."]
    assert [agreed[2].start_s, agreed[2].end_s, agreed[2].probability] == pytest.approx([1.0, 2.0, 0.3])


@pytest.mark.parametrize(
    ("words", "second"),
    [
        (heard("in", "the", "spring"), "in the string"),
        (doubted(heard("Fail", "again."), 0), "Fair again."),
        (doubted(heard("take", "25", "daily"), 1), "take plenty daily"),
        (doubted(heard("was", "direct", "now"), 1), "was to act now"),
        (doubted(heard("was", "direct", "now"), 1), "was now"),
        (doubted(heard("was", "direct", "now"), 1), ""),
    ],
    ids=["sure", "first word", "figures", "more words", "fewer words", "no draft"],
)
def test_the_second_opinion_is_not_asked_in_vain(words: list[HeardWord], second: str) -> None:
    """Words that Whisper trusts, first words, figures and one-sided differences stay as they are."""
    assert with_second_opinion(words, lambda: second) == words


@pytest.mark.parametrize(
    "text", ["complete complete complete complete", "metababababababab", "go, go, go, go."]
)
def test_a_loop_is_seen(text: str) -> None:
    """A small model that lost its way repeats itself; nobody should read that."""
    assert is_loop(text)


@pytest.mark.parametrize(
    "text", ["no, no, no", "had had", "Mississippi", "the pain in the chest in the night", ""]
)
def test_speech_is_no_loop(text: str) -> None:
    """People repeat themselves too, within reason."""
    assert not is_loop(text)
