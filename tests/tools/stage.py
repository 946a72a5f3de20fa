"""A client's session, its clock, and what it has said."""

from __future__ import annotations

import json
from typing import Any

from contract.audio import PCM_RATE_HZ, Quality
from tools.client_session import (
    ClientSession,
    Terms,
)

REQUEST = "22222222-2222-4222-8222-222222222222"


PAGE = "11111111-1111-4111-8111-111111111111"


TICK_S = 0.05


class Stage:
    """A session, its clock, and what it has said."""

    def __init__(self, quality: Quality = Quality.MEDIUM) -> None:
        self.rate_hz = PCM_RATE_HZ[quality]
        self.session = ClientSession(Terms(REQUEST, PAGE, quality, self.rate_hz))
        self.now = 100.0

    def capture(self, seconds: float) -> None:
        """Hear a microphone for so long."""
        self.session.capture(bytes(range(1, 3)) * round(seconds * self.rate_hz))

    def connect(self, next_offset: int = 0) -> list[dict[str, Any]]:
        """Connect and hear `ready`; give what the connection began with."""
        said = [json.loads(text) for text in self.session.connected(self.now)]
        self.hear(type="ready", session_id="s1", epoch=1, next_offset=next_offset)
        return said

    def hear(self, **message: Any) -> list[dict[str, Any]]:
        """Hear the server; give what is said at once."""
        text = json.dumps({"session_id": "s1", "epoch": 1} | message)
        return [json.loads(said) for said in self.session.hear(text, self.now)]

    def final(self, segment: int, text: str = "text") -> list[dict[str, Any]]:
        """Hear a final."""
        return self.hear(type="final", segment=segment, text=text)

    def run(self, seconds: float) -> list[dict[str, Any]]:
        """Let time pass; give what was said in it."""
        said: list[dict[str, Any]] = []
        until = self.now + seconds
        while self.now < until:
            self.now += TICK_S
            said += [json.loads(text) for text in self.session.due(self.now)]
        return said


def of(said: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [message for message in said if message["type"] == kind]
