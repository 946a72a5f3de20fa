"""Two tasks beside each other, one of which owns a session."""

from __future__ import annotations

import asyncio

from contract.records import TaskId
from streaming_task.core.leases import Lease
from tests.streaming_task.bench import (
    PIECE,
    RATE_HZ,
    TASK,
    Bench,
    audio_message,
)

OTHER = TaskId("t2")


def lease(task_id: TaskId, version: int = 1, room: int = 9) -> Lease:
    return Lease(task_id, version, f"{task_id}:1", 0, room)


def show_leases(*benches: Bench, version: int = 1) -> None:
    now = asyncio.get_running_loop().time()
    for bench in benches:
        bench.leases.held = {task: lease(task, version) for task in (TASK, OTHER)}
        bench.board.observe(bench.leases.held.values(), now)


async def two_tasks() -> tuple[Bench, Bench]:
    """One task owns a session with a second of audio; the other knows nothing of it yet."""
    first = Bench()
    second = Bench(task_id=OTHER, beside=first)
    show_leases(first, second)
    first.connect()
    await first.start()
    await first.listening()
    return first, second


def say_audio(piece: int) -> dict[str, object]:
    return audio_message(piece * RATE_HZ // 5, PIECE)
