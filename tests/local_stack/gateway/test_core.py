"""What API Gateway promises and does not promise, without a port and without waiting."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from local_stack.gateway.core import (
    Close,
    ConnectionId,
    Cut,
    Dispatch,
    Frame,
    GatewayCore,
    IntegrationFailure,
    Verdict,
)
from local_stack.gateway.faults import Faults
from local_stack.gateway.lambda_events import Handshake
from local_stack.gateway.settings import GatewaySettings

EPOCH_S = 1_800_000_000.0
SETTINGS = GatewaySettings(balancer_port=1, connection_idle_s=600.0, connection_max_s=7200.0)
HANDSHAKE = Handshake(
    headers=[
        ("Host", "localhost:5001"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Origin", "http://localhost:5000"),
        ("Sec-WebSocket-Version", "13"),
        ("User-Agent", "Firefox"),
    ],
    query="ticket=abc%3D&x=1&x=2",
    source_ip="127.0.0.1",
)


class Bytes:
    """Bytes that differ at every call and are the same in every run."""

    def __init__(self) -> None:
        self._calls = 0

    def __call__(self, count: int) -> bytes:
        """Give `count` bytes."""
        self._calls += 1
        return self._calls.to_bytes(count, "big")


def new_core(settings: GatewaySettings = SETTINGS) -> GatewayCore:
    """Make a gateway whose clock reads zero."""
    return GatewayCore(settings, 0.0, EPOCH_S, Bytes())


def connected(core: GatewayCore, now: float = 0.0) -> ConnectionId:
    """Open a connection and give its id."""
    opened = core.connection_requested(HANDSHAKE, 5001, now)
    assert core.connect_answered(opened.connection_id, 200)
    return opened.connection_id


def dispatched(core: GatewayCore, connection_id: ConnectionId, body: bytes = b"{}") -> list[Dispatch]:
    """Send a message and give the requests it became."""
    decided = core.message_received(connection_id, body, 1.0)
    assert not isinstance(decided, Frame)
    return decided


def test_the_connect_event_is_api_gateways() -> None:
    """The real Lambda reads origin, ticket and connection id where AWS puts them."""
    opened = new_core().connection_requested(HANDSHAKE, 5001, 2.5)

    event = opened.event
    assert event["headers"]["Origin"] == "http://localhost:5000"
    assert event["multiValueHeaders"]["Host"] == ["localhost:5001"]
    assert event["headers"]["X-Forwarded-Port"] == "5001"
    assert "Upgrade" not in event["headers"]
    assert event["queryStringParameters"] == {"ticket": "abc=", "x": "2"}
    assert event["multiValueQueryStringParameters"] == {"ticket": ["abc="], "x": ["1", "2"]}
    assert event["isBase64Encoded"] is False
    context = event["requestContext"]
    assert context == {
        "routeKey": "$connect",
        "eventType": "CONNECT",
        "extendedRequestId": opened.request_id,
        "requestTime": "15/Jan/2027:08:00:02 +0000",
        "messageDirection": "IN",
        "stage": "local",
        "connectedAt": 1_800_000_002_500,
        "requestTimeEpoch": 1_800_000_002_500,
        "identity": {"sourceIp": "127.0.0.1", "userAgent": "Firefox"},
        "requestId": opened.request_id,
        "domainName": "localhost",
        "connectionId": opened.connection_id,
        "apiId": "local",
    }


def test_without_a_query_the_event_has_none() -> None:
    """AWS leaves the keys out; a handler that indexes them must fail here too."""
    event = new_core().connection_requested(replace(HANDSHAKE, query=""), 5001, 0.0).event

    assert "queryStringParameters" not in event
    assert "multiValueQueryStringParameters" not in event


def test_connection_ids_look_like_aws_own() -> None:
    """Sixteen characters that end with "=": whoever builds a URL from one must encode it."""
    connection_id = connected(new_core())

    assert len(connection_id) == 16
    assert connection_id.endswith("=")


def test_nothing_is_pushed_before_connect_has_answered() -> None:
    """AWS answers 410 to a push from within `$connect`."""
    core = new_core()
    opened = core.connection_requested(HANDSHAKE, 5001, 0.0)

    before = core.push(opened.connection_id, 2, 0, 0.0)
    described = core.describe(opened.connection_id, 0.0)
    core.connect_answered(opened.connection_id, 200)

    assert (before.status, before.error_type) == (410, "GoneException")
    assert described.status == 410
    assert core.push(opened.connection_id, 2, 0, 0.0).status == 200


@pytest.mark.parametrize("status", [401, 403, 500, 302])
def test_a_refused_connection_is_forgotten(status: int) -> None:
    """No `$disconnect` follows a `$connect` that said no."""
    core = new_core()
    opened = core.connection_requested(HANDSHAKE, 5001, 0.0)

    assert not core.connect_answered(opened.connection_id, status)
    assert core.push(opened.connection_id, 2, 0, 0.0).status == 410
    assert core.closed(opened.connection_id, 1006, "", 1.0) is None


def test_a_message_becomes_one_request_at_once() -> None:
    """The body is untouched, every message has ids of its own, nothing is held back."""
    core = new_core()
    connection_id = connected(core)

    first, second = dispatched(core, connection_id, b"one"), dispatched(core, connection_id, b"two")

    assert [(one.body, one.delay_s) for one in first + second] == [(b"one", 0.0), (b"two", 0.0)]
    assert first[0].context.connection_id == connection_id
    assert first[0].context.message_id != second[0].context.message_id
    assert first[0].context.request_id != second[0].context.request_id


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (500, "Internal server error"),
        (503, "Internal server error"),
        (400, "Internal server error"),
        (403, "Forbidden"),
        (IntegrationFailure.UNREACHABLE, "Internal server error"),
        (IntegrationFailure.TIMED_OUT, "Internal server error"),
    ],
)
def test_a_failed_integration_is_told_to_the_client(outcome: int | IntegrationFailure, message: str) -> None:
    """The frame has no `type`: clients know by that whose it is."""
    core = new_core()
    (dispatch,) = dispatched(core, connected(core))

    frame = core.integration_answered(dispatch, outcome)

    assert frame is not None
    assert json.loads(frame.text) == {
        "message": message,
        "connectionId": dispatch.connection_id,
        "requestId": dispatch.context.request_id,
    }
    assert core.counts.integration_failures == 1


@pytest.mark.parametrize("status", [200, 204])
def test_a_good_answer_goes_nowhere(status: int) -> None:
    """The route has no response: everything for the client goes through `@connections`."""
    core = new_core()
    (dispatch,) = dispatched(core, connected(core))

    assert core.integration_answered(dispatch, status) is None


def test_ten_minutes_without_a_word_end_a_connection() -> None:
    """Messages, pings and pushes count as life; the close is AWS's."""
    core = new_core()
    spoke, pinged, heard, silent = (connected(core) for _ in range(4))
    core.message_received(spoke, b"{}", 1.0)
    core.heard(pinged, 1.0)
    core.push(heard, 2, 0, 1.0)

    assert core.due(599.9) == []
    assert core.due(600.0) == [Close(silent, 1001, "Going away")]


def test_two_hours_end_a_busy_connection() -> None:
    """Nothing a client does makes a connection live longer."""
    core = new_core()
    connection_id = connected(core, now=10.0)
    core.heard(connection_id, 7200.0)

    assert core.due(7209.0) == []
    assert core.due(7210.0) == [Close(connection_id, 1001, "Going away")]


def test_the_cut_fault_aborts_at_the_age_asked_for() -> None:
    """Each connection is cut at its own age, not all at once."""
    core = new_core()
    old, young = connected(core, now=0.0), connected(core, now=5.0)
    core.set_faults(Faults(cut_connections_every_s=10))

    assert core.due(9.9) == []
    assert core.due(10.0) == [Cut(old)]
    core.closed(old, 1006, "", 10.0)
    assert core.due(15.0) == [Cut(young)]
    assert core.counts.connections_cut == 2


def test_disconnect_is_told_code_and_reason() -> None:
    """Once per connection, after every kind of close."""
    core = new_core()
    connection_id = connected(core)

    event = core.closed(connection_id, 1001, "Going away", 3.0)

    assert event is not None
    context = event["requestContext"]
    assert (context["routeKey"], context["eventType"]) == ("$disconnect", "DISCONNECT")
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (1001, "Going away")
    assert context["connectionId"] == connection_id
    assert context["requestTimeEpoch"] - context["connectedAt"] == 3000
    assert event["headers"]["Host"] == "localhost:5001"
    assert core.closed(connection_id, 1006, "", 4.0) is None


def test_disconnect_can_be_lost() -> None:
    """AWS calls it best effort."""
    core = new_core()
    connection_id = connected(core)
    core.set_faults(Faults(drop_disconnect=True))

    assert core.closed(connection_id, 1000, "", 3.0) is None
    assert core.counts.disconnects_dropped == 1


def test_pushes_are_answered_as_aws_does() -> None:
    """Gone, too large, and a client that does not read, each by its own status and name."""
    core = new_core()
    connection_id = connected(core)
    limit_bytes = SETTINGS.receive_buffer_bytes

    assert core.push(connection_id, 131_072, limit_bytes, 1.0) == Verdict(200)
    assert core.push(connection_id, 131_073, 0, 1.0).error_type == "PayloadTooLargeException"
    assert core.push(connection_id, 2, limit_bytes + 1, 1.0).error_type == "LimitExceededException"
    assert core.push(ConnectionId("other="), 2, 0, 1.0).error_type == "GoneException"
    core.closed(connection_id, 1000, "", 2.0)
    assert core.push(connection_id, 2, 0, 2.0).status == 410
    assert (core.counts.pushes, core.counts.pushes_unread) == (5, 1)


def test_a_connection_describes_itself() -> None:
    """GET tells since when it is there and when it was last active."""
    core = new_core()
    connection_id = connected(core, now=1.0)
    core.message_received(connection_id, b"{}", 61.0)

    verdict = core.describe(connection_id, 70.0)

    assert verdict.body == {
        "connectedAt": "2027-01-15T08:00:01Z",
        "identity": {"sourceIp": "127.0.0.1", "userAgent": "Firefox"},
        "lastActiveAt": "2027-01-15T08:01:01Z",
    }


def test_a_connection_can_be_deleted_once() -> None:
    """The second DELETE finds nothing."""
    core = new_core()
    connection_id = connected(core)

    first = core.delete(connection_id, 1.0)
    core.closed(connection_id, 1000, "", 1.0)
    second = core.delete(connection_id, 1.0)

    assert isinstance(first, Close)
    assert first.code == 1000
    assert isinstance(second, Verdict)
    assert second.status == 410


def test_messages_and_callbacks_share_the_accounts_throttle() -> None:
    """Over the rate a push gets 429 and a client the gateway's own frame; a second later both go on."""
    core = new_core(replace(SETTINGS, requests_per_s=2.0, request_burst=2.0))
    connection_id = connected(core)
    core.message_received(connection_id, b"{}", 0.0)
    core.push(connection_id, 2, 0, 0.0)

    refused = core.message_received(connection_id, b"{}", 0.0)

    assert isinstance(refused, Frame)
    assert json.loads(refused.text)["message"] == "Too Many Requests"
    assert core.push(connection_id, 2, 0, 0.0).error_type == "LimitExceededException"
    assert core.push(connection_id, 2, 0, 1.0).status == 200
    assert not isinstance(core.message_received(connection_id, b"{}", 1.0), Frame)


def test_asked_for_push_failures_are_not_delivered() -> None:
    """The caller of a push hears the failure even though the connection is there."""
    core = new_core()
    connection_id = connected(core)

    core.set_faults(Faults(connections_410=1))
    gone = core.push(connection_id, 2, 0, 1.0)
    core.set_faults(Faults(connections_429=1))
    limited = core.push(connection_id, 2, 0, 1.0)
    core.set_faults(Faults(connections_5xx=1))
    failed = core.push(connection_id, 2, 0, 1.0)

    assert (gone.status, limited.status) == (410, 429)
    assert failed.status >= 500
    assert (core.counts.pushes_410, core.counts.pushes_429, core.counts.pushes_5xx) == (1, 1, 1)


def test_a_duplicate_is_the_same_message_twice() -> None:
    """Both copies carry the message's id, as a retried delivery would."""
    core = new_core()
    connection_id = connected(core)
    core.set_faults(Faults(duplicate=1))

    first, second = dispatched(core, connection_id, b"x")

    assert first == second
