"""The integration's `requestParameters`: which header of the request carries what of the context. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

_HEADER_PREFIX = "integration.request.header."
_CONTEXT_PREFIX = "context."


@dataclass(frozen=True, slots=True)
class MessageContext:
    """What a message's `$context` holds for the mapping."""

    connection_id: str
    message_id: str
    request_id: str
    source_ip: str
    api_id: str
    stage: str
    domain_name: str


_SOURCES: Mapping[str, Callable[[MessageContext], str]] = {
    "connectionId": lambda context: context.connection_id,
    "messageId": lambda context: context.message_id,
    "requestId": lambda context: context.request_id,
    "extendedRequestId": lambda context: context.request_id,
    "identity.sourceIp": lambda context: context.source_ip,
    "apiId": lambda context: context.api_id,
    "stage": lambda context: context.stage,
    "domainName": lambda context: context.domain_name,
    "routeKey": lambda _context: "$default",
    "eventType": lambda _context: "MESSAGE",
}


class HeaderMapping:
    """Turn `requestParameters` into header lines, for every message."""

    def __init__(self, request_parameters: Mapping[str, str]) -> None:
        """Read the mapping.

        Raises:
            ValueError: a parameter is no header, or its source is not known.
        """
        self._lines = [_line(target, source) for target, source in sorted(request_parameters.items())]

    def header_lines(self, context: MessageContext) -> str:
        """Give the mapped headers of a message, each ended by CRLF."""
        return "".join([f"{name}: {value(context)}\r\n" for name, value in self._lines])


def _line(target: str, source: str) -> tuple[str, Callable[[MessageContext], str]]:
    name = target.removeprefix(_HEADER_PREFIX)
    if name == target or not name or not name.replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"only headers can be mapped, not {target!r}")
    if len(source) >= 2 and source[0] == source[-1] == "'":
        literal = source[1:-1]
        if not literal.isprintable():
            raise ValueError(f"the literal of {target!r} must be printable")
        return name, lambda _context: literal
    value = _SOURCES.get(source.removeprefix(_CONTEXT_PREFIX)) if source.startswith(_CONTEXT_PREFIX) else None
    if value is None:
        raise ValueError(f"{target!r} is mapped from an unknown source {source!r}")
    return name, value
