"""What one write to the table costs the task, under uvloop: our client, and boto3 in threads beside it.

    .venv/bin/python -m benchmarks.dynamodb [--calls 1500]

The stand-in for DynamoDB runs in its own process and answers at once; what counts is this process's CPU time.
The write is a final's: a transaction of two, four at a time over kept connections, at most 200 a second.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

import boto3
import uvloop
from botocore.config import Config

from contract.records import SessionId
from contract.replies import Final, Item
from streaming_task.adapters.registry_dynamodb import DynamoFinals, Table, open_dynamodb
from streaming_task.adapters.registry_dynamodb.service import DynamoService
from streaming_task.ports import AwsCredentials

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{}"
SESSION = SessionId("5f1c8f0e-0000-5000-8000-000000000001")
WORDS = tuple(Item(f"word{at}", "word", at * 400, at * 400 + 350, 0.98, None) for at in range(12))
CALLERS, CALLS_PER_S, WARM_UP = 4, 200, 200
ENDPOINT = "AWS_ENDPOINT_URL_DYNAMODB"

Write = Callable[[int], Awaitable[object]]


class HeldCredentials:
    """Credentials at hand, as they nearly always are."""

    async def current(self) -> AwsCredentials:
        """Give them."""
        return AwsCredentials("ASIAEXAMPLE", "secret", "x" * 800, None)


class Answering(asyncio.Protocol):
    """Answers every request when it is whole."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport
        self._held = b""

    def data_received(self, data: bytes) -> None:
        """Answer when the body is here."""
        self._held += data
        head, found, body = self._held.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        if len(body) >= int(length):
            self._held = b""
            self._transport.write(ANSWER)  # type: ignore[attr-defined]  # uvloop's is no asyncio.Transport


def serve(port_to: Connection) -> None:
    """Stand in for DynamoDB until the process is ended."""

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
        port_to.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(run())


def final(number: int) -> Final:
    """Make a final of twelve words."""
    text = " ".join(word.text for word in WORDS)
    return Final(number % 1000, 0, 5000, text, 0, None, WORDS, ())


async def write_all(write: Write, count: int) -> None:
    """Write so many at the pace."""
    began = time.monotonic()

    async def call(caller: int) -> None:
        for made in range(caller, count, CALLERS):
            await asyncio.sleep(max(0.0, began + made / CALLS_PER_S - time.monotonic()))
            await write(made)

    await asyncio.gather(*(call(caller) for caller in range(CALLERS)))


async def measure(make: Callable[[], Write], calls: int) -> float:
    """Give the CPU microseconds of a write."""
    write = make()
    await write_all(write, WARM_UP)
    before = time.process_time()
    await write_all(write, calls)
    return (time.process_time() - before) / calls * 1e6


def opened() -> DynamoService:
    """Open the stand-in by the task's own client; boto3 reads the same variable itself."""
    return open_dynamodb(os.environ[ENDPOINT], "us-east-1", HeldCredentials())


def ours() -> Write:
    """Write as the task does."""
    finals = DynamoFinals(Table(opened(), "live"))
    return lambda number: finals.append(SESSION, 1, number, number + 1, final(number))


class Boto3Table(Table):
    """Calls boto3 in threads."""

    def __init__(self) -> None:
        super().__init__(opened(), "live")
        self._pool = ThreadPoolExecutor(16)
        self._client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",  # noqa: S106 - nobody's
            aws_session_token="x" * 800,
            config=Config(max_pool_connections=16, retries={"mode": "standard", "total_max_attempts": 2}),
        )

    async def transact(self, token: str, *writes: Any) -> None:
        """Write as the SDK does."""
        await asyncio.get_running_loop().run_in_executor(
            self._pool,
            lambda: self._client.transact_write_items(TransactItems=writes, ClientRequestToken=token),
        )


def theirs() -> Write:
    """Write by boto3."""
    finals = DynamoFinals(Boto3Table())
    return lambda number: finals.append(SESSION, 1, number, number + 1, final(number))


def main() -> None:
    """Measure both, in turn, three times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_500)
    calls: int = parser.parse_args().calls
    context = multiprocessing.get_context("spawn")
    mine, its = context.Pipe()
    server = context.Process(target=serve, args=(its,), daemon=True)
    server.start()
    os.environ[ENDPOINT] = f"http://127.0.0.1:{mine.recv()}"
    for _ in range(3):
        for name, make in (("ours", ours), ("boto3 in threads", theirs)):
            print(f"{name:<17}{uvloop.run(measure(make, calls)):6.0f} us")  # noqa: T201 - a command line tool
    server.terminate()
    server.join(timeout=5)


if __name__ == "__main__":
    main()
