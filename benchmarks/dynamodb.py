"""What one write to the table costs the task, under uvloop: our client, and boto3 in threads beside it.

    .venv/bin/python -m benchmarks.dynamodb [--calls 1500]

The stand-in for DynamoDB runs in its own process and answers at once; what counts is this process's CPU time.
The write is a final's: a transaction of two, four at a time over kept connections, at most 200 a second.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import uvloop
from botocore.config import Config

from benchmarks.paced_calls import HELD, Call, HeldCredentials, answering, cpu_us
from contract.records import SessionId
from contract.replies import Final, Item
from streaming_task.adapters.registry_dynamodb import DynamoFinals, Table, open_dynamodb
from streaming_task.adapters.registry_dynamodb.service import DynamoService

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{}"
SESSION = SessionId("5f1c8f0e-0000-5000-8000-000000000001")
WORDS = tuple(Item(f"word{at}", "word", at * 400, at * 400 + 350, 0.98, None) for at in range(12))
CALLERS, CALLS_PER_S, WARM_UP = 4, 200, 200
ENDPOINT = "AWS_ENDPOINT_URL_DYNAMODB"


def final(number: int) -> Final:
    """Make a final of twelve words."""
    text = " ".join(word.text for word in WORDS)
    return Final(number % 1000, 0, 5000, text, 0, None, WORDS, ())


def opened() -> DynamoService:
    """Open the stand-in by the task's own client; boto3 reads the same variable itself."""
    return open_dynamodb(os.environ[ENDPOINT], "us-east-1", HeldCredentials())


def ours() -> Call:
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
            aws_access_key_id=HELD.access_key_id,
            aws_secret_access_key=HELD.secret_access_key,
            aws_session_token=HELD.session_token,
            config=Config(max_pool_connections=16, retries={"mode": "standard", "total_max_attempts": 2}),
        )

    async def transact(self, token: str, *writes: Any) -> None:
        """Write as the SDK does."""
        await asyncio.get_running_loop().run_in_executor(
            self._pool,
            lambda: self._client.transact_write_items(TransactItems=writes, ClientRequestToken=token),
        )


def theirs() -> Call:
    """Write by boto3."""
    finals = DynamoFinals(Boto3Table())
    return lambda number: finals.append(SESSION, 1, number, number + 1, final(number))


async def measure(make: Callable[[], Call], calls: int) -> float:
    """Give the CPU microseconds of a write."""
    return await cpu_us(make(), calls, callers=CALLERS, per_s=CALLS_PER_S, warm_up=WARM_UP)


def main() -> None:
    """Measure both, in turn, three times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_500)
    calls: int = parser.parse_args().calls
    with answering(ANSWER) as url:
        os.environ[ENDPOINT] = url
        for _ in range(3):
            for name, make in (("ours", ours), ("boto3 in threads", theirs)):
                print(f"{name:<17}{uvloop.run(measure(make, calls)):6.0f} us")  # noqa: T201 - a command line tool


if __name__ == "__main__":
    main()
