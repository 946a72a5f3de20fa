"""A raw HTTP/2 peer, without TLS, that behaves as badly as a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import h2.config
import h2.connection
import h2.events
import h2.settings
from hyperframe.frame import GoAwayFrame


class Peer(asyncio.Protocol):
    """The server's end of one connection. It answers PINGs and SETTINGS, and nothing else unless told."""

    def __init__(self, *, window_bytes: int, answers: bool) -> None:
        self._answers = answers
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self._window_bytes = window_bytes
        self.body = b""
        self.stream_id = 0
        self.requested = asyncio.get_running_loop().create_future()
        self.lost = asyncio.get_running_loop().create_future()
        self.events: list[h2.events.Event] = []
        self._news = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.h2.initiate_connection()
        self.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: self._window_bytes})
        self.flush()

    def data_received(self, data: bytes) -> None:
        for event in self.h2.receive_data(data):
            self.events.append(event)
            if isinstance(event, h2.events.DataReceived):
                self.body += event.data or b""
            if isinstance(event, h2.events.RequestReceived):
                self.stream_id = int(event.stream_id or 0)
                if self._answers:
                    self.answer()
                self.requested.set_result(None)
        self.flush()
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(None)

    def flush(self) -> None:
        self.transport.write(self.h2.data_to_send())

    def answer(self, status: int = 200) -> None:
        """Send the response's headers."""
        self.h2.send_headers(self.stream_id, [(":status", str(status))])
        self.flush()

    def say(self, data: bytes, *, is_last: bool = False) -> None:
        """Send bytes of the response."""
        self.h2.send_data(self.stream_id, data, end_stream=is_last)
        self.flush()

    def reset(self, code: int) -> None:
        """Send RST_STREAM."""
        self.h2.reset_stream(self.stream_id, code)
        self.flush()

    def go_away(self, *, code: int = 0, last_stream_id: int = 2**31 - 1) -> None:
        """Send GOAWAY behind the back of h2, which would close the whole connection."""
        self.transport.write(GoAwayFrame(0, last_stream_id=last_stream_id, error_code=code).serialize())

    def widen(self, window_bytes: int) -> None:
        """Let the client send more."""
        self.h2.increment_flow_control_window(window_bytes, self.stream_id)
        self.h2.increment_flow_control_window(window_bytes)
        self.flush()

    def fall_silent(self) -> None:
        """Read nothing more, so that nothing is answered either."""
        self.transport.pause_reading()

    async def until(self, event_type: type[h2.events.Event]) -> None:
        """Wait until such an event has come."""
        await self.until_times(event_type, 1)

    async def until_times(self, event_type: type[h2.events.Event], times: int) -> None:
        """Wait until so many such events have come."""
        while sum(isinstance(event, event_type) for event in self.events) < times:
            self._news.clear()
            await self._news.wait()

    async def until_heard(self, byte_count: int) -> None:
        """Wait until so much of the request's body has come."""
        while len(self.body) < byte_count:
            self._news.clear()
            await self._news.wait()


class Listener:
    """Where a client connects to, and the peers it met."""

    def __init__(self) -> None:
        self.peers: asyncio.Queue[Peer] = asyncio.Queue(maxsize=10)
        self.url = ""

    async def peer(self) -> Peer:
        """Give the peer of the next request that came in."""
        peer = await self.peers.get()
        await peer.requested
        return peer


@asynccontextmanager
async def listening(*, window_bytes: int = 65_535, answers: bool = True) -> AsyncIterator[Listener]:
    """Listen for as long as the context lasts; each stream may send `window_bytes` unasked."""
    listener = Listener()

    def meet() -> Peer:
        peer = Peer(window_bytes=window_bytes, answers=answers)
        listener.peers.put_nowait(peer)
        met.append(peer)
        return peer

    met: list[Peer] = []
    server = await asyncio.get_running_loop().create_server(meet, "127.0.0.1", 0)
    listener.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield listener
    finally:
        server.close()
        for peer in met:
            peer.transport.abort()
