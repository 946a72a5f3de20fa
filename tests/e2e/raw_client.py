"""A client that says exactly what a test wants said and keeps all it hears. Says nothing by itself."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import socket
import uuid
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlencode, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from contract.audio import BYTES_PER_SAMPLE, PCM_RATE_HZ, Quality, bytes_in, samples_in
from tests.stack import RunningStack
from tools.client_session import ClientSession, Terms
from tools.live_connection import fetch_ticket

ANSWER_WITHIN_S = 15.0
REPEATS = 5  # of a `start` or `resume` that nobody answers: any message may be lost
REPEATED_AFTER_S = 2.5
SAVED_WITHIN_S = 60.0
MESSAGE_S = 0.5  # of audio: with base64 and the envelope 16 kHz stays within 32,000 bytes
RATE_HZ = PCM_RATE_HZ[Quality.MEDIUM]
OWN_ORIGIN = "own"

Message = dict[str, Any]


class RawClient:
    """One WebSocket: `heard` is everything that came, in order."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._came = asyncio.Condition()
        self._has_ended = False
        self.heard: list[Message] = []

    @property
    def close_code(self) -> int | None:
        """Give the code the server closed with, once it has."""
        return self._socket.close_code

    async def send(self, message: Mapping[str, Any] | str | bytes) -> None:
        """Send a message as it is: a mapping as JSON, text as text, bytes as a binary frame."""
        await self._socket.send(json.dumps(message) if isinstance(message, Mapping) else message)

    async def wait_for(
        self, wanted: Callable[[Message], bool], *, since: int = 0, within_s: float = ANSWER_WITHIN_S
    ) -> Message:
        """Give the first message of that kind among those heard from number `since` on.

        Raises:
            AssertionError: the connection ended or time ran out first; only types and codes are shown.
        """
        looked_at = since
        try:
            async with asyncio.timeout(within_s), self._came:
                while True:
                    for message in self.heard[looked_at:]:
                        if wanted(message):
                            return message
                    looked_at = len(self.heard)
                    if self._has_ended:
                        break
                    await self._came.wait()
        except TimeoutError:
            pass
        kinds = [message.get("code") or message.get("type") for message in self.heard[since:]]
        raise AssertionError(f"waited in vain (closed: {self.close_code}); heard {kinds[-20:]}")

    async def wait_for_kind(self, kind: str, *, since: int = 0, within_s: float = ANSWER_WITHIN_S) -> Message:
        """Give the first message of a type among those heard from number `since` on."""
        return await self.wait_for(
            lambda message: message.get("type") == kind, since=since, within_s=within_s
        )

    async def answer_to(self, message: Mapping[str, Any] | str | bytes, *kinds: str) -> Message:
        """Send a message and give the next of these types to come; ask again as a client must."""
        since = len(self.heard)
        if isinstance(message, Mapping) and message.get("type") in ("start", "resume"):
            for _ in range(REPEATS):
                await self.send(message)
                with suppress(AssertionError):
                    return await self._answer(kinds, since, REPEATED_AFTER_S)
                if self._has_ended:
                    break
        if not self._has_ended:
            await self.send(message)
        return await self._answer(kinds, since, ANSWER_WITHIN_S)

    async def _answer(self, kinds: tuple[str, ...], since: int, within_s: float) -> Message:
        return await self.wait_for(lambda heard: heard.get("type") in kinds, since=since, within_s=within_s)

    async def refusal_of(self, message: Mapping[str, Any] | str) -> Message:
        """Send a message that must be refused, and give the `error`."""
        return await self.answer_to(message, "error")

    async def close(self, reason: str) -> None:
        """Close as a page that gives a reason of its own."""
        await self._socket.close(4000, reason)

    def stop_reading(self) -> None:
        """Read nothing any more, as a page that hangs: what is sent to it piles up on its way."""
        self._socket.transport.pause_reading()

    def break_off(self) -> None:
        """End the connection without a word."""
        self._socket.transport.abort()

    async def wait_until_closed(self) -> int | None:
        """Wait for the server to close, and give its code."""
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await self._socket.wait_closed()
        return self.close_code

    async def speak(self, session_id: str, pcm: bytes, *, start: int = 0) -> None:
        """Send PCM from the sample `start` on, at once."""
        step = bytes_in(round(MESSAGE_S * RATE_HZ))
        for at in range(bytes_in(start), len(pcm), step):
            await self.send(audio(session_id, at // BYTES_PER_SAMPLE, pcm[at : at + step]))

    async def listen(self) -> None:
        """Hear until the connection ends."""
        try:
            async for text in self._socket:
                async with self._came:
                    self.heard.append(json.loads(text))
                    self._came.notify_all()
        except OSError:
            pass  # a cut is an end as well
        finally:
            async with self._came:
                self._has_ended = True
                self._came.notify_all()


async def ticket_for(stack: RunningStack, user: str = "doctor1") -> str:
    """Give a fresh ticket of a user."""
    token = await asyncio.to_thread(stack.token, user)
    ticket, _ = await asyncio.to_thread(fetch_ticket, stack.info["api_url"], token)
    return ticket


@asynccontextmanager
async def raw_client(
    stack: RunningStack,
    user: str = "doctor1",
    *,
    ticket: str | None = None,
    origin: str | None = OWN_ORIGIN,
    headers: Mapping[str, str] | None = None,
    receive_buffer_bytes: int | None = None,
) -> AsyncIterator[RawClient]:
    """Open a WebSocket as this user, or with this ticket ("" for none), origin (None for none) and headers.

    `receive_buffer_bytes` is what the kernel may keep for a client that does not read; None: its own measure.

    Raises:
        websockets.exceptions.InvalidStatus: the handshake was refused.
    """
    info = stack.info
    if ticket is None:
        ticket = await ticket_for(stack, user)
    if origin == OWN_ORIGIN:
        origin = info["api_url"]
    connection = None
    if receive_buffer_bytes is not None:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        connection.connect(("127.0.0.1", urlsplit(info["websocket_url"]).port))
    async with connect(
        f"{info['websocket_url']}?{urlencode({'ticket': ticket} if ticket else {})}",
        sock=connection,
        origin=None if origin is None else Origin(origin),
        additional_headers=headers,
        ping_interval=None,
        compression=None,
        proxy=None,
        max_queue=None,  # so that what is heard never depends on what is read
    ) as websocket:
        client = RawClient(websocket)
        listening = asyncio.create_task(client.listen(), name="raw client listens")
        try:
            yield client
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


def start(**changed: object) -> Message:
    """Make a good `start` at 16 kHz, with these fields changed."""
    request_id = str(uuid.uuid4())
    return {
        "type": "start",
        "id": request_id,
        "protocol": 1,
        "request_id": request_id,
        "encoding": "pcm",
        "quality": Quality.MEDIUM,
        "sample_rate": RATE_HZ,
        "client": str(uuid.uuid4()),
        "specialty": "PRIMARYCARE",
        "conversation": "DICTATION",
    } | changed


def audio(session_id: str, offset: int, pcm: bytes, **changed: object) -> Message:
    """Make a good `audio`, with these fields changed."""
    data = base64.b64encode(pcm).decode()
    return {
        "type": "audio",
        "session_id": session_id,
        "offset": offset,
        "crc32": zlib.crc32(pcm),
        "data": data,
    } | changed


def resume(session_id: str, client: str, **changed: object) -> Message:
    """Make a `resume` of a page that holds nothing and has seen nothing, with these fields changed."""
    return {
        "type": "resume",
        "session_id": session_id,
        "client": client,
        "have_from": None,
        "last_segment": -1,
    } | changed


def stop(session_id: str, pcm: bytes, **changed: object) -> Message:
    """Make the `stop` after this PCM, with these fields changed."""
    return {
        "type": "stop",
        "session_id": session_id,
        "end_offset": samples_in(len(pcm)),
        "sha256": hashlib.sha256(pcm).hexdigest(),
    } | changed


async def finish(client: RawClient, session_id: str, pcm: bytes, *, start: int = 0) -> Message:
    """Send the rest of the PCM from the sample `start` on, stop, and give `saved`."""
    await client.speak(session_id, pcm, start=start)
    since = len(client.heard)
    await client.send(stop(session_id, pcm))
    return await client.wait_for_kind("saved", since=since, within_s=SAVED_WITHIN_S)


def as_session(*connections: RawClient, session_id: str) -> ClientSession:
    """Give what was heard of a session as its client would have kept it."""
    session = ClientSession(Terms(str(uuid.uuid4()), str(uuid.uuid4()), Quality.MEDIUM, RATE_HZ))
    for client in connections:
        for message in client.heard:
            if message.get("session_id") == session_id:
                session.hear(json.dumps(message), 0.0)
    return session
