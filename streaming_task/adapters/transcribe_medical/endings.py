"""What the service's errors mean for a stream. Pure: names in, an `Ended` out; never a message."""

from __future__ import annotations

import re

from streaming_task.core.results import Ended, StreamEnd

_BY_NAME = {
    "BadRequestException": StreamEnd.BAD_REQUEST,
    "ValidationException": StreamEnd.BAD_REQUEST,
    "SerializationException": StreamEnd.BAD_REQUEST,
    "UnknownOperationException": StreamEnd.BAD_REQUEST,
    "ConflictException": StreamEnd.CONFLICT,
    "LimitExceededException": StreamEnd.LIMIT_EXCEEDED,
    "ThrottlingException": StreamEnd.LIMIT_EXCEEDED,
    "TooManyRequestsException": StreamEnd.LIMIT_EXCEEDED,
    "ServiceUnavailableException": StreamEnd.UNAVAILABLE,
    "ServiceUnavailable": StreamEnd.UNAVAILABLE,
    "InternalFailureException": StreamEnd.INTERNAL,
    "InternalFailure": StreamEnd.INTERNAL,
    "InternalServerException": StreamEnd.INTERNAL,
    "AccessDeniedException": StreamEnd.REFUSED,
    "ExpiredTokenException": StreamEnd.REFUSED,
    "IncompleteSignatureException": StreamEnd.REFUSED,
    "InvalidSignatureException": StreamEnd.REFUSED,
    "MissingAuthenticationTokenException": StreamEnd.REFUSED,
    "NotAuthorized": StreamEnd.REFUSED,
    "OptInRequired": StreamEnd.REFUSED,
    "SignatureDoesNotMatch": StreamEnd.REFUSED,
    "UnrecognizedClientException": StreamEnd.REFUSED,
}
_BY_STATUS = {
    401: StreamEnd.REFUSED,
    403: StreamEnd.REFUSED,
    409: StreamEnd.CONFLICT,
    429: StreamEnd.LIMIT_EXCEEDED,
    503: StreamEnd.UNAVAILABLE,
}
_NAME = re.compile(r"[A-Za-z]{1,64}")


def ended_by_response(status: int, error_type: str | None) -> Ended:
    """Say what a response other than 200 means; `error_type` is its `x-amzn-errortype` header."""
    # It may be followed by a URL: "LimitExceededException:http://..."
    name = _clean(error_type, f"Http{status}")
    end = _BY_NAME.get(name) or _BY_STATUS.get(status)
    if end is None:
        end = StreamEnd.INTERNAL if status >= 500 else StreamEnd.BAD_REQUEST
    return Ended(end, name)


def ended_by_event(name: str | None) -> Ended:
    """Say what an exception or error message within the stream means."""
    name = _clean(name, "UnknownException")
    return Ended(_BY_NAME.get(name, StreamEnd.INTERNAL), name)


def _clean(name: str | None, otherwise: str) -> str:
    """Let only what looks like a name into logs."""
    head = (name or "").split(":")[0].strip()
    return head if _NAME.fullmatch(head) else otherwise
