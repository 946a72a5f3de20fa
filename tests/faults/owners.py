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
    """Give the living task that owns a session, once it is open: its id, pid and port."""
    async with asyncio.timeout(OWNED_WITHIN_S):
        while session.heard.session_id is None:  # noqa: ASYNC110 - a client session tells nobody
            await asyncio.sleep(POLL_S)
    return await owner_of_id(stack, session.heard.session_id)


async def owner_of_id(stack: RunningStack, session_id: str) -> dict[str, Any]:
    """Give the living task that owns the session of that id: its id, pid and port."""
    dynamodb = aws_client(stack, "dynamodb")
    key = {"pk": {"S": f"session#{session_id}"}, "sk": {"S": "meta"}}
    async with asyncio.timeout(OWNED_WITHIN_S):
        while True:
            found = await asyncio.to_thread(
                dynamodb.get_item, TableName=stack.info["table"], Key=key, ConsistentRead=True
            )
            owner = found.get("Item", {}).get("owner", {}).get("S")
            for task in stack.tasks:
                if task["id"] == owner and is_alive(task["pid"]):
                    return task
            await asyncio.sleep(POLL_S)


async def wait_for_other_owner(stack: RunningStack, session: ClientSession, than: dict[str, Any]) -> None:
    """Wait until another living task owns the session.

    Raises:
        TimeoutError: none does in time.
    """
    async with asyncio.timeout(OWNED_WITHIN_S):
        while (await owner_of(stack, session))["id"] == than["id"]:  # noqa: ASYNC110 - it is in a table
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
