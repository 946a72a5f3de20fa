"""The live state in DynamoDB: one table, its keys, attributes and states. Pure.

    session#{id}     meta            owner, epoch, state, final_until, end_offset, connection_id, user_id, ...
    session#{id}     final#{n:06d}   one stored final
    tasks            {task id}       version, address, sessions
    connection#{id}  meta            user_id, issued_at, authorised_until, connected_at
    ticket#{hash}    meta            user_id, issued_at, authorised_until
    user#{sub}       revoked         at, ttl

Times are Unix seconds. `ttl` is set only on what is finished, tickets, connections and leases. An unfinished
session carries `work` (the sparse index's key) and `owner`, so that a sweeper finds it without a scan. It is
finished once it is COMMITTED, has all the text it will ever have, and its parts are one recording or kept.
"""

from __future__ import annotations

import hashlib
import uuid
from enum import StrEnum
from typing import Final, NewType

SessionId = NewType("SessionId", str)
UserId = NewType("UserId", str)
ConnectionId = NewType("ConnectionId", str)
TaskId = NewType("TaskId", str)

PARTITION_KEY: Final = "pk"
SORT_KEY: Final = "sk"
TTL: Final = "ttl"
WORK_INDEX: Final = "work"  # global secondary index on (work, owner)
WORK_KEY: Final = "work"
OWNER: Final = "owner"
META: Final = "meta"
TASKS_KEY: Final = "tasks"
REVOKED: Final = "revoked"
WORK_SHARDS: Final = 8
NO_OWNER: Final = "none"  # an index key may not be empty

COMMITTED_KEPT_S: Final = 24 * 3600  # a committed session answers `resume` for a day
CONNECTION_KEPT_S: Final = 3 * 3600  # API Gateway closes a connection after 2 h
# Longer than what it refuses can live one after the other: an access token (Cognito allows a day), the
# connection opened with it, and a session's 4 h.
REVOKED_KEPT_S: Final = 2 * 24 * 3600


class SessionState(StrEnum):
    """Where a session is on its way to the record. Only forward."""

    OPEN = "OPEN"
    STOPPING = "STOPPING"
    SEALED = "SEALED"
    COMMITTED = "COMMITTED"


class TranscriptState(StrEnum):
    """How much of the recording has its text."""

    COMPLETE = "complete"
    PENDING = "pending"
    INCOMPLETE = "incomplete"


class RecordingState(StrEnum):
    """What became of a committed session's parts. Not said: they wait to be made one recording."""

    COMPACTED = "compacted"
    KEPT = "kept"  # they contradict their seal or the client, so somebody must look


class RecordStatus(StrEnum):
    """`transcriptions.status` in PostgreSQL."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


def session_id_for(user_id: str, request_id: str) -> SessionId:
    """Give the id of the session that this user's request opens: the same for every repeat of it."""
    return SessionId(str(uuid.uuid5(uuid.NAMESPACE_URL, f"seva-arogya:{user_id}:{request_id}")))


def session_key(session_id: str) -> str:
    """Give the partition key of a session's items."""
    return f"session#{session_id}"


def final_sort_key(segment: int) -> str:
    """Give the sort key of a stored final."""
    return f"final#{segment:06d}"


def connection_key(connection_id: str) -> str:
    """Give the partition key of a connection's record."""
    return f"connection#{connection_id}"


def ticket_key(ticket: str) -> str:
    """Give the partition key of a ticket: only its hash is ever stored."""
    return f"ticket#{hashlib.sha256(ticket.encode()).hexdigest()}"


def user_key(user_id: str) -> str:
    """Give the partition key of what is known of a user."""
    return f"user#{user_id}"


def work_key(state: SessionState, session_id: str) -> str:
    """Give the sparse index's key of an unfinished session."""
    shard = hashlib.sha256(session_id.encode()).digest()[0] % WORK_SHARDS
    return f"{state}#{shard}"
