"""Speak to an ingress by raw sockets: a task that notes what it is given, and a peer that sends any bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from streaming_task.adapters.ingress import Ingress, IngressLimits
from streaming_task.ports import Forwarded

QUICK = IngressLimits(
    head_s=0.1, body_s=0.1, answer_s=0.2, write_s=0.1, idle_s=0.4, linger_s=0.1, connections=3
)
SIGNATURE = b"0a" * 32
HOP = b"x-connection-id: abc=\r\nx-session-id: 5f1c-1\r\nx-epoch: 7\r\nx-signature: " + SIGNATURE + b"\r\n"
IDS = b"x-connection-id: abc=\r\nx-message-id: m\r\nx-request-id: r\r\n"


class FakeTask:
    """Notes what it is given; answers 200, or what `answer` says."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.hops: list[Forwarded] = []
        self.answer: Callable[[], int | Awaitable[int]] = lambda: 200
        self.is_ready = True

    def message(self, connection_id: str, body: bytes) -> int | Awaitable[int]:
        """Note the message."""
        self.taken.append((connection_id, body))
        return self.answer()

    def forwarded(self, message: Forwarded) -> int | Awaitable[int]:
        """Note the forwarded message."""
        self.hops.append(message)
        return self.answer()

    def health(self) -> tuple[int, Mapping[str, object]]:
        """Be well."""
        return 200, {"status": "healthy"}

    def readiness(self) -> tuple[int, Mapping[str, object]]:
        """Say whether it is ready."""
        return (200 if self.is_ready else 503), {"ready": self.is_ready}


class Peer:
    """One raw TCP connection to the ingress."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read one answer: status, headers, body."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        return (
            int(head[0].split()[1]),
            headers,
            await self._reader.readexactly(int(headers["content-length"])),
        )

    async def status(self) -> int:
        """Read one answer's status."""
        return (await self.answer())[0]

    async def rest(self) -> bytes:
        """Read to the end of the connection."""
        try:
            return await self._reader.read()
        except ConnectionResetError:
            return b""


@asynccontextmanager
async def serving(task: FakeTask, limits: IngressLimits | None = None) -> AsyncIterator[tuple[Ingress, int]]:
    """Serve a task that knows one signature on a free port; give the server and the port."""
    ingress = Ingress(task, limits, is_good_hop=lambda message, given: given == SIGNATURE.decode())
    port = await ingress.start("127.0.0.1", 0)
    try:
        yield ingress, port
    finally:
        await ingress.stop(grace_s=0)


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Peer]:
    """Connect to the port."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Peer(reader, writer)
    finally:
        writer.close()


def post(body: bytes, headers: bytes = IDS, path: bytes = b"/messages") -> bytes:
    """Write a message's request."""
    return b"POST %b HTTP/1.1\r\nhost: t\r\n%bcontent-length: %d\r\n\r\n%b" % (
        path,
        headers,
        len(body),
        body,
    )
