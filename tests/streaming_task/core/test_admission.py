"""One connection may speak 40 times a second, and 100 times at once."""

from __future__ import annotations

from streaming_task.core.admission import MessageRate


def test_a_burst_of_a_hundred_passes_and_then_forty_a_second() -> None:
    """A replay after an outage fits; a flood does not."""
    rate = MessageRate(0.0)

    assert [rate.admit(0.0) for _ in range(101)].count(True) == 100
    assert [rate.admit(1.0) for _ in range(60)].count(True) == 40
    assert [rate.admit(100.0) for _ in range(200)].count(True) == 100
