"""Calls at a steady pace to a stand-in that answers at once: what is left is what they cost the caller."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection

import uvloop

from streaming_task.ports import AwsCredentials

HELD = AwsCredentials("ASIAEXAMPLE", "secret", "x" * 800, None)  # a session token is about so long

Call = Callable[[int], Awaitable[object]]  # by its number


class HeldCredentials:
    """Credentials at hand, as they nearly always are."""

    async def current(self) -> AwsCredentials:
        """Give them."""
        return HELD


class _Answering(asyncio.Protocol):
    """Answers every request with the same bytes, when it is whole."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, found, body = self._held.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        if len(body) >= int(length):
            self._held = b""
            self._transport.write(self._answer)  # type: ignore[attr-defined]  # uvloop's is no asyncio.Transport


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Answer every request so, in a process of its own; give its address."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs, answer), daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        server.terminate()
        server.join(timeout=5)


def _serve(port_to: Connection, answer: bytes) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(partial(_Answering, answer), "127.0.0.1", 0)
        port_to.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(run())


async def cpu_us(call: Call, count: int, *, callers: int, per_s: int, warm_up: int) -> float:
    """Give this process's CPU microseconds of a call, made by so many callers side by side."""
    await _call_all(call, warm_up, callers, per_s)
    before = time.process_time()
    await _call_all(call, count, callers, per_s)
    return (time.process_time() - before) / count * 1e6


async def _call_all(call: Call, count: int, callers: int, per_s: int) -> None:
    began = time.monotonic()

    async def call_in_turn(caller: int) -> None:
        for number in range(caller, count, callers):
            await asyncio.sleep(max(0.0, began + number / per_s - time.monotonic()))
            await call(number)

    await asyncio.gather(*(call_in_turn(caller) for caller in range(callers)))
