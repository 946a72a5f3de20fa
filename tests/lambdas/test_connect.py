"""`$connect`: who gets in, and what becomes of the ticket."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectionClosedError

from contract.metrics import Metric, Origin
from contract.records import CONNECTION_KEPT_S, connection_key, ticket_key
from contract.settings import SettingsError
from lambdas.connect.handler import App, build, handle
from lambdas.connections import Connections
from lambdas.errors import Unavailable
from tests.fakes.observer import RecordingObserver
from tests.lambdas.events import websocket_event
from tests.lambdas.table import DOCTOR, NOW, TABLE, Table

PAGE = "https://arogya.example.org"
CONNECTION = "Lc1dEfgoIAMCJpw="


def make_app(table: Table, *, now: float = NOW, observer: RecordingObserver | None = None) -> App:
    return App(
        frozenset({PAGE}), Connections(table.client, TABLE), observer or RecordingObserver(), lambda: now
    )


def connect(
    app: App, ticket: str | None, *, origin: str | None = PAGE, connection_id: str = CONNECTION
) -> int:
    event = websocket_event("$connect", origin=origin, ticket=ticket, connection_id=connection_id)
    status = handle(event, app)["statusCode"]
    assert isinstance(status, int)
    return status


def test_a_good_ticket_becomes_a_connection_record(table: Table) -> None:
    """The streaming task finds there who is at the other end, and until when; the ticket is gone."""
    ticket = table.issue_ticket()

    assert connect(make_app(table), ticket) == 200

    assert table.item(connection_key(CONNECTION)) == {
        "user_id": "doctor-1",
        "issued_at": str(DOCTOR.issued_at),
        "authorised_until": str(DOCTOR.authorised_until),
        "connected_at": str(int(NOW)),
        "ttl": str(int(NOW) + CONNECTION_KEPT_S),
    }
    assert table.item(ticket_key(ticket)) is None


@pytest.mark.parametrize(
    "origin", [None, "https://evil.example.org", "https://arogya.example.org.evil.org", "null"]
)
def test_a_foreign_page_gets_nothing_and_spends_nothing(table: Table, origin: str | None) -> None:
    """Whoever tricks a user's ticket out of the page can neither use it nor take it away."""
    ticket = table.issue_ticket()

    assert connect(make_app(table), ticket, origin=origin) == 403

    assert table.item(ticket_key(ticket)) is not None
    assert table.item(connection_key(CONNECTION)) is None


@pytest.mark.parametrize("ticket", [None, ""])
def test_no_ticket_is_not_the_same_as_a_bad_one(table: Table, ticket: str | None) -> None:
    """401 says: get a ticket first."""
    assert connect(make_app(table), ticket) == 401


@pytest.mark.parametrize("ticket", ["x" * 43, "x" * 5000, "ticket#", "\u0000", "\ud800", "' OR 1=1"])
def test_a_ticket_that_was_never_issued_is_refused(table: Table, ticket: str) -> None:
    """Whatever stands in the query."""
    assert connect(make_app(table), ticket) == 403


def test_a_ticket_is_good_once(table: Table) -> None:
    """Even in the same second."""
    ticket = table.issue_ticket()
    app = make_app(table)

    assert [connect(app, ticket, connection_id="first"), connect(app, ticket, connection_id="second")] == [
        200,
        403,
    ]

    assert table.item(connection_key("second")) is None


class RacingClient:
    """A table that all read before any of them writes; then one transaction after another, as DynamoDB."""

    def __init__(self, table: Table, racers: int) -> None:
        self._client = table.client
        self._all_have_read = threading.Barrier(racers, timeout=20)
        self._one_at_a_time = threading.Lock()  # moto's own transactions are not safe from each other

    def get_item(self, **request: object) -> object:
        with self._one_at_a_time:
            found = self._client.get_item(**request)  # type: ignore[arg-type]
        self._all_have_read.wait()
        return found

    def transact_write_items(self, **request: object) -> object:
        with self._one_at_a_time:
            return self._client.transact_write_items(**request)  # type: ignore[arg-type]


def test_a_ticket_used_by_many_at_once_opens_one_connection(table: Table) -> None:
    """All found it there; spending it and recording the connection are one conditional transaction."""
    ticket = table.issue_ticket()
    connections = Connections(RacingClient(table, 4), TABLE)  # type: ignore[arg-type]
    app = App(frozenset({PAGE}), connections, RecordingObserver(), lambda: NOW)

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda n: connect(app, ticket, connection_id=f"c{n}"), range(4)))

    assert sorted(statuses) == [200, 403, 403, 403]
    opened = [n for n in range(4) if table.item(connection_key(f"c{n}")) is not None]
    assert opened == [statuses.index(200)]


def test_an_expired_ticket_is_refused_though_it_is_still_stored(table: Table) -> None:
    """The table's own expiry deletes hours late."""
    ticket = table.issue_ticket(lifetime_s=30)

    assert connect(make_app(table, now=NOW + 30), ticket) == 403

    assert table.item(ticket_key(ticket)) is not None
    assert table.item(connection_key(CONNECTION)) is None


@pytest.mark.parametrize(("signed_out_at", "status"), [(0, 403), (0.5, 403), (-1, 200)])
def test_a_ticket_from_before_a_sign_out_is_refused(table: Table, signed_out_at: float, status: int) -> None:
    """Signing out everywhere also ends what is on its way; a later sign-in is untouched."""
    ticket = table.issue_ticket()
    table.sign_out("doctor-1", at=DOCTOR.issued_at + signed_out_at)

    assert connect(make_app(table), ticket) == status


def test_a_sign_out_of_someone_else_changes_nothing(table: Table) -> None:
    """Users are apart."""
    ticket = table.issue_ticket()
    table.sign_out("doctor-2", at=NOW)

    assert connect(make_app(table), ticket) == 200


def test_a_table_in_trouble_is_503_and_loses_nothing(table: Table) -> None:
    """The page tries again; the log has the code."""
    observer = RecordingObserver()
    broken = App(frozenset({PAGE}), Connections(table.client, "no-such-table"), observer, lambda: NOW)
    ticket = table.issue_ticket()

    assert connect(broken, ticket) == 503

    [(message, origin, keys)] = observer.failures
    assert (message, origin, keys["code"]) == (
        "Connection not opened",
        Origin.WEBSOCKET,
        "ResourceNotFoundException",
    )
    assert connect(make_app(table), ticket) == 200


def test_nothing_said_holds_ticket_or_origin(table: Table) -> None:
    """A log is read by more people than a ticket may be."""
    observer = RecordingObserver()
    app = make_app(table, observer=observer)
    ticket = table.issue_ticket()

    connect(app, ticket, origin="https://canary.example.org")
    connect(app, "canary-ticket")
    connect(app, ticket)

    assert "canary" not in observer.everything
    assert ticket not in observer.everything
    assert [keys["verdict"] for _, keys in observer.notes] == [
        "foreign_origin",
        "ticket_not_valid",
        "admitted",
    ]
    assert observer.counts == {Metric.CONNECTIONS_REFUSED: 2, Metric.CONNECTIONS_OPENED: 1}


def test_the_app_is_built_from_the_environment(table: Table) -> None:
    """With what a deployment sets, and with the SDK's own clients."""
    app = build({"STAGE": "test", "TABLE_NAME": TABLE, "ALLOWED_ORIGINS": f"{PAGE}, http://localhost:5000"})

    assert app.allowed_origins == {PAGE, "http://localhost:5000"}
    assert connect(app, "x" * 43) == 403


def test_a_wrong_environment_is_named_key_by_key(aws: None) -> None:
    """All of it at once."""
    with pytest.raises(SettingsError) as caught:
        build({"ALLOWED_ORIGINS": "https://arogya.example.org/", "LOG_LEVEL": "loud"})

    for key in ("STAGE", "TABLE_NAME", "ALLOWED_ORIGINS", "LOG_LEVEL"):
        assert key in str(caught.value)


class ConflictingClient:
    """A table on which a transaction meets another one each of the first times."""

    def __init__(self, table: Table, conflicts: int) -> None:
        self._client = table.client
        self._left = conflicts

    def __getattr__(self, name: str) -> object:
        return getattr(self._client, name)

    def transact_write_items(self, **request: object) -> object:
        if self._left:
            self._left -= 1
            reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}, {"Code": "None"}]
            answer = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise boto3.client("dynamodb").exceptions.TransactionCanceledException(
                answer, "TransactWriteItems"
            )
        return self._client.transact_write_items(**request)  # type: ignore[arg-type]


def test_a_passing_conflict_is_tried_again(table: Table) -> None:
    """Two transactions that touch a user's items at once are nobody's fault."""
    ticket = table.issue_ticket()
    connections = Connections(ConflictingClient(table, 2), TABLE)  # type: ignore[arg-type]

    connections.open(CONNECTION, ticket, now=NOW)

    assert table.item(connection_key(CONNECTION)) is not None


def test_a_lasting_conflict_is_a_failure_and_no_refusal(table: Table) -> None:
    """403 would tell the page that its ticket is bad."""
    ticket = table.issue_ticket()
    connections = Connections(ConflictingClient(table, 99), TABLE)  # type: ignore[arg-type]

    with pytest.raises(Unavailable, match="TransactionConflict"):
        connections.open(CONNECTION, ticket, now=NOW)


def test_a_lost_answer_is_asked_for_again_with_the_same_token(table: Table) -> None:
    """By that token DynamoDB knows the repeat, and does not take it for a second use of the ticket."""
    ticket = table.issue_ticket()
    tokens: list[str] = []

    def lose_the_first_answer(request: AWSPreparedRequest, **_: object) -> None:
        body = request.body
        assert isinstance(body, bytes)
        tokens.append(json.loads(body)["ClientRequestToken"])
        if len(tokens) == 1:
            raise ConnectionClosedError(endpoint_url=request.url)

    table.client.meta.events.register_first("before-send.dynamodb.TransactWriteItems", lose_the_first_answer)

    assert connect(make_app(table), ticket) == 200

    assert len(tokens) == 2
    assert len(set(tokens)) == 1
