"""What one push to a client costs the task, under uvloop: our adapter, and of that the signature alone.

    .venv/bin/python -m benchmarks.gateway_push [--messages 3000]

The stand-in for `@connections` runs in its own process; what counts is this process's CPU time. Pushes are of
400 bytes (a partial result), 8 at a time over kept connections, at most 500 a second.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import time
from hashlib import sha256
from multiprocessing.connection import Connection

import uvloop

from contract.records import ConnectionId
from streaming_task.adapters.gateway_push import GatewayPush
from streaming_task.ports import AwsCredentials, Delivered
from streaming_task.signing import Signer

MESSAGE = "x" * 400
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
CLIENT = ConnectionId("L0SM9cOFvHcCIhw=")
SENDERS = 8
PUSHES_PER_S = 500
WARM_UP = 400
HELD = AwsCredentials("ASIAEXAMPLE", "secret", "x" * 800, None)  # a session token is about so long


class HeldCredentials:
    """Credentials at hand, as they nearly always are."""

    async def current(self) -> AwsCredentials:
        """Give them."""
        return HELD


class Answering(asyncio.Protocol):
    """Answers every request, which comes in one piece or two, with 200."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport
        self._held = b""

    def data_received(self, data: bytes) -> None:
        """Answer when the body is whole."""
        self._held += data
        head, _, body = self._held.partition(b"\r\n\r\n")
        if len(body) == len(MESSAGE) and head:
            self._held = b""
            self._transport.write(ANSWER)  # type: ignore[attr-defined]  # uvloop's is no asyncio.Transport


def serve(port_to: Connection) -> None:
    """Stand in for the gateway until the process is ended."""

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
        port_to.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(run())


async def push_all(gateway: GatewayPush, count: int) -> None:
    """Push so many messages at the pace."""
    began = time.monotonic()

    async def send(number: int) -> None:
        for sent in range(number, count, SENDERS):
            await asyncio.sleep(max(0.0, began + sent / PUSHES_PER_S - time.monotonic()))
            if await gateway.push(CLIENT, MESSAGE) != Delivered():
                raise RuntimeError("a push was not taken")

    await asyncio.gather(*(send(number) for number in range(SENDERS)))


async def measure(port: int, messages: int) -> float:
    """Give the CPU microseconds of a push."""
    gateway = GatewayPush(
        connections_url=f"http://127.0.0.1:{port}/prod", region="us-east-1", credentials=HeldCredentials()
    )
    await push_all(gateway, WARM_UP)
    before = time.process_time()
    await push_all(gateway, messages)
    used_s = time.process_time() - before
    await gateway.close()
    return used_s / messages * 1e6


def measure_signature(messages: int) -> float:
    """Give the CPU microseconds of a signature with the hash of its message."""
    signer = Signer("execute-api", "us-east-1")
    headers = {"host": "127.0.0.1:5001", "content-type": "application/json"}
    before = time.process_time()
    for _ in range(messages):
        digest = sha256(MESSAGE.encode()).hexdigest()
        signer.sign(HELD, "POST", "/prod/%40connections/x%3D", "", headers, digest, 1_767_225_599.0)
    return (time.process_time() - before) / messages * 1e6


def main() -> None:
    """Measure twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--messages", type=int, default=3_000)
    messages: int = parser.parse_args().messages
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    gateway = context.Process(target=serve, args=(theirs,), daemon=True)
    gateway.start()
    port: int = ours.recv()
    for _ in range(2):
        print(f"push      {uvloop.run(measure(port, messages)):6.0f} us")  # noqa: T201 - a command line tool
        print(f"signature {measure_signature(messages):6.0f} us")  # noqa: T201
    gateway.terminate()
    gateway.join(timeout=5)


if __name__ == "__main__":
    main()
