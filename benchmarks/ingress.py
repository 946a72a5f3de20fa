"""What one message costs to take in: the task's ingress beside an aiohttp server, both under uvloop.

    .venv/bin/python -m benchmarks.ingress [--messages 4000]

Each server runs in its own process, and its own CPU time is what counts; the load is a fixed number of POSTs
of 8.7 KB (200 ms at 16 kHz, as base64 in JSON) over a few kept connections, at most 500 a second.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import resource
import time
from collections.abc import Awaitable, Callable, Mapping
from multiprocessing.connection import Connection

import uvloop
from aiohttp import web

from streaming_task.adapters.ingress import Ingress
from streaming_task.ports import Forwarded

BODY = b"x" * 8_700
HEADERS = {
    "host": "task.internal:8080",
    "user-agent": "AmazonAPIGateway_abc123",
    "content-type": "application/json; charset=utf-8",
    "x-amzn-apigateway-api-id": "abc123",
    "x-amzn-trace-id": "Root=1-60d0d0d0-abcdefabcdefabcdefabcdef",
    "x-forwarded-for": "203.0.113.7",
    "x-connection-id": "L0SM9cOFvHcCIhw=",
    "x-message-id": "L0SM9dOFvHcCIhw=",
    "x-request-id": "L0SM9eOFvHcFabc=",
    "content-length": str(len(BODY)),
}
REQUEST = (
    "POST /messages HTTP/1.1\r\n"
    + "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    + "\r\n"
).encode() + BODY
CONNECTIONS = 8
MESSAGES_PER_S = 500
WARM_UP = 400


class Taker:
    """A task that takes everything."""

    def message(self, connection_id: str, body: bytes) -> int:
        """Take it."""
        return 200

    def forwarded(self, message: Forwarded) -> int:
        """Take it."""
        return 200

    def health(self) -> tuple[int, Mapping[str, object]]:
        """Be well."""
        return 200, {}

    def readiness(self) -> tuple[int, Mapping[str, object]]:
        """Be ready."""
        return 200, {}


async def start_ingress() -> int:
    """Start the task's server; give the port."""
    return await Ingress(Taker()).start("127.0.0.1", 0)


async def start_aiohttp() -> int:
    """Start an aiohttp server that does as much; give the port."""
    taker = Taker()

    async def take(request: web.Request) -> web.Response:
        headers = request.headers
        if "x-connection-id" not in headers or "x-message-id" not in headers or "x-request-id" not in headers:
            return web.Response(status=400)
        return web.Response(status=taker.message(headers["x-connection-id"], await request.read()))

    application = web.Application()
    application.router.add_post("/messages", take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return int(runner.addresses[0][1])


def serve(start: Callable[[], Awaitable[int]], questions: Connection) -> None:
    """Serve in this process: tell the port, then the CPU seconds used whenever asked, until told to end."""

    async def run() -> None:
        questions.send(await start())
        asked = asyncio.Queue[str](maxsize=4)  # they come one at a time
        asyncio.get_running_loop().add_reader(questions.fileno(), lambda: asked.put_nowait(questions.recv()))
        while await asked.get() == "cpu":
            usage = resource.getrusage(resource.RUSAGE_SELF)
            questions.send(usage.ru_utime + usage.ru_stime)

    uvloop.run(run())


async def post(port: int, count: int) -> None:
    """Post so many messages at the pace, over a few connections."""
    began = time.monotonic()

    async def over_one(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for sent in range(number, count, CONNECTIONS):
            await asyncio.sleep(max(0.0, began + sent / MESSAGES_PER_S - time.monotonic()))
            writer.write(REQUEST)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError("a message was not taken")
        writer.close()

    await asyncio.gather(*(over_one(number) for number in range(CONNECTIONS)))


def measure(start: Callable[[], Awaitable[int]], messages: int) -> float:
    """Give the CPU microseconds that the server spends on a message."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(start, theirs), daemon=True)
    server.start()
    port: int = ours.recv()
    asyncio.run(post(port, WARM_UP))
    ours.send("cpu")
    before: float = ours.recv()
    asyncio.run(post(port, messages))
    ours.send("cpu")
    used: float = ours.recv() - before
    ours.send("end")
    server.join(timeout=5)
    return used / messages * 1e6


def main() -> None:
    """Measure both, in turn, twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--messages", type=int, default=4_000)
    messages: int = parser.parse_args().messages
    for _ in range(2):
        for name, start in (("ingress", start_ingress), ("aiohttp", start_aiohttp)):
            print(f"{name:8} {measure(start, messages):6.0f} us a message")  # noqa: T201 - a command line tool


if __name__ == "__main__":
    main()
