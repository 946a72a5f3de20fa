"""`$disconnect`: the record goes, and nothing else happens."""

from __future__ import annotations

import pytest

from contract.records import connection_key
from lambdas.connections import Connections
from lambdas.disconnect.handler import App, build, handle, handler
from tests.fakes.observer import RecordingObserver
from tests.lambdas.events import websocket_event
from tests.lambdas.table import NOW, TABLE, Table


def test_only_this_connections_record_goes(table: Table) -> None:
    """A late event for an old connection leaves the new one alone."""
    connections = Connections(table.client, TABLE)
    for connection_id in ("old", "new"):
        connections.open(connection_id, table.issue_ticket(), now=NOW)

    answer = handle(
        websocket_event("$disconnect", connection_id="old"), App(connections, RecordingObserver())
    )

    assert answer == {"statusCode": 200}
    assert table.item(connection_key("old")) is None
    assert table.item(connection_key("new")) is not None


def test_a_connection_that_is_not_known_is_no_error(table: Table) -> None:
    """The event can come twice."""
    observer = RecordingObserver()

    assert handle(websocket_event("$disconnect"), App(Connections(table.client, TABLE), observer)) == {
        "statusCode": 200
    }
    assert observer.failures == []


def test_a_table_in_trouble_is_still_200(table: Table) -> None:
    """Nobody is there to hear otherwise; the log has the code, the record expires."""
    observer = RecordingObserver()
    app = App(Connections(table.client, "no-such-table"), observer)

    assert handle(websocket_event("$disconnect"), app) == {"statusCode": 200}

    assert [keys["code"] for _, _, keys in observer.failures] == ["ResourceNotFoundException"]


def test_the_app_is_built_from_the_environment(table: Table) -> None:
    """With what a deployment sets."""
    app = build({"STAGE": "test", "TABLE_NAME": TABLE})

    assert handle(websocket_event("$disconnect"), app) == {"statusCode": 200}


def test_the_handler_reads_its_own_environment(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Lambda calls it: with an event and a context, and its settings in the process."""
    monkeypatch.setenv("STAGE", "test")
    monkeypatch.setenv("TABLE_NAME", TABLE)

    assert handler(websocket_event("$disconnect"), None) == {"statusCode": 200}
