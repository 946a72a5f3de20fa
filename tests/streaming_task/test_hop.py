"""A signature is for one message, one connection, one session, one epoch and one target."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.records import ConnectionId, SessionId, TaskId
from streaming_task.hop import is_good_hop, sign_hop
from streaming_task.ports import Forwarded

KEY = b"k" * 64
TARGET = TaskId("target")
MESSAGE = Forwarded(ConnectionId("L0SM9cOFvHcCIhw="), SessionId("s1"), 7, b'{"type":"audio"}')


def test_what_was_signed_is_good() -> None:
    """At its target, with the same key, as often as it comes: a replay is harmless."""
    signature = sign_hop(KEY, MESSAGE, TARGET)

    assert is_good_hop(KEY, MESSAGE, TARGET, signature)
    assert is_good_hop(KEY, replace(MESSAGE), TARGET, signature)


def test_a_signature_is_known_by_heart() -> None:
    """Old and new tasks run side by side while a deployment goes on: what is signed never changes unseen."""
    signature = sign_hop(KEY, MESSAGE, TARGET)

    assert signature == "a8f4daf414e9a829b15fe14a9db25820c066cd7d9e068d2ea061fd635fee3286"


@pytest.mark.parametrize(
    "altered",
    [
        replace(MESSAGE, body=b'{"type":"audiO"}'),
        replace(MESSAGE, body=b""),
        replace(MESSAGE, connection_id=ConnectionId("other=")),
        replace(MESSAGE, session_id=SessionId("s2")),
        replace(MESSAGE, epoch=8),
        replace(MESSAGE, connection_id=ConnectionId("L0SM9cOFvHcCIhw=s"), session_id=SessionId("1")),
        replace(MESSAGE, session_id=SessionId("s"), epoch=17),
    ],
    ids=["body", "no body", "connection", "session", "epoch", "moved boundary", "boundary to a number"],
)
def test_what_was_altered_is_not(altered: Forwarded) -> None:
    """No field may change, nor give a character to the next."""
    signature = sign_hop(KEY, MESSAGE, TARGET)

    assert not is_good_hop(KEY, altered, TARGET, signature)


@pytest.mark.parametrize("target", [TaskId("other"), TaskId("target2"), TaskId("")])
def test_a_signature_for_one_task_is_none_for_another(target: TaskId) -> None:
    """A task that hears a message cannot pass it off as a hop to somebody else."""
    assert not is_good_hop(KEY, MESSAGE, target, sign_hop(KEY, MESSAGE, TARGET))


@pytest.mark.parametrize("signature", ["", "0" * 64, "é" * 64, "x"])
def test_what_is_no_signature_is_not_good(signature: str) -> None:
    """Whatever stands there instead."""
    assert not is_good_hop(KEY, MESSAGE, TARGET, signature)


def test_another_key_signs_nothing_for_us() -> None:
    """The key is what makes a task one of ours."""
    assert not is_good_hop(KEY, MESSAGE, TARGET, sign_hop(b"j" * 64, MESSAGE, TARGET))
