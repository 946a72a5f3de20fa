"""Mark a few personal details, so that a page has some to show: names after a title, ages, dates. Pure.

The service finds far more, and by a model. What is told of each is as it tells it: its one category is PHI.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from local_stack.recognisers.interface import Word, text_of

CATEGORY: Final = "PHI"
_TITLES: Final = frozenset({"mr", "mrs", "ms", "miss", "mister", "missus", "dr", "doctor"})
_MONTHS: Final = frozenset(
    {"january", "february", "march", "april", "may", "june", "july"}
    | {"august", "september", "october", "november", "december"}
)
_YEARS: Final = frozenset({"year", "years"})
_OLD: Final = "old"


def personal_details(words: Sequence[Word]) -> list[dict[str, object]]:
    """Give the service's `Entities` of a final, in order."""
    spoken = [word for word in words if word.kind == "pronunciation"]
    found = [
        spoken[first:last]
        for first in range(len(spoken))
        if (last := max(_name_end(spoken, first), _age_end(spoken, first), _date_end(spoken, first))) > first
    ]
    return [_entity(part) for part in found]


def _name_end(words: Sequence[Word], first: int) -> int:
    if first == 0 or _plain(words[first - 1]) not in _TITLES:
        return first
    last = first
    while last < len(words) and words[last].text[:1].isupper():
        last += 1
    return last


def _age_end(words: Sequence[Word], first: int) -> int:
    following = [_plain(word) for word in words[first + 1 : first + 3]]
    is_age = _plain(words[first]).isdigit() and following[:1] and following[0] in _YEARS and _OLD in following
    return first + 1 if is_age else first


def _date_end(words: Sequence[Word], first: int) -> int:
    if _plain(words[first]) not in _MONTHS or not words[first].text[0].isupper():
        return first
    has_day = first + 1 < len(words) and words[first + 1].text[:1].isdigit()
    return first + 2 if has_day else first


def _plain(word: Word) -> str:
    return word.text.lower().rstrip(".")


def _entity(words: Sequence[Word]) -> dict[str, object]:
    return {
        "StartTime": round(words[0].start_s, 3),
        "EndTime": round(words[-1].end_s, 3),
        "Category": CATEGORY,
        "Content": text_of(words),
        "Confidence": round(min(word.confidence or 0.0 for word in words), 4),
    }
