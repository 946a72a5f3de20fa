"""What comes of a request: an answer, or one of the ways in which there is none. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; header names in lower case, of a header that repeats the last one."""

    status: int
    headers: Mapping[bytes, bytes]
    body: bytes


class HttpFailed(Exception):
    """There is no answer; `code` says why, in words of ours alone."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotReached(HttpFailed):
    """No connection was to be had for the last attempt."""


class ConnectionLost(HttpFailed):
    """The connection ended, or made no sense, before the answer was whole: what was done is not known."""


class TookTooLong(HttpFailed):
    """The answer was not whole in time: what was done is not known."""
