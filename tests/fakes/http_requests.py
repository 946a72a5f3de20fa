"""Read the requests that a fake HTTP server is sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TakenRequest:
    """One request as it came; header names in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes
    connection: int


async def read_request(reader: asyncio.StreamReader, connection: int) -> TakenRequest:
    """Read a whole request from the connection of that number.

    Raises:
        asyncio.IncompleteReadError: it ended before.
    """
    line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (header.partition(":")[::2] for header in lines if header)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return TakenRequest(line, headers, body, connection)
