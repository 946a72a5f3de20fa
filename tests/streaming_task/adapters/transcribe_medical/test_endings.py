"""Every error that the service documents has its place, and nothing of a message gets through."""

from __future__ import annotations

import pytest

from streaming_task.adapters.transcribe_medical.endings import ended_by_event, ended_by_response
from streaming_task.core.results import Ended, StreamEnd


@pytest.mark.parametrize(
    ("status", "error_type", "expected"),
    [
        (400, "BadRequestException", Ended(StreamEnd.BAD_REQUEST, "BadRequestException")),
        (429, "LimitExceededException:http://x/", Ended(StreamEnd.LIMIT_EXCEEDED, "LimitExceededException")),
        (400, "ThrottlingException", Ended(StreamEnd.LIMIT_EXCEEDED, "ThrottlingException")),
        (403, "InvalidSignatureException", Ended(StreamEnd.REFUSED, "InvalidSignatureException")),
        (400, "UnrecognizedClientException", Ended(StreamEnd.REFUSED, "UnrecognizedClientException")),
        (403, None, Ended(StreamEnd.REFUSED, "Http403")),
        (503, None, Ended(StreamEnd.UNAVAILABLE, "Http503")),
        (502, None, Ended(StreamEnd.INTERNAL, "Http502")),
        (418, "jane doe has a cough", Ended(StreamEnd.BAD_REQUEST, "Http418")),
    ],
)
def test_responses(status: int, error_type: str | None, expected: Ended) -> None:
    """The name decides, then the status; a header that is no name is not repeated."""
    assert ended_by_response(status, error_type) == expected


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("BadRequestException", StreamEnd.BAD_REQUEST),
        ("ConflictException", StreamEnd.CONFLICT),
        ("InternalFailureException", StreamEnd.INTERNAL),
        ("LimitExceededException", StreamEnd.LIMIT_EXCEEDED),
        ("ServiceUnavailableException", StreamEnd.UNAVAILABLE),
        ("SomethingNewException", StreamEnd.INTERNAL),
    ],
)
def test_events(name: str, end: StreamEnd) -> None:
    """What the service may send within a stream; what it may send some day is its own trouble."""
    assert ended_by_event(name) == Ended(end, name)


def test_an_event_without_a_name_has_one_nevertheless() -> None:
    """A code is always there to count by."""
    assert ended_by_event(None) == Ended(StreamEnd.INTERNAL, "UnknownException")
