"""Find the process that owns a session, and do it harm."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

from tests.e2e.records import aws_client
from tests.stack import RunningStack
from tools.client_session import ClientSession

OWNED_WITHIN_S = 40.0
POLL_S = 0.1


async def owner_of(stack: RunningStack, session: ClientSession) -> dict[str, Any]:
    """Give the living task that owns a session: its id, pid and port."""
    dynamodb = aws_client(stack, "dynamodb")
    async with asyncio.timeout(OWNED_WITHIN_S):
        while True:
            if session.heard.session_id is not None:
                key = {"pk": {"S": f"session#{session.heard.session_id}"}, "sk": {"S": "meta"}}
                found = await asyncio.to_thread(
                    dynamodb.get_item, TableName=stack.info["table"], Key=key, ConsistentRead=True
                )
                owner = found.get("Item", {}).get("owner", {}).get("S")
                for task in stack.tasks:
                    if task["id"] == owner and is_alive(task["pid"]):
                        return task
            await asyncio.sleep(POLL_S)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def harm_owner(stack: RunningStack, session: ClientSession, how: signal.Signals) -> dict[str, Any]:
    """Send a signal to the owner of a session; give who it was."""
    owner = await owner_of(stack, session)
    os.kill(owner["pid"], how)
    return owner


async def wait_until_gone(pid: int, within_s: float) -> None:
    """Wait for a process to end.

    Raises:
        TimeoutError: it has not in time.
    """
    async with asyncio.timeout(within_s):
        while is_alive(pid):  # noqa: ASYNC110 - a process tells nobody but its parent
            await asyncio.sleep(POLL_S)
