"""Speak WebSocket to one client: frames in, frames out, and one word when it is over.

Decides only what the protocol itself demands (1003, 1007, 1009, pongs); all else is the listener's.
Frames are parsed by websockets' Sans-I/O protocol: no task, no queue and no copy per message.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Protocol

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import SEND_EOF, State
from websockets.server import ServerProtocol

from local_stack.gateway.settings import FRAME_LIMIT_BYTES, MESSAGE_LIMIT_BYTES
from local_stack.tcp_reset import reset

SEND_BUFFER_BYTES = 32 * 1024  # in the kernel; it doubles what it is told
CLOSE_PATIENCE_S = 2.0  # for the client to close its side, before TCP is aborted
CONTROL_SLACK_BYTES = 64 * 1024  # owed on top of a last push in pongs, before the client is cut

NO_STATUS_REASON = "Client-side close frame status not set"  # as AWS tells the Lambda
ABNORMAL_REASON = "Connection closed abnormally"

# The library logs headers and frames at DEBUG: neither may ever be written, at any level.
SILENT = logging.Logger("frames", logging.CRITICAL + 1)


class SocketListener(Protocol):
    """What a socket tells the gateway."""

    def message_received(self, client: ClientSocket, body: bytes) -> None:
        """Take a whole text message."""

    def ping_received(self, client: ClientSocket) -> None:
        """Note a sign of life that was no message."""

    def socket_closed(self, client: ClientSocket, code: int, reason: str) -> None:
        """Hear, once, that no frame goes in or out any more."""


class ClientSocket(asyncio.Protocol):
    """Own the TCP connection of one WebSocket, after its handshake."""

    def __init__(
        self, connection_id: str, listener: SocketListener, owed_limit_bytes: int, in_flight_limit_bytes: int
    ) -> None:
        self.connection_id = connection_id
        self._listener = listener
        self._owed_limit_bytes = owed_limit_bytes
        self._in_flight_limit_bytes = in_flight_limit_bytes
        self._in_flight_bytes = 0
        self._is_paused = False
        self._is_over = False
        self._fragments: list[bytes] = []
        self._frames = ServerProtocol(
            state=State.OPEN, max_size=(MESSAGE_LIMIT_BYTES, FRAME_LIMIT_BYTES), logger=SILENT
        )
        self._transport: asyncio.Transport | None = None
        self._abort_timer: asyncio.TimerHandle | None = None

    @property
    def owed_bytes(self) -> int:
        """Give how much the client has yet to read, beyond the kernel's buffers."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def adopt(self, transport: asyncio.Transport, handshake_answer: bytes) -> None:
        """Take over a connection whose handshake is answered by these bytes."""
        self._transport = transport
        # Left alone the kernel would keep megabytes for a client that does not read, and call them sent.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        transport.set_protocol(self)
        transport.write(handshake_answer)

    def send_text(self, text: bytes) -> None:
        """Send a message, in frames of at most 32 KB."""
        if self._is_over or self._frames.state is not State.OPEN:
            return
        first = text[:FRAME_LIMIT_BYTES]
        self._frames.send_text(first, fin=len(first) == len(text))
        for start in range(FRAME_LIMIT_BYTES, len(text), FRAME_LIMIT_BYTES):
            end = start + FRAME_LIMIT_BYTES
            self._frames.send_continuation(text[start:end], fin=end >= len(text))
        self._flush()

    def close(self, code: int, reason: str) -> None:
        """Close properly: a close frame, then TCP."""
        if self._frames.state is State.OPEN:
            self._frames.send_close(code, reason)
            self._flush()
            self._over(code, reason)

    def cut(self) -> None:
        """Reset TCP without a word."""
        if self._transport is not None:
            reset(self._transport)
        self._over(CloseCode.ABNORMAL_CLOSURE, ABNORMAL_REASON)

    def abandon(self) -> None:
        """Give TCP up at once, but let the kernel send what it was given."""
        if self._transport is not None:
            self._transport.abort()

    def taken(self, size_bytes: int) -> None:
        """Count bytes on their way to the integration; stop reading when they are too many."""
        self._in_flight_bytes += size_bytes
        if self._in_flight_bytes > self._in_flight_limit_bytes and not self._is_paused and self._transport:
            self._is_paused = True
            self._transport.pause_reading()

    def settled(self, size_bytes: int) -> None:
        """Count bytes that the integration has answered."""
        self._in_flight_bytes -= size_bytes
        if self._is_paused and self._in_flight_bytes <= self._in_flight_limit_bytes // 2:
            self._is_paused = False
            if self._transport is not None:
                self._transport.resume_reading()

    # asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        """Take bytes in."""
        self._frames.receive_data(data)
        for frame in self._frames.events_received():
            if self._is_over:
                break
            assert isinstance(frame, Frame)
            self._take(frame)
        self._flush()
        self._note_end()

    def eof_received(self) -> bool:
        """Take the end of the client's bytes; what is owed is still sent."""
        self._frames.receive_eof()
        self._flush()
        self._note_end()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection."""
        self._transport = None
        if self._abort_timer is not None:
            self._abort_timer.cancel()
        self._over(CloseCode.ABNORMAL_CLOSURE, ABNORMAL_REASON)

    def _take(self, frame: Frame) -> None:
        match frame.opcode:
            case Opcode.TEXT if frame.fin:
                self._deliver(bytes(frame.data))
            case Opcode.TEXT | Opcode.CONT:
                if frame.data:  # empty fragments without end must not pile up
                    self._fragments.append(bytes(frame.data))
                if frame.fin:
                    whole, self._fragments = b"".join(self._fragments), []
                    self._deliver(whole)
            case Opcode.BINARY:
                self._fail(CloseCode.UNSUPPORTED_DATA)
            case Opcode.PING | Opcode.PONG:
                self._listener.ping_received(self)
            case Opcode.CLOSE:
                pass  # answered by the protocol, noted after the flush

    def _deliver(self, body: bytes) -> None:
        if not body.isascii():
            try:
                body.decode()
            except UnicodeDecodeError:
                self._fail(CloseCode.INVALID_DATA)
                return
        self._listener.message_received(self, body)

    def _fail(self, code: CloseCode) -> None:
        if self._frames.state is State.OPEN:
            self._frames.fail(code)
            self._note_end()

    def _note_end(self) -> None:
        frames = self._frames
        if frames.state is State.OPEN:
            return
        if frames.close_rcvd is not None and frames.close_rcvd_then_sent:
            code, reason = int(frames.close_rcvd.code), frames.close_rcvd.reason
            self._over(code, NO_STATUS_REASON if code == CloseCode.NO_STATUS_RCVD else reason)
        elif frames.close_sent is not None:
            self._over(int(frames.close_sent.code), frames.close_sent.reason)
        else:
            self._over(CloseCode.ABNORMAL_CLOSURE, ABNORMAL_REASON)

    def _over(self, code: int, reason: str) -> None:
        if not self._is_over:
            self._is_over = True
            self._fragments.clear()
            self._listener.socket_closed(self, code, reason)

    def _flush(self) -> None:
        transport = self._transport
        if transport is None:
            return
        for data in self._frames.data_to_send():
            if data == SEND_EOF:
                # Not a full close: with bytes of the client still unread that would be a reset,
                # and the client would never see why it was closed.
                if transport.can_write_eof():
                    transport.write_eof()
            else:
                transport.write(data)
        most_owed_bytes = self._owed_limit_bytes + MESSAGE_LIMIT_BYTES + CONTROL_SLACK_BYTES
        if transport.get_write_buffer_size() > most_owed_bytes:
            self.cut()
        elif self._frames.close_expected() and self._abort_timer is None:
            loop = asyncio.get_running_loop()
            self._abort_timer = loop.call_later(CLOSE_PATIENCE_S, transport.abort)
