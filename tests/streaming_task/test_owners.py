"""What a task remembers of sessions elsewhere is bounded, and whose they are is part of it."""

from __future__ import annotations

import pytest

from contract.records import SessionId, UserId
from streaming_task import owners as module
from streaming_task.owners import Owner, Owners
from tests.streaming_task.pair import OTHER, lease

HERS = UserId("u1")


def owner(epoch: int = 1) -> Owner:
    return Owner(lease(OTHER), epoch, HERS)


def test_the_longest_unused_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that lives for months hears of more sessions than it need remember."""
    monkeypatch.setattr(module, "MOST", 2)
    owners = Owners()
    first, second, third = (SessionId(f"s{number}") for number in range(3))

    owners.put(first, owner())
    owners.put(second, owner())
    assert owners.get(first) is not None
    owners.put(third, owner())

    assert (len(owners), owners.get(second)) == (2, None)
    assert owners.get(first) is not None


def test_an_epoch_is_told_to_the_sessions_user_alone() -> None:
    """A stranger's session sounds like one that does not exist."""
    owners = Owners()
    session_id = SessionId("s1")
    owners.put(session_id, owner(epoch=3))

    assert owners.epoch_of(session_id, HERS) == 3
    assert owners.epoch_of(session_id, UserId("u2")) is None
    owners.forget(session_id)
    assert owners.epoch_of(session_id, HERS) is None
