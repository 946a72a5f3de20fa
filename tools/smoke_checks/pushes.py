"""What `@connections` says of a connection that has gone (410) or whose client does not read (429)."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Protocol

from tools.smoke_checks.outcome import Ok, Outcome, all_of
from tools.smoke_checks.raw_socket import answer, connected, start_message, stop_message
from tools.stream_file import Target

TAKEN, GONE, TOO_MANY = 200, 410, 429
GONE_WITHIN_S = 15.0
POLL_S = 0.5
FRAME = json.dumps({"type": "smoke", "padding": "x" * 32_000}).encode()
MOST_FRAMES = 400  # some 13 MB, 0.0004 USD


class Connections(Protocol):
    """`@connections`, and which connection a session has. Both block."""

    def of_session(self, session_id: str) -> str:
        """Give the id of the connection that a session is attached to."""
        ...

    def post(self, connection_id: str, data: bytes) -> int:
        """Push bytes to a connection and give the HTTP status."""
        ...


async def check_gone(target: Target, connections: Connections, within_s: float = GONE_WITHIN_S) -> Outcome:
    """Push to a connection while it is open and after it was closed."""
    async with connected(target) as socket:
        session_id = (await answer(socket, start_message(), "ready"))["session_id"]
        connection_id = await asyncio.to_thread(connections.of_session, session_id)
        while_open = await asyncio.to_thread(connections.post, connection_id, b'{"type":"smoke"}')
        await socket.send(json.dumps(stop_message(session_id)))
    closed_at = time.monotonic()
    status = await asyncio.to_thread(connections.post, connection_id, b'{"type":"smoke"}')
    while status != GONE and time.monotonic() - closed_at < within_s:
        await asyncio.sleep(POLL_S)
        status = await asyncio.to_thread(connections.post, connection_id, b'{"type":"smoke"}')
    problems = [] if while_open == TAKEN else [f"{while_open} while it was open"]
    if status != GONE:
        problems.append(f"{status} instead of 410, {within_s:.0f} s after it was closed")
    return all_of(problems, f"410 within {time.monotonic() - closed_at:.1f} s of the close")


async def check_unread(target: Target, connections: Connections) -> Outcome:
    """Push to a client that does not read, until API Gateway says 429 or enough was pushed to know."""
    async with connected(target, unread_frames=1) as socket:
        session_id = (await answer(socket, start_message(), "ready"))["session_id"]
        connection_id = await asyncio.to_thread(connections.of_session, session_id)
        await socket.send(json.dumps(stop_message(session_id)))
        return await asyncio.to_thread(_push_until_refused, connections, connection_id)


def _push_until_refused(connections: Connections, connection_id: str) -> Outcome:
    for number in range(MOST_FRAMES):
        status = connections.post(connection_id, FRAME)
        unread_kb = number * len(FRAME) // 1024
        if status == TOO_MANY:
            return Ok(f"429 after {unread_kb} KB unread")
        if status != TAKEN:
            return all_of([f"{status} after {unread_kb} KB unread"], "")
    return Ok(f"no 429 in {MOST_FRAMES * len(FRAME) // 1024} KB unread: the client's own buffers took it")
