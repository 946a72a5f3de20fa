"""Messages: what is answered, in which order, and what the gateway must not carry."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.smoke_checks.deployment_stub import deployment_stub, ready_for
from tools.smoke_checks.messages import (
    QUICK_MESSAGES,
    check_frames,
    check_header_mapping,
    check_order,
    judge_order,
    out_of_order,
)
from tools.smoke_checks.outcome import CheckFailed, Failed, Ok


def refuse(_: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "error", "code": "internal", "ref": None}]


async def test_a_start_that_is_answered_shows_that_headers_arrive() -> None:
    """Without the connection's id the task could answer nobody."""
    async with deployment_stub() as stub:
        outcome = await check_header_mapping(stub.target)

    assert isinstance(outcome, Ok)


async def test_a_start_that_is_refused_is_told_with_its_code() -> None:
    """The way is good and the task is not: that is another search."""
    async with deployment_stub(answers=refuse) as stub:
        with pytest.raises(CheckFailed, match="internal"):
            await check_header_mapping(stub.target)


async def test_every_quick_message_is_answered() -> None:
    """All are counted."""
    async with deployment_stub() as stub:
        outcome = await check_order(stub.target, pace_s=0.0)

    assert outcome == Ok(f"0 of {QUICK_MESSAGES} quick messages answered out of order")


async def test_messages_that_overtake_are_counted_and_no_failure() -> None:
    """No order is promised: the protocol does without."""
    held: list[dict[str, Any]] = []

    def second_first(message: dict[str, Any]) -> list[dict[str, Any]]:
        held.append(ready_for(message)[0])
        if len(held) < 2:
            return []
        first, second = held
        held.clear()
        return [second, first]

    async with deployment_stub(answers=second_first) as stub:
        outcome = await check_order(stub.target, pace_s=0.0)

    assert outcome == Ok(f"{QUICK_MESSAGES // 2} of {QUICK_MESSAGES} quick messages answered out of order")


def test_a_message_without_an_answer_is_a_failure() -> None:
    """However good the order of the rest."""
    outcome = judge_order([number for number in range(QUICK_MESSAGES) if number != 7])

    assert outcome == Failed(f"1 of {QUICK_MESSAGES} messages were not answered")


def test_an_answer_that_comes_twice_is_a_failure() -> None:
    """A page would show it twice."""
    assert isinstance(judge_order([*range(QUICK_MESSAGES), 3]), Failed)


@pytest.mark.parametrize(
    ("numbers", "count"), [([], 0), ([0, 1, 2], 0), ([1, 0, 2], 1), ([2, 0, 1], 2), ([0, 2, 1, 3], 1)]
)
def test_whoever_comes_after_a_higher_number_is_out_of_order(numbers: list[int], count: int) -> None:
    """One that overtook two makes two late."""
    assert out_of_order(numbers) == count


async def test_each_bad_frame_is_refused_in_its_own_way() -> None:
    """The page tells them apart by it."""
    async with deployment_stub() as stub:
        outcome = await check_frames(stub.target)

    assert isinstance(outcome, Ok)


@pytest.mark.parametrize(
    ("decided", "said"),
    [
        ({"too_large_code": "bad_message"}, "bad_message instead of too_large"),
        ({"largest": 40_000}, "instead of 1009"),
        ({"close_for_binary": 1000}, "close 1000 instead of 1003"),
    ],
)
async def test_a_bad_frame_that_is_met_otherwise_is_told(decided: dict[str, Any], said: str) -> None:
    """With what came and what should have come."""
    async with deployment_stub(**decided) as stub:
        outcome = await check_frames(stub.target, close_within_s=0.5)

    assert isinstance(outcome, Failed)
    assert said in outcome.why
