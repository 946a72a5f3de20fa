"""Fault sets are read strictly: a typing error must not pass for a calm sea."""

from __future__ import annotations

import pytest

from local_stack.transcribe.faults import BadFaults, Faults, read_faults


def test_nothing_named_is_nothing_wrong() -> None:
    """An empty set clears."""
    assert read_faults({}) == Faults()


def test_the_documented_set_is_taken() -> None:
    """Names and types as the local stack's face has them."""
    body = {
        "reset_every_s": 0.5,
        "close_clean_every_s": 3,
        "refuse": True,
        "limit_exceeded": False,
        "hang": False,
        "delay_ms": 20,
        "exception": "ConflictException",
        "seed": 7,
    }

    assert read_faults(body).as_json() == body


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "hang",
        {"reset_every": 1},
        {"reset_every_s": -1},
        {"reset_every_s": "1"},
        {"reset_every_s": True},
        {"delay_ms": float("nan")},
        {"delay_ms": float("inf")},
        {"delay_ms": 10**400},
        {"refuse": 1},
        {"exception": "Boom"},
        {"exception": 3},
        {"seed": 1.5},
    ],
)
def test_a_set_that_makes_no_sense_is_refused_with_a_sentence(body: object) -> None:
    """The sentence is for the person who typed it."""
    with pytest.raises(BadFaults, match=r"\.$"):
        read_faults(body)
