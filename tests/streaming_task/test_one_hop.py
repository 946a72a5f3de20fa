"""A message that had its hop goes no further, and takes no session from a living owner."""

from __future__ import annotations

import json

from contract.records import TaskId
from streaming_task.core.leases import Lease
from streaming_task.ports import Forwarded
from tests.fakes.virtual_time import in_virtual_time, settled, until
from tests.streaming_task.bench import (
    FIRST,
    SESSION,
    TASK,
    Bench,
    open_meta,
    resume_message,
    start_message,
)

OTHER = TaskId("t2")
NOT_THE_OWNER = 421


def lease(task_id: TaskId) -> Lease:
    return Lease(task_id, 1, f"{task_id}:1", 0, 9)


@in_virtual_time
async def test_a_forwarded_message_goes_no_further() -> None:
    """Who is wrong about the owner is told so: two tasks that are wrong would send it to and fro for ever."""
    bench = Bench()
    bench.connect()
    bench.sessions.metas[SESSION] = open_meta(owner=OTHER, epoch=1)
    bench.board.observe([lease(TASK), lease(OTHER)], 0.0)

    status = await bench.directory.forwarded(hop(resume_message()))
    await settled()

    assert status == NOT_THE_OWNER
    assert bench.peers.forwarded == []
    assert bench.sessions.metas[SESSION].owner == OTHER
    await bench.leave()


@in_virtual_time
async def test_a_start_that_was_passed_on_is_not_passed_on_again() -> None:
    """Full tasks that take each other for roomy would pass it round and round: the client hears `busy`."""
    full = Bench(max_sessions=0)
    roomy = Bench(task_id=OTHER, beside=full)
    full.connect()
    full.board.observe([lease(TASK), lease(OTHER)], 0.0)

    await full.directory.forwarded(hop(start_message()))
    await until(lambda: full.heard())

    assert [error["code"] for error in full.heard("error")] == ["busy"]
    assert full.peers.forwarded == []
    await full.leave()
    await roomy.leave()


def hop(message: dict[str, object]) -> Forwarded:
    """Make what another task sends on."""
    return Forwarded(FIRST, SESSION, 1, json.dumps(message).encode())
