"""What the ingress asks of the task, and what it allows its peers. No I/O."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from streaming_task.ports import Forwarded

MAX_BODY_BYTES = 132 * 1024  # API Gateway passes messages of up to 128 KB on; the task answers those politely


IsGoodHop = Callable[[Forwarded, str], bool]  # tells whether a forwarded message's signature is good


def trust_nobody(message: Forwarded, signature: str) -> bool:
    """Take no message from another task: there is no key to know it by."""
    return False


class Handler(Protocol):
    """Answers for the task."""

    def message(self, connection_id: str, body: bytes) -> int | Awaitable[int]:
        """Take a client's message; give the HTTP status, at once if nothing has to be looked up for it."""
        ...

    def forwarded(self, message: Forwarded) -> int | Awaitable[int]:
        """Take a message of good signature from another task; give 200, or 421: it is not ours to take."""
        ...

    def health(self) -> tuple[int, Mapping[str, object]]:
        """Give the HTTP status and the JSON that say whether the process works."""
        ...

    def readiness(self) -> tuple[int, Mapping[str, object]]:
        """Give the HTTP status and the JSON that say whether the task takes messages."""
        ...


@dataclass(frozen=True, slots=True)
class IngressLimits:
    """How much, how long and how many the ingress puts up with."""

    body_bytes: int = MAX_BODY_BYTES
    head_bytes: int = 16 * 1024
    head_s: float = 10.0  # from the first byte of a request, or from the accept, to the end of its headers
    body_s: float = 10.0  # from there to the end of its body
    answer_s: float = 25.0  # API Gateway gives up after 29 s
    write_s: float = 10.0  # for a peer that does not read its answers
    idle_s: float = 360.0  # longer than the balancer's 350 s, so that it is not we who cut a request short
    linger_s: float = 1.0  # after a refusal, so that the peer can read it before the reset
    connections: int = 4096
