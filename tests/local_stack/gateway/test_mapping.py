"""The gateway maps headers as the template's integration says, or says that it cannot."""

from __future__ import annotations

import pytest

from local_stack.gateway.mapping import HeaderMapping, MessageContext
from local_stack.gateway.settings import DEFAULT_REQUEST_PARAMETERS

CONTEXT = MessageContext("C=", "M=", "R=", "127.0.0.1", "api", "prod", "localhost")


def test_the_default_mapping_names_connection_message_and_request() -> None:
    """These three are what a task is told of a message."""
    lines = HeaderMapping(DEFAULT_REQUEST_PARAMETERS).header_lines(CONTEXT)

    assert lines.split("\r\n") == ["x-connection-id: C=", "x-message-id: M=", "x-request-id: R=", ""]


def test_literals_are_mapped_as_they_are() -> None:
    """API Gateway writes a constant between single quotes."""
    lines = HeaderMapping({"integration.request.header.x-stage": "'blue'"}).header_lines(CONTEXT)

    assert lines == "x-stage: blue\r\n"


@pytest.mark.parametrize(
    ("target", "source"),
    [
        ("integration.request.querystring.id", "context.connectionId"),
        ("integration.request.header.", "context.connectionId"),
        ("integration.request.header.a b", "context.connectionId"),
        ("integration.request.header.x-a", "context.authorizer.sub"),
        ("integration.request.header.x-a", "connectionId"),
        ("integration.request.header.x-a", "'a\r\nb'"),
    ],
)
def test_what_cannot_be_mapped_is_refused_when_built(target: str, source: str) -> None:
    """A mapping that the template has and this cannot do must fail at start-up, not silently."""
    with pytest.raises(ValueError):
        HeaderMapping({target: source})
