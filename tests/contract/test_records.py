"""Keys and ids of the live state."""

from __future__ import annotations

import uuid

from contract import environment, records
from contract.records import SessionState


def test_a_sessions_id_follows_from_user_and_request() -> None:
    """A repeated start finds its session by computing the same id, whatever else it says."""
    request_id = "11111111-1111-4111-8111-111111111111"

    session_id = records.session_id_for("sub", request_id)

    assert session_id == str(uuid.uuid5(uuid.NAMESPACE_URL, f"seva-arogya:sub:{request_id}"))
    assert session_id != records.session_id_for("other", request_id)


def test_a_ticket_is_kept_as_its_hash_only() -> None:
    """Whoever reads the table cannot open a connection with what is there."""
    key = records.ticket_key("secret-ticket")

    assert "secret-ticket" not in key
    assert key == records.ticket_key("secret-ticket")


def test_keys_are_as_the_protocol_says() -> None:
    """Other parts, and operators, type these."""
    assert records.session_key("s") == "session#s"
    assert records.final_sort_key(7) == "final#000007"
    assert records.connection_key("c=") == "connection#c="
    assert records.user_key("u") == "user#u"


def test_work_is_spread_over_shards_and_named_by_state() -> None:
    """The sweeper reads one state's few shards, never the table."""
    keys = {records.work_key(SessionState.SEALED, str(uuid.UUID(int=number))) for number in range(200)}

    assert keys == {f"SEALED#{shard}" for shard in range(records.WORK_SHARDS)}


def test_each_deployable_is_told_what_it_needs() -> None:
    """The task never needs the allowed origins, the connect Lambda never the bucket."""
    assert environment.ALLOWED_ORIGINS not in environment.TASK
    assert environment.AUDIO_BUCKET not in environment.CONNECT
    assert environment.DATABASE <= environment.TASK & environment.API & environment.MIGRATE
    assert environment.DISCONNECT < environment.CONNECT
