"""The way of a message: VPC link, mapped headers, order, and frames that no message may have."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from contract.wire import MAX_MESSAGE_BYTES, MESSAGE_BURST, MESSAGES_PER_S, Code
from tools.smoke_checks.outcome import CheckFailed, Ok, Outcome, all_of
from tools.smoke_checks.raw_socket import answer, connected, start_message, stop_message
from tools.stream_file import Target

QUICK_MESSAGES = 200
AT_ONCE = MESSAGE_BURST - 20  # the allowance is counted where messages arrive, not where they are sent
PACE_S = 1.25 / MESSAGES_PER_S
QUIET_S = 10.0
CARRIED_BYTES = MAX_MESSAGE_BYTES + 500  # more than the task takes, less than a frame may hold
UNCARRIED_BYTES = 33_000  # more than a frame may hold: 32 KB
UNKNOWN = "smoke"  # no such type: answered at once, by name, and changes nothing


async def check_header_mapping(target: Target) -> Outcome:
    """Ask what only a task can answer that was told the connection's id."""
    async with connected(target) as socket:
        asked_at = time.monotonic()
        said = await answer(socket, start_message(), "ready", "error")
        if said["type"] == "error":
            raise CheckFailed(f"start was refused: {said.get('code')}")
        await socket.send(json.dumps(stop_message(said["session_id"])))
        return Ok(f"start answered by ready in {(time.monotonic() - asked_at) * 1000:.0f} ms")


async def check_order(target: Target, pace_s: float = PACE_S) -> Outcome:
    """Send messages quickly and count the answers that came out of order."""
    async with connected(target) as socket:
        async with asyncio.TaskGroup() as group:
            group.create_task(_send_quickly(socket, pace_s), name="send")
            heard = group.create_task(_refs(socket), name="hear")
        return judge_order(heard.result())


def judge_order(refs: Sequence[int]) -> Outcome:
    """Judge the answers: each message answered; how many overtook others is told, none is promised."""
    lost = QUICK_MESSAGES - len(set(refs))
    problems = [f"{lost} of {QUICK_MESSAGES} messages were not answered"] if lost else []
    if len(refs) > len(set(refs)):
        problems.append(f"{len(refs) - len(set(refs))} were answered twice")
    return all_of(problems, f"{out_of_order(refs)} of {QUICK_MESSAGES} quick messages answered out of order")


def out_of_order(numbers: Sequence[int]) -> int:
    """Count the numbers that came after a higher one."""
    highest, count = -1, 0
    for number in numbers:
        count += number < highest
        highest = max(highest, number)
    return count


async def _send_quickly(socket: ClientConnection, pace_s: float) -> None:
    for number in range(QUICK_MESSAGES):
        await socket.send(json.dumps({"type": UNKNOWN, "id": str(number)}))
        if number >= AT_ONCE:
            await asyncio.sleep(pace_s)


async def _refs(socket: ClientConnection) -> list[int]:
    refs: list[int] = []
    try:
        while len(refs) < QUICK_MESSAGES:
            async with asyncio.timeout(QUIET_S):
                said = json.loads(await socket.recv())
            if said.get("code") == Code.BAD_MESSAGE and said.get("ref") is not None:
                refs.append(int(said["ref"]))
    except (TimeoutError, ConnectionClosed):
        pass  # who is missing is counted
    return refs


async def check_frames(target: Target, close_within_s: float = QUIET_S) -> Outcome:
    """Send what is over the limits and see each refused in its own way."""
    problems = []
    padding = "x" * CARRIED_BYTES
    async with connected(target) as socket:
        said = await answer(socket, {"type": "ping", "padding": padding}, "error")
        if said.get("code") != Code.TOO_LARGE:
            problems.append(f"over {MAX_MESSAGE_BYTES} bytes: {said.get('code')} instead of too_large")
    for what, frame, expected in (
        ("over 32 KB", "x" * UNCARRIED_BYTES, 1009),
        ("a binary frame", b"\x00\x01", 1003),
    ):
        async with connected(target) as socket:
            code = await _close_code(socket, frame, close_within_s)
            if code != expected:
                problems.append(f"{what}: close {code} instead of {expected}")
    return all_of(problems, "over 32,000 bytes too_large, over 32 KB close 1009, binary close 1003")


async def _close_code(socket: ClientConnection, frame: str | bytes, within_s: float) -> int | None:
    try:
        await socket.send(frame)
        async with asyncio.timeout(within_s):
            while True:
                await socket.recv()
    except (ConnectionClosed, TimeoutError):
        return socket.close_code
