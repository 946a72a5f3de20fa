"""One connection may speak 40 times a second, and 100 times at once."""

from __future__ import annotations

from contract.records import SessionId
from streaming_task.core.admission import MessageRate, crowded


def test_a_burst_of_a_hundred_passes_and_then_forty_a_second() -> None:
    """A replay after an outage fits; a flood does not."""
    rate = MessageRate(0.0)

    assert [rate.admit(0.0) for _ in range(101)].count(True) == 100
    assert [rate.admit(1.0) for _ in range(60)].count(True) == 40
    assert [rate.admit(100.0) for _ in range(200)].count(True) == 100


def test_the_largest_sessions_wait_when_the_task_holds_too_much() -> None:
    """A slow store must not kill the task; whoever fills it most is asked to keep its audio."""
    held = {SessionId(name): size for name, size in (("a", 10), ("b", 50), ("c", 30))}

    assert crowded(held, most=90) == frozenset()
    assert crowded(held, most=89) == {"b"}
    assert crowded(held, most=20) == {"b", "c"}
    assert crowded(held, most=0) == {"a", "b", "c"}
