"""The runner says what the session decides, to whom it concerns."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from contract.records import ConnectionId, SessionId
from contract.wire import Audio, Code, Stop
from streaming_task.core.events import MessageTaken, SessionMessage
from streaming_task.ports import Delivered, PushResult
from streaming_task.pushes import Pushes
from streaming_task.runner import Services, SessionRunner
from tests.streaming_task.core.scene import FIRST, NEVER, Scene

SESSION = SessionId("s1")


class FakeGateway:
    """Delivers everything and keeps it."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    async def push(self, connection_id: ConnectionId, message: str) -> PushResult:
        """Keep a message."""
        self.said.append(json.loads(message))
        return Delivered()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (Audio("a7", SESSION, 0, b"\x01"), Code.BAD_MESSAGE),
        (Audio("a7", SESSION, 10**12, b"\x01\x00"), Code.DURATION_LIMIT),
        (Audio("a7", SESSION, 2 * 1024 * 1024, b"\x01\x00"), Code.BUFFER_LIMIT),
        (Stop("a7", SESSION, 10**12, None), Code.DURATION_LIMIT),
    ],
    ids=["odd", "past the limit", "too far ahead", "an end past the limit"],
)
async def test_a_refusal_names_the_message_it_answers(message: SessionMessage, code: Code) -> None:
    """A client with several messages under way knows which of them failed."""
    gateway = FakeGateway()
    pushes = Pushes(gateway)
    nothing = cast(Any, None)  # a refused message touches no store and no recogniser
    services = Services(
        audio=nothing,
        recordings=nothing,
        sessions=nothing,
        finals=nothing,
        records=nothing,
        recognition=nothing,
        resampler=nothing,
        pushes=pushes,
        report=nothing,
    )
    runner = SessionRunner(Scene().session, services, on_close=lambda: None)

    runner.post(MessageTaken(FIRST, NEVER, message))
    await pushes.close(within_s=5.0)
    runner.abort()

    assert [(said["type"], said["code"], said["ref"]) for said in gateway.said] == [("error", code, "a7")]
