"""Say things to clients: one sender a connection, in order, with the outbox's rules for pressure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Container
from typing import assert_never

from contract.records import ConnectionId
from streaming_task.core.push import Outbox
from streaming_task.ports import Delivered, Failed, Gateway, Gone, PushResult, Throttled

_log = logging.getLogger(__name__)


class Pushes:
    """Owns the outboxes; a connection with nothing to hear costs nothing, unless it has gone."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._outboxes: dict[ConnectionId, Outbox] = {}
        self._senders: dict[ConnectionId, asyncio.Task[None]] = {}

    def send(self, connection_id: ConnectionId, session_id: str, kind: type, text: str) -> None:
        """Queue a message for a connection."""
        outbox = self._outboxes.get(connection_id)
        if outbox is None:
            outbox = self._outboxes[connection_id] = Outbox()
        outbox.offer(session_id, kind, text)
        self._wake(connection_id, outbox)

    def heard_from(self, connection_id: ConnectionId) -> None:
        """Note a message of this connection: it is there, whatever the gateway said."""
        outbox = self._outboxes.get(connection_id)
        if outbox is not None and outbox.heard_from():
            self._wake(connection_id, outbox)

    def forget(self, connection_id: ConnectionId) -> None:
        """Drop what waits for a connection that is no more."""
        self._outboxes.pop(connection_id, None)
        sender = self._senders.pop(connection_id, None)
        if sender is not None:
            sender.cancel()

    def forget_gone(self, known: Container[ConnectionId]) -> None:
        """Drop what waits for connections that are gone and that nobody knows any more."""
        for connection_id, outbox in list(self._outboxes.items()):
            if outbox.is_gone and connection_id not in known:
                self.forget(connection_id)

    async def drained(self, connection_id: ConnectionId) -> bool:
        """Wait until all was said to a connection; False: it is gone, and hears nothing for now."""
        while (sender := self._senders.get(connection_id)) is not None:
            await asyncio.wait([sender])
        outbox = self._outboxes.get(connection_id)
        return outbox is None or not outbox.is_gone

    async def close(self, within_s: float) -> None:
        """Let what is under way be said, at most for so long."""
        senders = list(self._senders.values())
        if senders:
            await asyncio.wait(senders, timeout=within_s)
        for connection_id in list(self._outboxes):
            self.forget(connection_id)
        await asyncio.gather(*senders, return_exceptions=True)

    def _wake(self, connection_id: ConnectionId, outbox: Outbox) -> None:
        if connection_id not in self._senders and outbox.head is not None:
            self._senders[connection_id] = asyncio.create_task(
                self._say_all(connection_id, outbox), name=f"push {connection_id}"
            )

    async def _say_all(self, connection_id: ConnectionId, outbox: Outbox) -> None:
        try:
            while (text := outbox.head) is not None:
                result = await self._push(connection_id, text)
                outcome = type(result).__name__
                _log.debug("Message pushed", extra={"connection_id": connection_id, "outcome": outcome})
                match result:
                    case Delivered():
                        outbox.delivered()
                    case Gone():
                        outbox.gone()
                        _log.info("Connection is gone", extra={"connection_id": connection_id})
                    case Throttled():
                        await asyncio.sleep(outbox.failed())
                    case Failed(code):
                        _log.warning("Push failed", extra={"connection_id": connection_id, "code": code})
                        await asyncio.sleep(outbox.failed())
                    case _:
                        assert_never(result)
        finally:
            if self._senders.get(connection_id) is asyncio.current_task():
                del self._senders[connection_id]
                # What is gone is remembered, or the next message would ask the gateway again.
                if not len(outbox) and not outbox.is_gone:
                    self._outboxes.pop(connection_id, None)

    async def _push(self, connection_id: ConnectionId, text: str) -> PushResult:
        try:
            return await self._gateway.push(connection_id, text)
        except Exception as error:  # noqa: BLE001 - a defect must not silence the connection for ever
            return Failed(type(error).__name__)
