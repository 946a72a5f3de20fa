"""Open streams of Transcribe Medical. Implements `Recognition`; not to open is a `StreamRefused`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from contract.audio import bytes_in
from streaming_task.adapters.transcribe_medical.endings import ended_by_response
from streaming_task.adapters.transcribe_medical.framing import EventFramer
from streaming_task.adapters.transcribe_medical.http2_exchange import Http2Head, Http2Limits
from streaming_task.adapters.transcribe_medical.http2_transport import Http2Transport
from streaming_task.adapters.transcribe_medical.operation import (
    InvalidParameter,
    MedicalClient,
    MedicalRequest,
)
from streaming_task.adapters.transcribe_medical.stream import MedicalStream
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.ports import Credentials, PortError, RecognitionStream, StreamRefused, StreamSettings

MAX_EVENT_BYTES = 32 * 1024  # the service's limit for one audio event ...
MAX_EVENT_S = 1  # ... and for its length
SEND_BUFFER_BYTES = 256 * 1024  # 8 s at 16 kHz, 2.7 s at 48 kHz
HTTP_OK = 200
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class TranscribeTimeouts:
    """How long a stream waits for what, in seconds."""

    credentials_s: float = 5.0
    connect_s: float = 5.0  # name, TCP and TLS together
    headers_s: float = 10.0
    drain_s: float = 15.0  # without a byte, once the audio has ended
    ping_every_s: float = 5.0  # a dead peer is found after two to three of these


class TranscribeMedical:
    """Open streams, each on its own connection and with its own pinned credentials.

    Pinned, because the signatures of a stream's events form one chain under one key: credentials that rotate
    in mid-stream would break it. The stream says when they expire, so that it can be replaced before.
    """

    def __init__(
        self,
        *,
        region: str,
        endpoint_url: str | None,
        ca_file: str | None,
        credentials: Credentials,
        timeouts: TranscribeTimeouts | None = None,
        send_buffer_bytes: int = SEND_BUFFER_BYTES,
    ) -> None:
        """Prepare to open streams; no `endpoint_url` is the region's own, no `ca_file` the system's trust.

        Raises:
            ValueError: the endpoint would have speech leave this machine unencrypted.
        """
        if endpoint_url is not None and not _is_private(endpoint_url):
            raise ValueError("the Transcribe endpoint must be https, or on this machine")
        timeouts = timeouts or TranscribeTimeouts()
        limits = Http2Limits(
            headers_s=timeouts.headers_s,
            drain_s=timeouts.drain_s,
            ping_every_s=timeouts.ping_every_s,
            send_buffer_bytes=send_buffer_bytes,
        )
        transport = Http2Transport(ca_file=ca_file, connect_s=timeouts.connect_s, limits=limits)
        self._region = region
        self._client = MedicalClient(region=region, endpoint_url=endpoint_url, transport=transport)
        self._credentials = credentials
        self._credentials_s = timeouts.credentials_s

    async def open(self, settings: StreamSettings) -> RecognitionStream:
        """Open a stream; it is open when the service's headers have come.

        Raises:
            StreamRefused: it did not open.
        """
        try:
            request = MedicalRequest(
                media_sample_rate_hz=settings.sample_rate_hz,
                media_encoding=settings.encoding,
                specialty=settings.specialty,
                type=settings.conversation,
                vocabulary_name=settings.vocabulary,
                session_id=settings.stream_id,
                show_speaker_label=settings.speaker_labels,
                content_identification_type="PHI",
            )
        except InvalidParameter as error:
            raise StreamRefused(Ended(StreamEnd.BAD_REQUEST, f"Invalid:{error.parameter}")) from error
        try:
            async with asyncio.timeout(self._credentials_s):
                pinned = await self._credentials.current()
        except PortError as error:
            raise StreamRefused(Ended(StreamEnd.UNAVAILABLE, error.code)) from error
        except TimeoutError as error:
            raise StreamRefused(Ended(StreamEnd.TIMEOUT, "Credentials")) from error

        call = await self._client.start_medical_stream_transcription(request, pinned)
        try:
            head = await call.exchange.head()
        except asyncio.CancelledError:
            call.exchange.abort()
            raise
        if not isinstance(head, Http2Head):
            raise StreamRefused(head)
        if head.status != HTTP_OK:
            call.exchange.abort()  # its body holds a sentence for a person, and may hold content
            raise StreamRefused(ended_by_response(head.status, head.headers.get("x-amzn-errortype")))
        return MedicalStream(
            exchange=call.exchange,
            framer=EventFramer(
                secret_access_key=pinned.secret_access_key, region=self._region, seed=call.seed
            ),
            event_bytes=_event_bytes(settings),
            expires_at=pinned.expires_at,
        )


def _is_private(endpoint_url: str) -> bool:
    parts = urlsplit(endpoint_url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _event_bytes(settings: StreamSettings) -> int:
    """Give the most that one audio event may carry; whole samples, when they are PCM."""
    if settings.encoding == "pcm":
        return min(MAX_EVENT_BYTES, bytes_in(settings.sample_rate_hz * MAX_EVENT_S))
    return MAX_EVENT_BYTES
