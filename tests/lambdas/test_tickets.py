"""`POST /tickets`: a signed-in user's permission to open one WebSocket."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from contract.metrics import Metric, Origin
from contract.records import ticket_key
from lambdas.api.handler import App, handle
from lambdas.health import HealthReport
from lambdas.sign_outs import SignOuts
from lambdas.tickets import Tickets
from tests.fakes.observer import RecordingObserver
from tests.lambdas.events import http_event
from tests.lambdas.table import DOCTOR, NOW, TABLE, Table

URL = "wss://abc.execute-api.us-east-1.amazonaws.com/live"
CLAIMS = {
    "sub": "doctor-1",
    "iat": str(DOCTOR.issued_at),
    "exp": str(DOCTOR.authorised_until),
    "auth_time": "1",
}


class NoPool:
    """A user pool that must not be asked: a ticket is no business of its."""

    def end_sessions(self, username: str) -> None:
        """Fail."""
        raise AssertionError(username)


def make_app(table: Table, observer: RecordingObserver | None = None, *, table_name: str = TABLE) -> App:
    return App(
        tickets=Tickets(table.client, table_name),
        ticket_lifetime_s=30,
        websocket_url=URL,
        sign_outs=SignOuts(table.client, table_name),
        user_pool=NoPool(),
        health=HealthReport([]),
        observer=observer or RecordingObserver(),
        now=lambda: NOW,
    )


def ask(app: App, claims: dict[str, str] | None) -> tuple[int, Any]:
    answer = handle(http_event("POST", "/tickets", claims=claims), app)
    assert answer["headers"] == {"content-type": "application/json", "cache-control": "no-store"}
    return answer["statusCode"], json.loads(answer["body"])


def test_a_signed_in_user_gets_a_ticket(table: Table) -> None:
    """256 random bits, for how long it is good, and where to take it."""
    status, answer = ask(make_app(table), CLAIMS)

    assert status == 200
    assert answer == {"ticket": answer["ticket"], "expires_in": 30, "websocket_url": URL}
    assert len(base64.urlsafe_b64decode(answer["ticket"] + "=")) == 32


def test_only_the_hash_of_a_ticket_is_stored(table: Table) -> None:
    """Whoever reads the table cannot open a connection; the record of it will say who and until when."""
    _, answer = ask(make_app(table), CLAIMS)

    assert answer["ticket"] not in table.everything()
    assert table.item(ticket_key(answer["ticket"])) == {
        "user_id": "doctor-1",
        "issued_at": str(DOCTOR.issued_at),
        "authorised_until": str(DOCTOR.authorised_until),
        "expires_at": str(int(NOW) + 30),
        "ttl": str(int(NOW) + 30),
    }


def test_two_tickets_differ(table: Table) -> None:
    """Each is its own."""
    app = make_app(table)

    assert ask(app, CLAIMS)[1]["ticket"] != ask(app, CLAIMS)[1]["ticket"]


def test_a_ticket_ends_no_later_than_the_sign_in(table: Table) -> None:
    """It can give nothing that the user's token does not."""
    _, answer = ask(make_app(table), CLAIMS | {"exp": str(int(NOW) + 7)})

    assert answer["expires_in"] == 7


@pytest.mark.parametrize(
    "claims",
    [
        None,
        {},
        CLAIMS | {"sub": ""},
        {"sub": "doctor-1", "iat": "1800000000"},
        {"sub": "doctor-1", "exp": "1800000900"},
        CLAIMS | {"exp": "soon"},
        CLAIMS | {"exp": "1.8e9"},
        CLAIMS | {"exp": str(int(NOW))},
    ],
)
def test_without_a_whole_identity_there_is_no_ticket(table: Table, claims: dict[str, str] | None) -> None:
    """Who, since when, until when: an authoriser that was left out must not open the door."""
    status, answer = ask(make_app(table), claims)

    assert (status, answer) == (401, {"message": "Please sign in again."})
    assert table.everything() == "[]"


def test_without_an_issue_time_the_sign_in_time_counts(table: Table) -> None:
    """It is the older one, and so the safe one where a sign-out is concerned."""
    claims = {name: value for name, value in CLAIMS.items() if name != "iat"}

    _, answer = ask(make_app(table), claims)

    stored = table.item(ticket_key(answer["ticket"]))
    assert stored is not None
    assert stored["issued_at"] == "1"


@pytest.mark.parametrize(("signed_out_at", "status"), [(-1, 200), (0, 401), (0.5, 401), (30, 401)])
def test_a_token_from_before_a_sign_out_gets_no_ticket(
    table: Table, signed_out_at: float, status: int
) -> None:
    """`$connect` would refuse it, but could not tell the page why; this answer asks it to sign in."""
    table.sign_out("doctor-1", at=int(DOCTOR.issued_at + signed_out_at))

    assert ask(make_app(table), CLAIMS)[0] == status


def test_a_table_in_trouble_is_503_with_a_sentence_for_the_page(table: Table) -> None:
    """The log has the code; the person hears what to do."""
    observer = RecordingObserver()

    status, answer = ask(make_app(table, observer, table_name="no-such-table"), CLAIMS)

    assert status == 503
    assert "try again" in answer["message"]
    assert observer.failures == [("Ticket not issued", Origin.HTTP, {"code": "ResourceNotFoundException"})]


def test_nothing_said_holds_the_ticket_or_the_token(table: Table) -> None:
    """Ids and counts only."""
    observer = RecordingObserver()

    _, answer = ask(make_app(table, observer), CLAIMS)

    assert answer["ticket"] not in observer.everything
    assert "canary" not in observer.everything
    assert observer.counts == {Metric.TICKETS_ISSUED: 1}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/tickets"), ("POST", "/health"), ("GET", "/"), ("GET", "/x")]
)
def test_an_unknown_route_is_404_in_json(table: Table, method: str, path: str) -> None:
    """The page can read every answer in the same way."""
    answer = handle(http_event(method, path), make_app(table))

    assert answer["statusCode"] == 404
    assert "message" in json.loads(answer["body"])
