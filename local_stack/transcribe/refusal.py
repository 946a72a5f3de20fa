"""The service's exceptions by name, with the HTTP status each has. Types alone."""

from __future__ import annotations

STATUS_BY_NAME = {
    # Documented for StartMedicalStreamTranscription: these can also come as events in an open stream.
    "BadRequestException": 400,
    "ConflictException": 409,
    "InternalFailureException": 500,
    "LimitExceededException": 429,
    "ServiceUnavailableException": 503,
    # Common to AWS services: only ever an answer to the request.
    "ExpiredTokenException": 403,
    "IncompleteSignatureException": 403,
    "InvalidSignatureException": 403,
    "MissingAuthenticationTokenException": 403,
    "UnrecognizedClientException": 403,
    "UnknownOperationException": 404,
}
STREAM_EXCEPTIONS = (
    "BadRequestException",
    "ConflictException",
    "InternalFailureException",
    "LimitExceededException",
    "ServiceUnavailableException",
)


class Refusal(Exception):
    """What the service says no with: an exception's name and a sentence."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message

    @property
    def status(self) -> int:
        """Give the HTTP status that goes with the name."""
        return STATUS_BY_NAME[self.name]
