"""Read JSON that a stranger sent: strict types, bounded nesting, no NaN, no lone surrogates. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

MAX_NESTING = 16

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_Choice = TypeVar("_Choice", bound=StrEnum)


class BadField(ValueError):
    """A message is not what it should be; the text says what should be there and quotes nothing of it."""


def parse_object(text: str) -> dict[str, Any]:
    """Parse a JSON object.

    Raises:
        BadField: not JSON, not an object, NaN or infinity, or nested more than 16 deep.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except BadField:
        raise
    except (ValueError, RecursionError):
        # ValueError also covers a number of more digits than Python will convert.
        raise BadField("The message is not JSON.") from None
    if not isinstance(value, dict):
        raise BadField("The message must be a JSON object.")
    _refuse_nesting(value)
    return value


def parse_leniently(body: bytes) -> dict[str, Any]:
    """Parse what is refused in any case, for whatever can still be read of it; nothing at all: empty."""
    try:
        value = json.loads(body.decode())
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _refuse_constant(_: str) -> None:
    raise BadField("NaN and infinity are not allowed.")


def _refuse_nesting(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_NESTING):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return
    raise BadField(f"The message is nested more than {MAX_NESTING} deep.")


def text_field(message: Mapping[str, Any], name: str, *, shortest: int = 1, longest: int) -> str:
    """Read a string of `shortest` to `longest` characters.

    Raises:
        BadField: it is missing, no string, too short, too long, or no valid Unicode.
    """
    value = message.get(name)
    if not isinstance(value, str) or not shortest <= len(value) <= longest:
        raise BadField(f"{name} must be a string of {shortest} to {longest} characters.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadField(f"{name} is not valid Unicode.") from None
    return value


def uuid_field(message: Mapping[str, Any], name: str) -> str:
    """Read a UUID in its usual form with hyphens.

    Raises:
        BadField: it is none.
    """
    value = text_field(message, name, longest=36)
    if _UUID.match(value) is None:
        raise BadField(f"{name} must be a UUID.")
    return value


def pattern_field(message: Mapping[str, Any], name: str, pattern: re.Pattern[str], form: str) -> str:
    """Read a string of a given form; `form` says which in words.

    Raises:
        BadField: it has another form.
    """
    value = message.get(name)
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise BadField(f"{name} must be {form}.")
    return value


def choice_field(message: Mapping[str, Any], name: str, choices: type[_Choice]) -> _Choice:
    """Read one of a set of words.

    Raises:
        BadField: it is another.
    """
    value = message.get(name)
    if not isinstance(value, str) or value not in choices.__members__.values():
        raise BadField(f"{name} must be one of {', '.join(choices)}.")
    return choices(value)


def whole_field(message: Mapping[str, Any], name: str, *, lowest: int = 0, highest: int | None = None) -> int:
    """Read a whole number, written as an integer.

    Raises:
        BadField: it is missing, no integer (`1.0` and `true` are none), or out of range.
    """
    value = message.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadField(f"{name} must be a whole number.")
    if value < lowest or (highest is not None and value > highest):
        raise BadField(f"{name} is out of range.")
    return value


def bool_field(message: Mapping[str, Any], name: str) -> bool:
    """Read true or false.

    Raises:
        BadField: it is neither.
    """
    value = message.get(name)
    if not isinstance(value, bool):
        raise BadField(f"{name} must be true or false.")
    return value


def is_null(message: Mapping[str, Any], name: str) -> bool:
    """Tell whether a field that must be there is null.

    Raises:
        BadField: it is missing.
    """
    if name not in message:
        raise BadField(f"{name} is missing.")
    return message[name] is None
