"""Which tasks live: judged by each observer's own monotonic clock, never by comparing clocks. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from contract.records import TaskId

LEASE_S = 6.0  # a lease that stands still so long is a dead task's
FENCE_AFTER_S = 4.0  # a task that could not bump its own for so long must not speak any more
SUSPECT_APART_S = 1.0  # two failed connections so far apart, the lease unchanged, are a death too


@dataclass(frozen=True, slots=True)
class Lease:
    """What a task says of itself every two seconds."""

    task_id: TaskId
    version: int
    address: str  # host:port
    sessions: int
    room: int  # sessions that it could open yet


@dataclass(slots=True)
class _Seen:
    lease: Lease
    changed_at: float
    failed_at: float | None = None  # first failed connection since the lease last changed
    is_suspect: bool = False


class LeaseBoard:
    """One observer's view of all tasks."""

    def __init__(self) -> None:
        self._seen: dict[TaskId, _Seen] = {}
        self._left: set[TaskId] = set()

    def observe(self, leases: Iterable[Lease], now: float) -> None:
        """Take the leases as they are read; a task that is not among them any more has left."""
        current = {lease.task_id: lease for lease in leases}
        for gone in self._seen.keys() - current.keys():
            del self._seen[gone]
            self._left.add(gone)
        for task_id, lease in current.items():
            seen = self._seen.get(task_id)
            if seen is None or seen.lease.version != lease.version:
                self._seen[task_id] = _Seen(lease, now)

    def missed(self, seconds: float) -> None:
        """Note that this observer was not there to see leases change for so long: that proves nobody dead."""
        for seen in self._seen.values():
            seen.changed_at += seconds

    def failed(self, task_id: TaskId, now: float) -> None:
        """Note that a connection to a task's address failed."""
        seen = self._seen.get(task_id)
        if seen is None:
            return
        if seen.failed_at is None:
            seen.failed_at = now
        elif now >= seen.failed_at + SUSPECT_APART_S:
            seen.is_suspect = True

    def alive(self, task_id: TaskId, now: float) -> Lease | None:
        """Give a living task's lease; None: it is dead, or has left."""
        seen = self._seen.get(task_id)
        if seen is None or seen.is_suspect or now >= seen.changed_at + LEASE_S:
            return None
        return seen.lease

    def is_known(self, task_id: TaskId) -> bool:
        """Tell whether anything can be said of a task: one that has just come was never read of."""
        return task_id in self._seen or task_id in self._left

    def has_no_lease(self, task_id: TaskId) -> None:
        """Note that the leases were read for this task's sake, and none is its."""
        if task_id not in self._seen:
            self._left.add(task_id)

    def with_most_room(self, now: float, *, but: TaskId) -> Lease | None:
        """Give the living task with most room, other than one; None: no other lives."""
        living = [lease for task_id in self._seen if task_id != but and (lease := self.alive(task_id, now))]
        return max(living, key=lambda lease: (lease.room, lease.task_id), default=None)
