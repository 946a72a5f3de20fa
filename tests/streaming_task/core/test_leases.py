"""A task is dead when its lease stands still by the observer's own clock, or when nobody answers there."""

from __future__ import annotations

from contract.records import TaskId
from streaming_task.core.leases import Lease, LeaseBoard

A, B, ME = TaskId("a"), TaskId("b"), TaskId("me")


def lease(task: TaskId, version: int, room: int = 10) -> Lease:
    return Lease(task, version, f"{task}:1", 0, room)


def test_a_lease_that_stands_still_for_six_seconds_is_dead() -> None:
    """Whatever any clock elsewhere says."""
    board = LeaseBoard()
    board.observe([lease(A, 1)], 100.0)
    board.observe([lease(A, 1)], 105.9)
    assert board.alive(A, 105.9) == lease(A, 1)

    assert board.alive(A, 106.0) is None
    board.observe([lease(A, 2)], 107.0)
    assert board.alive(A, 112.9) == lease(A, 2)


def test_a_lease_that_is_gone_is_a_task_that_has_left() -> None:
    """Who leaves in good order takes its lease away: nobody waits for it."""
    board = LeaseBoard()
    assert not board.is_known(A)
    board.observe([lease(A, 1)], 0.0)

    board.observe([], 1.0)

    assert board.is_known(A)
    assert board.alive(A, 1.0) is None
    board.has_no_lease(B)
    assert board.is_known(B)


def test_two_failed_connections_a_second_apart_are_a_death() -> None:
    """Sooner than the lease; one failure, or a changed lease, is none."""
    board = LeaseBoard()
    board.observe([lease(A, 1)], 0.0)
    board.failed(A, 0.5)
    board.failed(A, 1.4)
    assert board.alive(A, 1.4) is not None

    board.failed(A, 1.5)
    assert board.alive(A, 1.5) is None

    board.observe([lease(A, 2)], 2.0)
    assert board.alive(A, 2.0) is not None
    board.failed(B, 2.0)  # nobody we know


def test_the_roomiest_living_task_is_chosen() -> None:
    """Never the one that asks, never a dead one."""
    board = LeaseBoard()
    board.observe([lease(A, 1, 3), lease(B, 1, 7), lease(ME, 1, 99)], 0.0)

    assert board.with_most_room(0.0, but=ME) == lease(B, 1, 7)
    board.observe([lease(A, 2, 3), lease(B, 1, 7), lease(ME, 2, 99)], 6.0)
    assert board.with_most_room(6.0, but=ME) == lease(A, 2, 3)
    assert LeaseBoard().with_most_room(0.0, but=ME) is None
