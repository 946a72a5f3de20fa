"""What the fault controls take for a number."""

from __future__ import annotations

import pytest

from local_stack.json_numbers import is_number_within


@pytest.mark.parametrize("value", [0, 0.5, 1, 1.0])
def test_a_number_within_its_bounds_is_one(value: float) -> None:
    """Both ends belong to it, whole or not."""
    assert is_number_within(value, 1)


@pytest.mark.parametrize(
    "value", [True, False, None, "1", [1], {}, -0.1, 1.1, 10**400, float("nan"), float("inf"), -float("inf")]
)
def test_anything_else_is_refused_and_breaks_nothing(value: object) -> None:
    """Whatever JSON can hold, 400 digits included."""
    assert not is_number_within(value, 1)
