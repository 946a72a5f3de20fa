"""The Lambdas that browsers reach."""

from __future__ import annotations

import json

from contract import environment
from tests.cdk_app.assembly import Assembly


def test_each_function_gets_the_settings_that_it_reads(assembly: Assembly) -> None:
    """A misspelt name would be a function that fails at its first call."""
    expected = {
        "connect": environment.CONNECT,
        "disconnect": environment.DISCONNECT,
        "api": environment.API - {environment.TICKET_LIFETIME_S},  # the protocol's 30 s unless set
        "history": environment.HISTORY,
    }

    for name, names in expected.items():
        assert assembly.function(name).properties["Environment"]["Variables"].keys() == names


def test_only_the_page_may_open_a_socket(assembly: Assembly) -> None:
    """A foreign page in the same browser would come with the same cookies, but not the same origin."""
    allowed = assembly.function("connect").properties["Environment"]["Variables"][environment.ALLOWED_ORIGINS]

    distribution = assembly.edge.only("AWS::CloudFront::Distribution")
    assert allowed == {
        "Fn::Join": ["", ["https://", {"Fn::GetAtt": [distribution.logical_id, "DomainName"]}]]
    }


def test_the_api_sends_clients_to_the_websocket_stage(assembly: Assembly) -> None:
    """The page learns the address with every ticket."""
    url = assembly.function("api").properties["Environment"]["Variables"][environment.WEBSOCKET_URL]

    assert "WebsocketApi" in json.dumps(url)
    assert json.dumps(url).endswith('/live"]]}')
