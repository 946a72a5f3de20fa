"""Tell the numbers among JSON values, as the fault controls take them. Pure."""

from __future__ import annotations

from typing import TypeGuard


def is_number_within(value: object, highest: float) -> TypeGuard[float]:
    """Say whether a value is a number from 0 to `highest`: true and false are none, nor is NaN.

    Only compared, never converted: a JSON integer may be too large for a float.
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= highest
