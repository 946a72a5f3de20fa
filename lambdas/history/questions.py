"""What is asked: ids, filters, cursors, corrections; read from a request, held to their limits. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

LIMIT_DEFAULT: Final = 20
LIMIT_HIGHEST: Final = 100
LONGEST_QUERY: Final = 200  # characters
LONGEST_CORRECTION: Final = 5_000  # characters
LARGEST_BODY: Final = 64 * 1024  # characters
HIGHEST_NUMBER: Final = 2**31 - 1  # PostgreSQL's INTEGER

_WHOLE: Final = re.compile(r"[0-9]{1,10}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class WrongQuestion(Exception):
    """The request is not as it must be; the text is a sentence for a person and quotes nothing."""


@dataclass(frozen=True, slots=True)
class RecordId:
    """Which transcription: by its number, or by its session; by neither: there is none such."""

    number: int | None
    session_id: str | None

    def __str__(self) -> str:
        """Give it as it was asked for; empty, of another shape."""
        return self.session_id or ("" if self.number is None else str(self.number))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the list goes on with what is older."""

    created_at: datetime
    transcription_id: int


@dataclass(frozen=True, slots=True)
class ListQuestion:
    """Which summaries: `since` is included, `until` is not."""

    words: str | None = field(repr=False)
    since: datetime | None
    until: datetime | None
    limit: int
    after: Place | None


@dataclass(frozen=True, slots=True)
class Correction:
    """How a segment is to read, and which version whoever says so has seen."""

    segment: int
    text: str = field(repr=False)
    base_version: int


def read_record_id(text: str) -> RecordId:
    """Read a transcription's number or a session's UUID."""
    if _WHOLE.fullmatch(text):
        return RecordId(int(text), None) if int(text) <= HIGHEST_NUMBER else RecordId(None, None)
    try:
        session_id = str(uuid.UUID(text))
    except ValueError:
        return RecordId(None, None)
    return RecordId(None, session_id) if session_id == text.lower() else RecordId(None, None)


def read_list_question(query: Mapping[str, str]) -> ListQuestion:
    """Read the list's filters; an empty one counts as none.

    Raises:
        WrongQuestion: one is not as it must be.
    """
    words = query.get("q") or None
    if words is not None and (len(words) > LONGEST_QUERY or _CONTROL.search(words)):
        raise WrongQuestion(f"q must be at most {LONGEST_QUERY} characters of text.")
    limit = query.get("limit") or str(LIMIT_DEFAULT)
    if not _WHOLE.fullmatch(limit) or not 1 <= int(limit) <= LIMIT_HIGHEST:
        raise WrongQuestion(f"limit must be a whole number from 1 to {LIMIT_HIGHEST}.")
    cursor = query.get("cursor")
    return ListQuestion(
        words=words,
        since=_instant(query, "from", day_ends=False),
        until=_instant(query, "to", day_ends=True),
        limit=int(limit),
        after=_read_cursor(cursor) if cursor else None,
    )


def cursor_of(place: Place) -> str:
    """Write down where a page ended."""
    microseconds = (place.created_at - _EPOCH) // timedelta(microseconds=1)
    written = f"{microseconds}.{place.transcription_id}".encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode()


def read_correction(body: str | None) -> Correction:
    """Read the body of a correction; white space becomes single spaces.

    Raises:
        WrongQuestion: it is not as it must be.
    """
    try:
        given = json.loads(body or "") if len(body or "") <= LARGEST_BODY else None
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise WrongQuestion("The body must be a JSON object with segment, text and base_version.")
    text = given.get("text")
    if not isinstance(text, str) or len(text) > LONGEST_CORRECTION or _CONTROL.search(text):
        raise WrongQuestion(f"text must be at most {LONGEST_CORRECTION} characters of text.")
    return Correction(_count(given, "segment"), " ".join(text.split()), _count(given, "base_version"))


def _count(given: Mapping[str, object], name: str) -> int:
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < HIGHEST_NUMBER:
        raise WrongQuestion(f"{name} must be a whole number, 0 or more.")
    return value


def _instant(query: Mapping[str, str], name: str, *, day_ends: bool) -> datetime | None:
    text = query.get(name)
    if not text:
        return None
    try:
        if len(text) == len("2026-11-22"):
            day = date.fromisoformat(text) + timedelta(days=1 if day_ends else 0)
            return datetime.combine(day, time(), UTC)
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise WrongQuestion(f"{name} must be a date or a date and time as in ISO 8601.") from None


def _read_cursor(text: str) -> Place:
    try:
        written = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), b"-_", validate=True).decode()
        microseconds, number = written.split(".")
        if not _WHOLE.fullmatch(number) or int(number) > HIGHEST_NUMBER or len(microseconds) > 18:
            raise ValueError("not a cursor")
        return Place(_EPOCH + timedelta(microseconds=int(microseconds)), int(number))
    except (ValueError, OverflowError, binascii.Error):
        raise WrongQuestion("cursor must be the one of the page before.") from None
