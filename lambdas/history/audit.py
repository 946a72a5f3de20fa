"""What is written down of every access. Pure values: ids and words of our own, nothing of a patient's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What somebody did, or wanted to."""

    LIST = "list"
    READ = "read"
    AUDIO = "audio"
    EXPORT = "export"
    CORRECT = "correct"
    DELETE = "delete"


class Outcome(StrEnum):
    """What came of it."""

    DONE = "done"
    BEGUN = "begun"  # a deletion, which may end in the middle
    NOT_FOUND = "not_found"  # absent, or somebody else's
    REFUSED = "refused"  # a wrong question, a policy, a sign-out, or too early
    CONFLICT = "conflict"  # somebody was faster


@dataclass(frozen=True, slots=True)
class Entry:
    """One access. `asked_for` is a number or a UUID as it was asked; None: neither was."""

    user_id: str
    action: Action
    outcome: Outcome
    asked_for: str | None
    transcription_ids: tuple[int, ...]
