"""Lay what was written beside what was said: `25 mg` and `twenty five milligrams` are the same. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

_ONES: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SPOKEN: Final = {
    "mg": "milligrams",
    "mr": "mister",
    "%": "percent",
    "ml": "milliliters",
    "mcg": "micrograms",
}
_PARTS: Final = re.compile(r"\d+|[^\W\d_]+(?:'[^\W\d_]+)?|%")
_HIGHEST: Final = 999_999


def spoken_words(written: str) -> list[str]:
    """Give the words that one reads out, in lower case."""
    parts = _PARTS.findall(written.lower().replace("\u2019", "'"))
    return [
        word
        for part in parts
        for word in (
            _number_words(int(part))
            if part.isdigit() and int(part) <= _HIGHEST
            else [_SPOKEN.get(part, part)]
        )
    ]


def differences(first: Sequence[str], second: Sequence[str]) -> list[tuple[slice, slice]]:
    """Give the stretches of both that differ, each beside the other's; one of the two may be empty."""
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return [
        (slice(start, end), slice(other_start, other_end))
        for tag, start, end, other_start, other_end in matcher.get_opcodes()
        if tag != "equal"
    ]


def _number_words(number: int) -> list[str]:
    if number < len(_ONES):
        return [_ONES[number]]
    if number < 100:
        tens, ones = divmod(number, 10)
        return [_TENS[tens], *([] if ones == 0 else [_ONES[ones]])]
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    high, low = divmod(number, size)
    return [*_number_words(high), name, *([] if low == 0 else _number_words(low))]
