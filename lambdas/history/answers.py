"""What is answered and what is written down of it: one value says both, and neither is forgotten. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lambdas.history.audit import Outcome

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body, what came of the access, and of which transcriptions it gives something away."""

    status: int
    body: bytes = field(repr=False)
    outcome: Outcome
    transcription_ids: tuple[int, ...] = ()
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


def found(body: Mapping[str, object], *transcription_ids: int) -> Answer:
    """Answer with what was asked for."""
    return Answer(200, as_bytes(body), Outcome.DONE, transcription_ids)


def refused(status: int, message: str, *transcription_ids: int) -> Answer:
    """Answer with a sentence why not."""
    return Answer(status, as_bytes({"message": message}), Outcome.REFUSED, transcription_ids)


def as_bytes(body: Mapping[str, object]) -> bytes:
    """Write JSON."""
    return json.dumps(body).encode()


SIGNED_OUT: Final = refused(401, "Please sign in again.")
NOT_FOUND: Final = Answer(
    404, as_bytes({"message": "There is no such transcription."}), Outcome.NOT_FOUND
)  # absent and somebody else's: nothing may tell them apart
OUT_OF_REACH: Final = "We cannot reach your transcriptions right now. Please try again in a moment."
