"""Every wrong way in is tried; one that is open is named."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.smoke_checks.deployment_stub import deployment_stub
from tools.smoke_checks.handshakes import check_refusals
from tools.smoke_checks.outcome import Failed, Ok


async def test_a_door_that_opens_to_the_right_page_only_is_ok() -> None:
    """No ticket, a bad one, a used one, a foreign page: refused; the good one: let in."""
    async with deployment_stub() as stub:
        outcome = await check_refusals(stub.target)

    assert isinstance(outcome, Ok)


@pytest.mark.parametrize(
    ("decided", "said"),
    [
        ({"spend_tickets": False}, ["a used ticket: 101 instead of 403"]),
        (
            {"refuse_origins": False},
            ["a foreign origin: 101 instead of 403", "a good ticket: 403 instead of 101"],
        ),
    ],
)
async def test_a_door_that_stands_open_is_named(decided: dict[str, Any], said: list[str]) -> None:
    """An operator must know which one."""
    async with deployment_stub(**decided) as stub:
        outcome = await check_refusals(stub.target)

    assert outcome == Failed("; ".join(said))
