"""`GET /health`: 200, and the schema is up to date."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from typing import Any

from tools.smoke_checks.outcome import CheckFailed, Outcome, all_of

ANSWER_WITHIN_S = 10.0


async def check_health(url: str) -> Outcome:
    """Ask for the health and judge it."""
    return judge_health(*await asyncio.to_thread(_fetch, url))


def judge_health(status: int, body: object) -> Outcome:
    """Judge a health report."""
    match body:
        case {"status": str(overall), "checks": {"migrations": {**migrations}, **others}}:
            pass
        case _:
            raise CheckFailed(f"{status}, and no health report")
    problems = [f"{name} is {_state(one)}" for name, one in others.items() if _state(one) != "healthy"]
    if status != 200 or overall != "healthy":
        problems.append(f"{status} {overall}")
    if migrations.get("status") != "up_to_date" or migrations.get("pending") != 0:
        problems.append(f"migrations are {migrations.get('status')}, {migrations.get('pending')} pending")
    return all_of(problems, f"{status}, {migrations.get('applied')} migrations applied, 0 pending")


def _state(check: object) -> object:
    return check.get("status") if isinstance(check, dict) else check


def _fetch(url: str) -> tuple[int, Any]:
    if not url.startswith(("http://", "https://")):
        raise CheckFailed("the health address must begin with http:// or https://")
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_WITHIN_S) as answer:  # noqa: S310 - checked above
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)
