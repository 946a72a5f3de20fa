"""Which connection, and which page behind it, a session speaks to. Pure."""

from __future__ import annotations

from contract.records import ConnectionId
from contract.wire import Code, Refusal

SUPERSEDED = "This session has been taken over by another page."


class Attachment:
    """One page at a time; a page may change its connection as often as it likes."""

    def __init__(self) -> None:
        self.connection_id: ConnectionId | None = None
        self._client: str | None = None
        self._client_of: dict[ConnectionId, str] = {}

    def attach(self, connection_id: ConnectionId, client: str) -> ConnectionId | None:
        """Attach a connection; give the one of another page that it replaces, if any."""
        replaced = None
        if self._client is not None and client != self._client and self.connection_id != connection_id:
            replaced = self.connection_id
        self._client_of[connection_id] = client
        self._client = client
        self.connection_id = connection_id
        return replaced

    def refuse_superseded(self, connection_id: ConnectionId, ref: str | None) -> None:
        """Let pass what does not come from a page that another has replaced.

        Raises:
            Refusal: superseded.
        """
        if self._client_of.get(connection_id, self._client) != self._client:
            raise Refusal(Code.SUPERSEDED, SUPERSEDED, ref=ref)
