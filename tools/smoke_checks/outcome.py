"""What a check found, how a line says it, what the exit code makes of all. Asks nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from websockets.exceptions import WebSocketException

from tools.live_connection import NeverConnected, NotAllowed

NEEDS_AWS = "needs AWS"
NAME_WIDTH = 24  # of the longest


class CheckFailed(Exception):
    """The deployment is not as it should be, or could not be asked; the text says how."""


@dataclass(frozen=True, slots=True)
class Ok:
    """It holds; `detail` is what was seen."""

    detail: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It does not hold."""

    why: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """It was not asked."""

    why: str


Outcome = Ok | Failed | Skipped


@dataclass(frozen=True, slots=True)
class Check:
    """A question with a name."""

    name: str
    ask: Callable[[], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of a check."""

    check: str
    outcome: Outcome


async def run_in_order(checks: Sequence[Check]) -> AsyncIterator[Finding]:
    """Ask one after the other, so that no check disturbs another's figures; a failure stops none."""
    for check in checks:
        yield Finding(check.name, await _asked(check))


async def _asked(check: Check) -> Outcome:
    try:
        return await check.ask()
    except (CheckFailed, NotAllowed, NeverConnected) as failure:
        return Failed(str(failure))
    except ExceptionGroup as group:
        return Failed(sentences(group))
    except (OSError, TimeoutError, WebSocketException, LookupError, ValueError, TypeError) as failure:
        return Failed(_sentence(failure))


def sentences(group: ExceptionGroup[Exception]) -> str:
    """Say every failure of a group."""
    return "; ".join(_sentence(one) for one in _leaves(group))


def _leaves(group: ExceptionGroup[Exception]) -> list[Exception]:
    leaves: list[Exception] = []
    for one in group.exceptions:
        leaves += _leaves(one) if isinstance(one, ExceptionGroup) else [one]
    return leaves


def _sentence(failure: Exception) -> str:
    match failure:
        case CheckFailed() | NotAllowed() | NeverConnected():
            return str(failure)
        case TimeoutError():
            return "it took too long"
        case _:
            return type(failure).__name__  # an address in its text may hold a ticket


def skip(name: str, why: str = NEEDS_AWS) -> Check:
    """Make a check that says only why it was not asked."""

    async def ask() -> Outcome:
        await asyncio.sleep(0)
        return Skipped(why)

    return Check(name, ask)


def as_line(finding: Finding) -> str:
    """Say a finding in one line."""
    name = f"{finding.check:<{NAME_WIDTH}}"
    match finding.outcome:
        case Ok(detail):
            return f"ok       {name} {detail}"
        case Failed(why):
            return f"FAILED   {name} {why}"
        case Skipped(why):
            return f"skipped  {name} {why}"
        case _:
            assert_never(finding.outcome)


def as_json(finding: Finding) -> dict[str, str]:
    """Give a finding as JSON's values."""
    match finding.outcome:
        case Ok(detail):
            return {"check": finding.check, "outcome": "ok", "detail": detail}
        case Failed(why):
            return {"check": finding.check, "outcome": "failed", "detail": why}
        case Skipped(why):
            return {"check": finding.check, "outcome": "skipped", "detail": why}
        case _:
            assert_never(finding.outcome)


def exit_code(findings: Sequence[Finding]) -> int:
    """Give 0 if nothing failed."""
    return 1 if any(isinstance(finding.outcome, Failed) for finding in findings) else 0


def all_of(problems: Sequence[str], detail: str) -> Outcome:
    """Fail with every problem, or be content."""
    return Failed("; ".join(problems)) if problems else Ok(detail)
