"""Where streaming tasks listen, one after the other."""

from __future__ import annotations

import socket

import pytest

from local_stack.start_failed import StartFailed
from local_stack.task_slot import TaskPorts


def free_block(length: int) -> range:
    with socket.create_server(("127.0.0.1", 0)) as server:
        base: int = server.getsockname()[1]
    return range(base - length + 1, base + 1)


def test_a_new_task_gets_another_port_than_the_dead_one() -> None:
    """An address that a task left is not at once another task's, as on Fargate."""
    block = free_block(12)
    ports = TaskPorts(block)
    first, second = ports.take(), ports.take()

    ports.give_back(first)
    third = ports.take()

    assert len({first, second, third}) == 3
    assert {first, second, third} <= set(block)


def test_a_port_that_somebody_took_meanwhile_is_passed_over() -> None:
    """A stranger on a port must not keep a task from coming back."""
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = stranger.getsockname()[1]
        ports = TaskPorts(range(taken, taken + 3))

        assert ports.take() != taken


def test_when_no_port_is_left_a_sentence_says_so() -> None:
    """The supervisor tries again later; at the start it gives up."""
    ports = TaskPorts(free_block(1))
    ports.take()

    with pytest.raises(StartFailed, match="No port from"):
        ports.take()
