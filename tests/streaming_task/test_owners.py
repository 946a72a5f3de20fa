"""What a task remembers of sessions elsewhere is bounded."""

from __future__ import annotations

import pytest

from contract.records import SessionId, UserId
from streaming_task import owners as module
from streaming_task.owners import Owner, Owners
from tests.streaming_task.pair import OTHER, lease


def owner() -> Owner:
    return Owner(lease(OTHER), 1, UserId("u1"))


def test_the_longest_unused_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that lives for months hears of more sessions than it need remember."""
    monkeypatch.setattr(module, "MOST_SESSIONS", 2)
    owners = Owners()
    first, second, third = (SessionId(f"s{number}") for number in range(3))

    owners.put(first, owner())
    owners.put(second, owner())
    assert owners.get(first) is not None
    owners.put(third, owner())

    assert [owners.get(session_id) is not None for session_id in (first, second, third)] == [
        True,
        False,
        True,
    ]
