"""A WebSocket that says exactly what a check wants said. Keeps no session and repeats nothing."""

from __future__ import annotations

import asyncio
import json
import urllib.parse
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from contract.audio import PCM_RATE_HZ, Quality
from contract.wire import PROTOCOL, Conversation, Specialty
from tools.live_connection import CONNECT_TIMEOUT_S, fetch_ticket
from tools.smoke_checks.outcome import CheckFailed
from tools.stream_file import Target

ANSWER_WITHIN_S = 10.0
UNREAD_FRAMES = 64


async def ticket_for(target: Target) -> tuple[str, str]:
    """Get a ticket and the WebSocket's address."""
    return await asyncio.to_thread(fetch_ticket, target.api_url, target.token)


@asynccontextmanager
async def opened(
    url: str, ticket: str | None, origin: str, *, unread_frames: int = UNREAD_FRAMES
) -> AsyncIterator[ClientConnection]:
    """Open a WebSocket; with `unread_frames` 1 it stops reading as soon as nobody takes what came."""
    address = url if ticket is None else f"{url}?{urllib.parse.urlencode({'ticket': ticket})}"
    async with connect(
        address,
        origin=Origin(origin),
        open_timeout=CONNECT_TIMEOUT_S,
        close_timeout=1.0,
        ping_interval=None,
        compression=None,
        proxy=None,
        max_queue=unread_frames,
    ) as socket:
        yield socket


@asynccontextmanager
async def connected(target: Target, *, unread_frames: int = UNREAD_FRAMES) -> AsyncIterator[ClientConnection]:
    """Open a WebSocket as the page does, with a ticket of its own."""
    ticket, url = await ticket_for(target)
    async with opened(url, ticket, target.origin, unread_frames=unread_frames) as socket:
        yield socket


async def handshake_status(url: str, ticket: str | None, origin: str) -> int:
    """Give the status that a handshake ends with; 101 is a connection, closed again at once."""
    try:
        async with opened(url, ticket, origin):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def answer(socket: ClientConnection, message: Mapping[str, Any], *kinds: str) -> dict[str, Any]:
    """Send a message and give the next of these types.

    Raises:
        CheckFailed: the connection ended or none came in time.
    """
    try:
        await socket.send(json.dumps(message))
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while True:
                heard: dict[str, Any] = json.loads(await socket.recv())
                if heard.get("type") in kinds:
                    return heard
    except ConnectionClosed as closed:
        code = None if closed.rcvd is None else closed.rcvd.code
        raise CheckFailed(f"the connection was closed ({code}) instead of an answer") from None
    except TimeoutError:
        raise CheckFailed(f"no {' or '.join(kinds)} within {ANSWER_WITHIN_S:.0f} s") from None


def start_message() -> dict[str, Any]:
    """Make the `start` of a session of its own."""
    request_id = str(uuid.uuid4())
    return {
        "type": "start",
        "id": request_id,
        "protocol": PROTOCOL,
        "request_id": request_id,
        "encoding": "pcm",
        "quality": Quality.MEDIUM,
        "sample_rate": PCM_RATE_HZ[Quality.MEDIUM],
        "client": str(uuid.uuid4()),
        "specialty": Specialty.PRIMARYCARE,
        "conversation": Conversation.DICTATION,
    }


def stop_message(session_id: str) -> dict[str, Any]:
    """Make the `stop` of a session that got no audio."""
    return {"type": "stop", "session_id": session_id, "end_offset": 0, "sha256": None}
