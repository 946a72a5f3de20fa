"""One client's HTTP/2 connection: frames in and out, flow control, and which stream a frame belongs to."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import cast
from uuid import uuid4

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from local_stack.transcribe.account import Account
from local_stack.transcribe.parameters import PREFIX
from local_stack.transcribe.refusal import Refusal
from local_stack.transcribe.stream import Stream

MAX_UNSENT_BYTES = 4 * 1024 * 1024  # a client that reads nothing for so long is reset
log = logging.getLogger(__name__)


class _Response:
    """What waits to be sent on one HTTP/2 stream; the `Outlet` of a `Stream`."""

    def __init__(self, stream_id: int, connection: Connection) -> None:
        self.stream_id = stream_id
        self.unsent = bytearray()
        self.is_last = False
        self._connection = connection

    def send(self, data: bytes) -> None:
        self.unsent += data
        self._connection.pump(self)

    def end(self) -> None:
        self.is_last = True
        self._connection.pump(self)

    def reset(self) -> None:
        self._connection.reset(self)


class Connection(asyncio.Protocol):
    """Speak HTTP/2 with one client."""

    def __init__(
        self,
        *,
        account: Account,
        on_made: Callable[[Connection], None],
        on_lost: Callable[[Connection], None],
    ) -> None:
        self._account = account
        self._on_made = on_made
        self._on_lost = on_lost
        self._h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        )
        self._transport: asyncio.Transport | None = None
        self._responses: dict[int, _Response] = {}
        self._streams: dict[int, Stream] = {}

    # -- what asyncio calls ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client."""
        self._transport = cast(asyncio.Transport, transport)
        self._on_made(self)
        self._h2.initiate_connection()
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""
        try:
            events = self._h2.receive_data(data)
        except h2.exceptions.ProtocolError as error:
            log.info("protocol error code=%s", type(error).__name__)
            self._flush()
            self.close()
            return
        for event in events:
            self._take(event)
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the streams of a connection that is gone."""
        self._on_lost(self)
        for stream in list(self._streams.values()):
            stream.client_gone()
        self._streams.clear()
        self._responses.clear()

    def close(self) -> None:
        """Close the connection, whatever is still open on it."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Drop the connection now."""
        if self._transport is not None:
            self._transport.abort()

    # -- HTTP/2 ---------------------------------------------------------------------------------------

    def _take(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.RequestReceived(stream_id=stream_id, headers=headers):
                fields = {str(name): str(value) for name, value in headers or ()}
                self._open(int(stream_id or 0), fields)
            case h2.events.DataReceived(stream_id=stream_id, data=data, flow_controlled_length=length):
                self._h2.acknowledge_received_data(length or 0, int(stream_id or 0))
                stream = self._streams.get(int(stream_id or 0))
                if stream is not None:
                    stream.take(data or b"")
            case h2.events.StreamEnded(stream_id=stream_id):
                stream = self._streams.get(int(stream_id or 0))
                if stream is not None:
                    stream.client_ended()
            case h2.events.StreamReset(stream_id=stream_id):
                stream = self._streams.pop(int(stream_id or 0), None)
                self._responses.pop(int(stream_id or 0), None)
                if stream is not None:
                    stream.client_gone()
            case h2.events.WindowUpdated() | h2.events.RemoteSettingsChanged():
                for response in list(self._responses.values()):
                    self.pump(response)
            case h2.events.ConnectionTerminated():
                self.close()
            case _:
                pass

    def _open(self, stream_id: int, headers: dict[str, str]) -> None:
        response = _Response(stream_id, self)
        self._responses[stream_id] = response
        try:
            stream = self._account.open(headers, response)
        except Refusal as refusal:
            self._h2.send_headers(
                stream_id,
                [
                    (":status", str(refusal.status)),
                    ("content-type", "application/json"),
                    ("x-amzn-errortype", f"{refusal.name}:http://internal.amazon.com/"),
                    ("x-amzn-requestid", str(uuid4())),
                ],
            )
            response.send(json.dumps({"Message": refusal.message}).encode())
            response.end()
            return
        echoed = {name: value for name, value in headers.items() if name.startswith(PREFIX)}
        echoed[f"{PREFIX}session-id"] = stream.parameters.session_id
        self._h2.send_headers(
            stream_id,
            [
                (":status", "200"),
                ("content-type", "application/vnd.amazon.eventstream"),
                ("x-amzn-request-id", str(uuid4())),
                *echoed.items(),
            ],
        )
        self._streams[stream_id] = stream

    def pump(self, response: _Response) -> None:
        """Send what flow control lets through."""
        stream_id = response.stream_id
        try:
            while response.unsent:
                allowed = min(self._h2.local_flow_control_window(stream_id), self._h2.max_outbound_frame_size)
                if allowed <= 0:
                    break
                self._h2.send_data(stream_id, bytes(response.unsent[:allowed]))
                del response.unsent[:allowed]
            if response.is_last and not response.unsent:
                self._forget(stream_id)
                self._h2.end_stream(stream_id)
        except h2.exceptions.ProtocolError:
            # The client's reset came with the very bytes that are being answered; its event follows later.
            stream = self._streams.get(stream_id)
            self._forget(stream_id)
            if stream is not None:
                stream.client_gone()
            return
        if len(response.unsent) > MAX_UNSENT_BYTES:
            self.reset(response)
        self._flush()

    def reset(self, response: _Response) -> None:
        """Send RST_STREAM."""
        stream = self._streams.get(response.stream_id)
        self._forget(response.stream_id)
        try:
            self._h2.reset_stream(response.stream_id, h2.errors.ErrorCodes.INTERNAL_ERROR)
        except h2.exceptions.ProtocolError:
            log.info("reset of a stream that is closed already")
        self._flush()
        if stream is not None:
            stream.client_gone()

    def _forget(self, stream_id: int) -> None:
        self._responses.pop(stream_id, None)
        self._streams.pop(stream_id, None)

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
