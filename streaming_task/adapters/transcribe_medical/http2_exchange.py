"""One request and its response over one HTTP/2 connection, both bodies open at once.

It knows HTTP/2 and nothing of Transcribe. It never blocks, never polls and raises nothing at its user: a
connection that goes wrong becomes an `Ended`. Every timer is coarse, so an idle exchange costs nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import cast

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from streaming_task.adapters.transcribe_medical.http2_goaway import FrameTooLong, GoAway, GoAwayFilter
from streaming_task.core.results import Ended, StreamEnd

ABORTED = Ended(StreamEnd.RESET, "Aborted")  # we dropped it ourselves


@dataclass(frozen=True, slots=True)
class Http2Limits:
    """What an exchange waits for, and how much it holds."""

    headers_s: float  # from the request to the response's headers
    drain_s: float  # without a byte, from our end of the request to the end of the response
    ping_every_s: float  # a peer silent so long is asked; silent so long again, it is dead
    send_buffer_bytes: int  # beyond this the writer has to wait


@dataclass(frozen=True, slots=True)
class Http2Head:
    """The response's status and headers, names in lower case."""

    status: int
    headers: dict[str, str]


class Http2Exchange(asyncio.Protocol):
    """Write the request's body, read the response's, learn how it ended."""

    def __init__(self, limits: Http2Limits) -> None:
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(
                client_side=True,
                header_encoding="utf-8",
                # Our own headers are built by one signer; checking them again costs and finds nothing.
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
            )
        )
        self._goaways = GoAwayFilter()
        self._transport: asyncio.Transport | None = None
        self._stream_id = 0
        self._head: Http2Head | None = None
        self._ended: Ended | None = None

        self._outbox: deque[bytes] = deque()  # bounded by has_room(), which the writer asks
        self._outbox_bytes = 0
        self._is_paused = False
        self._is_finishing = False  # no more writes
        self._is_finished = False  # END_STREAM has left

        # Bounded by flow control: the peer may send no more than its window until we have read.
        self._inbox: deque[tuple[bytes, int]] = deque()
        self._readers: list[asyncio.Future[None]] = []
        self._writers: list[asyncio.Future[None]] = []

        self._deadline: asyncio.TimerHandle | None = None
        self._heartbeat: asyncio.TimerHandle | None = None
        self._was_heard = True
        self._was_asked = False

    # -- what its user calls --------------------------------------------------------------------------

    def request(self, headers: list[tuple[str, str]]) -> None:
        """Send the request's headers; the body stays open."""
        if self._ended is not None:
            return
        self._stream_id = self._h2.get_next_available_stream_id()
        self._h2.send_headers(self._stream_id, headers)
        self._flush()
        self._expire_after(self._limits.headers_s, "Headers")

    async def head(self) -> Http2Head | Ended:
        """Wait for the response's headers; `Ended` if they never come."""
        while self._head is None and self._ended is None:
            await self._wait(self._readers)
        if self._head is not None:
            return self._head
        assert self._ended is not None
        return self._ended

    async def chunk(self) -> bytes | Ended:
        """Give the next bytes of the response, or how it ended once they are all read."""
        while not self._inbox:
            if self._ended is not None:
                return self._ended
            await self._wait(self._readers)
        data, flow_controlled_bytes = self._inbox.popleft()
        if self._ended is None:
            self._h2.acknowledge_received_data(flow_controlled_bytes, self._stream_id)
            self._flush()
        return data

    def has_room(self) -> bool:
        """Say whether a write would be held within bounds."""
        return self._outbox_bytes < self._limits.send_buffer_bytes

    def write(self, data: bytes) -> None:
        """Queue bytes of the request's body. Ask `has_room` first; after the end they are dropped."""
        if self._ended is not None or self._is_finishing:
            return
        self._outbox.append(data)
        self._outbox_bytes += len(data)
        self._pump()

    async def writable(self) -> None:
        """Return when there is room again, or the exchange has ended."""
        while not self.has_room() and self._ended is None:
            await self._wait(self._writers)

    def finish(self) -> None:
        """End the request's body; the response may go on until `drain_s` passes without a byte."""
        if self._ended is not None or self._is_finishing:
            return
        self._is_finishing = True
        self._expire_after(self._limits.drain_s, "Drain")
        self._pump()

    def abort(self, ended: Ended = ABORTED) -> None:
        """Drop the connection now; what was read already stays readable."""
        if self._ended is not None:
            return
        if self._stream_id and self._transport is not None and not self._transport.is_closing():
            # Best effort: it spares the peer from taking our silence for a slow speaker.
            try:
                self._h2.reset_stream(self._stream_id, h2.errors.ErrorCodes.CANCEL)
            except h2.exceptions.ProtocolError:
                pass
            else:
                self._flush()
        self._settle(ended)
        if self._transport is not None:
            self._transport.abort()

    @property
    def ended(self) -> Ended | None:
        """How it ended; None while it is open."""
        return self._ended

    # -- what asyncio calls ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the peer."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by birth
        if self._ended is not None:  # given up while it was made
            self._transport.abort()
            return
        self._h2.initiate_connection()
        self._flush()
        self._heartbeat = self._loop.call_later(self._limits.ping_every_s, self._beat)

    def data_received(self, data: bytes) -> None:
        """Take what the peer sent."""
        self._was_heard = True
        if self._ended is not None:
            return
        try:
            data, goaways = self._goaways.feed(data)
            events = self._h2.receive_data(data)
        except (FrameTooLong, h2.exceptions.ProtocolError) as error:
            self._flush()  # h2 has queued a GOAWAY that says what was wrong
            self.abort(Ended(StreamEnd.RESET, type(error).__name__))
            return
        for event in events:
            self._take(event)
        for goaway in goaways:
            self._take_goaway(goaway)
        self._flush()

    def pause_writing(self) -> None:
        """Stop filling the socket's buffer: the peer, or the network, does not take it."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Go on where pause_writing stopped."""
        self._is_paused = False
        self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that TCP is gone."""
        self._settle(Ended(StreamEnd.LOST, "Closed" if exc is None else type(exc).__name__))

    # -- the rest ---------------------------------------------------------------------------------------

    def _take(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.DataReceived(data=data, flow_controlled_length=length):
                self._inbox.append((data or b"", length or 0))
                if self._is_finishing:
                    self._expire_after(self._limits.drain_s, "Drain")
                _wake(self._readers)
            case h2.events.ResponseReceived(headers=headers):
                fields = {str(name): str(value) for name, value in headers or ()}
                self._head = Http2Head(int(fields.get(":status", "0")), fields)
                if not self._is_finishing:
                    self._expire_never()
                _wake(self._readers)
            case h2.events.StreamEnded():
                end = StreamEnd.CLEAN if self._is_finished else StreamEnd.EARLY
                self._part(Ended(end, "EndStream"))
            case h2.events.StreamReset(error_code=code):
                self._part(Ended(StreamEnd.RESET, _error_name(int(code or 0))))
            case h2.events.WindowUpdated() | h2.events.RemoteSettingsChanged():
                self._pump()
            case _:
                pass

    def _take_goaway(self, goaway: GoAway) -> None:
        if goaway.error_code == h2.errors.ErrorCodes.NO_ERROR and goaway.last_stream_id >= self._stream_id:
            return  # no new streams, and we open none on this connection; ours may finish
        self._part(Ended(StreamEnd.RESET, _error_name(goaway.error_code)))

    def _pump(self) -> None:
        if self._ended is not None or self._is_paused or not self._stream_id:
            return
        try:
            while self._outbox and not self._is_paused:
                data = self._outbox[0]
                allowed = min(
                    self._h2.local_flow_control_window(self._stream_id), self._h2.max_outbound_frame_size
                )
                if allowed <= 0:
                    break
                if len(data) <= allowed:
                    self._outbox.popleft()
                else:
                    self._outbox[0] = data[allowed:]
                    data = data[:allowed]
                self._h2.send_data(self._stream_id, data)
                self._outbox_bytes -= len(data)
                self._flush()
            if self._is_finishing and not self._is_finished and not self._outbox:
                self._is_finished = True
                self._h2.end_stream(self._stream_id)
                self._flush()
        except h2.exceptions.ProtocolError as error:
            self.abort(Ended(StreamEnd.RESET, type(error).__name__))
            return
        # Woken at half, so that a slow peer does not wake the writer for every frame it takes.
        if self._writers and self._outbox_bytes <= self._limits.send_buffer_bytes // 2:
            _wake(self._writers)

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _beat(self) -> None:
        if self._was_heard:
            self._was_heard = self._was_asked = False
        elif self._was_asked:
            self.abort(Ended(StreamEnd.TIMEOUT, "Ping"))
            return
        else:
            self._was_asked = True
            self._h2.ping(b"stillup?")
            self._flush()
        self._heartbeat = self._loop.call_later(self._limits.ping_every_s, self._beat)

    def _expire_after(self, wait_s: float, code: str) -> None:
        self._expire_never()
        self._deadline = self._loop.call_later(wait_s, self.abort, Ended(StreamEnd.TIMEOUT, code))

    def _expire_never(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _part(self, ended: Ended) -> None:
        """Settle and close in good order; whatever is still unsent is dropped."""
        if self._ended is not None:
            return
        self._settle(ended)
        self._h2.close_connection()
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def _settle(self, ended: Ended) -> None:
        if self._ended is not None:
            return
        self._ended = ended
        self._expire_never()
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        self._outbox.clear()
        self._outbox_bytes = 0
        _wake(self._readers)
        _wake(self._writers)

    async def _wait(self, waiters: list[asyncio.Future[None]]) -> None:
        waiter = self._loop.create_future()
        waiters.append(waiter)
        try:
            await waiter
        finally:
            if waiter in waiters:
                waiters.remove(waiter)


def _wake(waiters: list[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)
    waiters.clear()


def _error_name(code: int) -> str:
    try:
        return h2.errors.ErrorCodes(code).name
    except ValueError:
        return "UNKNOWN_ERROR"
