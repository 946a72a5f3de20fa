"""Where sessions are that are not here, as far as this task was told. It may be stale: the owner says so."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from contract.records import SessionId, UserId
from streaming_task.core.leases import Lease

MOST_SESSIONS = 10_000  # five times what twenty full tasks have; the longest unused go first


@dataclass(frozen=True, slots=True)
class Owner:
    """The task that has a session, and whose session it is."""

    lease: Lease
    epoch: int
    user_id: UserId


class Owners:
    """Remembers owners of sessions whose messages came here."""

    def __init__(self) -> None:
        self._owners: OrderedDict[SessionId, Owner] = OrderedDict()

    def get(self, session_id: SessionId) -> Owner | None:
        """Give the owner of a session; None: nothing is known."""
        owner = self._owners.get(session_id)
        if owner is not None:
            self._owners.move_to_end(session_id)
        return owner

    def put(self, session_id: SessionId, owner: Owner) -> None:
        """Remember an owner."""
        self._owners[session_id] = owner
        if len(self._owners) > MOST_SESSIONS:
            self._owners.popitem(last=False)

    def forget(self, session_id: SessionId) -> None:
        """Forget an owner that is none any more."""
        self._owners.pop(session_id, None)
