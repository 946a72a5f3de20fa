"""What one push to a client costs the task, under uvloop: our adapter, and of that the signature alone.

    .venv/bin/python -m benchmarks.gateway_push [--messages 3000]

The stand-in for `@connections` runs in its own process; what counts is this process's CPU time. Pushes are of
400 bytes (a partial result), 8 at a time over kept connections, at most 500 a second.
"""

from __future__ import annotations

import argparse
import time
from hashlib import sha256

import uvloop

from benchmarks.paced_calls import HELD, HeldCredentials, answering, cpu_us
from contract.records import ConnectionId
from streaming_task.adapters.gateway_push import GatewayPush
from streaming_task.ports import Delivered
from streaming_task.signing import Signer

MESSAGE = "x" * 400
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
CLIENT = ConnectionId("L0SM9cOFvHcCIhw=")
SENDERS, PUSHES_PER_S, WARM_UP = 8, 500, 400


async def measure(url: str, messages: int) -> float:
    """Give the CPU microseconds of a push."""
    gateway = GatewayPush(connections_url=f"{url}/prod", region="us-east-1", credentials=HeldCredentials())

    async def push(_number: int) -> None:
        if await gateway.push(CLIENT, MESSAGE) != Delivered():
            raise RuntimeError("a push was not taken")

    used = await cpu_us(push, messages, callers=SENDERS, per_s=PUSHES_PER_S, warm_up=WARM_UP)
    await gateway.close()
    return used


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
    with answering(ANSWER) as url:
        for _ in range(2):
            print(f"push      {uvloop.run(measure(url, messages)):6.0f} us")  # noqa: T201 - a command line tool
            print(f"signature {measure_signature(messages):6.0f} us")  # noqa: T201


if __name__ == "__main__":
    main()
