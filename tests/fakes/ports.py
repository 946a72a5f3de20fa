"""The stores of a streaming task, in memory: each keeps its port's promises, and fails when it is told to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace

from contract.audio import Ranges
from contract.object_keys import parse_part_key
from contract.records import ConnectionId, SessionId, TaskId, UserId
from contract.replies import Final
from streaming_task.core.leases import Lease
from streaming_task.core.ownership import SessionChanges, SessionMeta
from streaming_task.core.record import Record
from streaming_task.ports import Connection, Diverged, Fenced, StoredPart
from tests.fakes.turnstile import Turnstile


class FakeAudioStore:
    """Implements `AudioStore`."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.puts = Turnstile()
        self.lists = Turnstile()
        self.reads = Turnstile()
        self.deletes = Turnstile()

    async def put(self, key: str, body: bytes, content_type: str) -> None:
        """Keep an object, unless it is there."""
        async with self.puts:
            assert content_type
            self.objects.setdefault(key, bytes(body))

    async def list_parts(self, prefix: str) -> list[StoredPart]:
        """List the parts under a prefix."""
        async with self.lists:
            names = [(key, parse_part_key(key)) for key in sorted(self.objects) if key.startswith(prefix)]
            return [StoredPart(key, name.start, name.end, name.sha256_head) for key, name in names]

    async def read(self, key: str) -> bytes | None:
        """Give an object."""
        async with self.reads:
            return self.objects.get(key)

    async def delete(self, keys: Sequence[str]) -> None:
        """Forget objects."""
        async with self.deletes:
            for key in keys:
                self.objects.pop(key, None)

    def ending_with(self, suffix: str) -> list[str]:
        """List the keys that end so."""
        return [key for key in sorted(self.objects) if key.endswith(suffix)]


class FakeSessions:
    """Implements `Sessions`."""

    def __init__(self) -> None:
        self.metas: dict[SessionId, SessionMeta] = {}
        self.left: dict[SessionId, tuple[int, Ranges | None]] = {}  # and in which epoch
        self.creates = Turnstile()
        self.finds = Turnstile()
        self.updates = Turnstile()

    async def create(self, meta: SessionMeta) -> SessionMeta | None:
        """Keep a new session."""
        async with self.creates:
            there = self.metas.setdefault(meta.terms.session_id, meta)
            return None if there is meta else there

    async def find(self, session_id: SessionId) -> SessionMeta | None:
        """Give a session."""
        async with self.finds:
            return self.metas.get(session_id)

    async def update(self, session_id: SessionId, epoch: int, changes: SessionChanges) -> None:
        """Write what changed, if the epoch allows it."""
        async with self.updates:
            self.fence(session_id, epoch)
            changed = {field.name: getattr(changes, field.name) for field in fields(changes)}
            written = {name: value for name, value in changed.items() if value is not None}
            self.metas[session_id] = replace(self.metas[session_id], **written)

    def fence(self, session_id: SessionId, epoch: int) -> SessionMeta:
        """Give the session, if the epoch is its own; Fenced if not."""
        there = self.metas.get(session_id)
        if there is None or there.epoch != epoch:
            raise Fenced("epoch")
        return there


class FakeFinals:
    """Implements `Finals`, beside the sessions whose position they advance."""

    def __init__(self, sessions: FakeSessions) -> None:
        self._sessions = sessions
        self.stored: dict[SessionId, list[Final]] = {}
        self.expiries: dict[SessionId, float] = {}
        self.appends = Turnstile()
        self.reads = Turnstile()
        self.expires = Turnstile()

    async def append(
        self, session_id: SessionId, epoch: int, start: int, end: int, final: Final | None
    ) -> None:
        """Store a final and advance, or neither."""
        async with self.appends:
            meta = self._sessions.fence(session_id, epoch)
            stored = self.stored.setdefault(session_id, [])
            if meta.final_until == end and (final is None or final in stored):
                return
            if meta.final_until != start or (final is not None and final.segment != len(stored)):
                raise Diverged("final_until")
            if final is not None:
                stored.append(final)
            moved = replace(meta, final_until=end, segments=len(stored))
            self._sessions.metas[session_id] = moved

    async def after(self, session_id: SessionId, segment: int) -> list[Final]:
        """Give the later finals."""
        async with self.reads:
            return [final for final in self.stored.get(session_id, []) if final.segment > segment]

    async def expire(self, session_id: SessionId, *, after_s: float) -> None:
        """Note how long a session's finals are kept."""
        async with self.expires:
            self.expiries.setdefault(session_id, after_s)


class FakeRecords:
    """Implements `Records`; a row's id is its place."""

    def __init__(self) -> None:
        self.rows: dict[SessionId, Record] = {}
        self.begins = Turnstile()
        self.commits = Turnstile()
        self.checks = Turnstile()

    async def begin(self, record: Record) -> None:
        """Write the row, unless it is there."""
        async with self.begins:
            self.rows.setdefault(record.terms.session_id, record)

    async def commit(self, record: Record) -> int:
        """Write the finished row, if the epoch allows it."""
        async with self.commits:
            there = self.rows.get(record.terms.session_id)
            if there is not None and there.epoch > record.epoch:
                raise Fenced("epoch")
            self.rows[record.terms.session_id] = record
            return list(self.rows).index(record.terms.session_id) + 1

    async def check(self) -> None:
        """Answer."""
        async with self.checks:
            pass


class FakeConnections:
    """Implements `Connections`; `tickets` names the user of each."""

    def __init__(self) -> None:
        self.known: dict[ConnectionId, Connection] = {}
        self.tickets: dict[str, UserId] = {}
        self.issue_at: float | None = None  # Unix seconds: when the tickets' tokens were issued, if told
        self.finds = Turnstile()
        self.renewals = Turnstile()

    async def find(self, connection_id: ConnectionId) -> Connection | None:
        """Give a connection."""
        async with self.finds:
            return self.known.get(connection_id)

    async def renew(self, connection: Connection, ticket: str) -> Connection | None:
        """Spend a ticket: an hour more."""
        async with self.renewals:
            if self.tickets.get(ticket) != connection.user_id:
                return None
            del self.tickets[ticket]
            longer = replace(
                connection,
                issued_at=self.issue_at or connection.issued_at,
                authorised_until=connection.authorised_until + 3600.0,
            )
            self.known[connection.connection_id] = longer
            return longer


class FakeSignOuts:
    """Implements `SignOuts`."""

    def __init__(self) -> None:
        self.marks: dict[UserId, float] = {}
        self.asked: list[frozenset[UserId]] = []
        self.reads = Turnstile()

    async def read(self, users: Collection[UserId]) -> Mapping[UserId, float]:
        """Give the marks of these users."""
        async with self.reads:
            self.asked.append(frozenset(users))
            return {user_id: at for user_id, at in self.marks.items() if user_id in users}


class FakeLeases:
    """Implements `Leases`."""

    def __init__(self) -> None:
        self.held: dict[TaskId, Lease] = {}
        self.bumps = Turnstile()
        self.releases = Turnstile()
        self.lists = Turnstile()

    async def bump(self, lease: Lease) -> None:
        """Take a newer version."""
        async with self.bumps:
            there = self.held.get(lease.task_id)
            if there is None or there.version < lease.version:
                self.held[lease.task_id] = lease

    async def release(self, task_id: TaskId) -> None:
        """Forget a task."""
        async with self.releases:
            self.held.pop(task_id, None)

    async def list(self) -> list[Lease]:
        """Give every lease."""
        async with self.lists:
            return list(self.held.values())
