"""What is noted of a call: enough to find it, nothing that was said or shown in it."""

from __future__ import annotations

import json

import pytest

from tests.cdk_app.assembly import Assembly

_TELLING = ("query", "header", "body", "authorizer", "claims", "userAgent", "$context.path}", "messageBody")


@pytest.mark.parametrize("stage_name", ["live", "$default"])
def test_a_line_holds_no_query_no_header_and_no_body(assembly: Assembly, stage_name: str) -> None:
    """A ticket is in the query of the handshake; a code is in that of the sign-in."""
    stages = assembly.edge.of_type("AWS::ApiGatewayV2::Stage")
    (stage,) = (stage for stage in stages if stage.properties["StageName"] == stage_name)
    settings = stage.properties["AccessLogSettings"]

    line = json.loads(settings["Format"])

    assert all(value == f"$context.{field}" for field, value in line.items())
    assert not [field for field in line for telling in _TELLING if telling.lower() in field.lower()]
    assert "requestId" in line


def test_access_logs_are_encrypted_and_end(assembly: Assembly) -> None:
    """They name who spoke when."""
    groups = assembly.edge.of_type("AWS::Logs::LogGroup")

    assert len(groups) == 7  # four functions, the copier of the page, two APIs
    for group in groups:
        assert "KmsKeyId" in group.properties
        assert group.properties["RetentionInDays"] == 14
