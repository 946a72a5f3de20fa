"""StartMedicalStreamTranscription on amazon-transcribe, which does not know it: parameters, limits, headers.

It opens the stream and stops there: what flows over it afterwards is not its business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from amazon_transcribe.auth import StaticCredentialResolver
from amazon_transcribe.client import TranscribeStreamingClient
from amazon_transcribe.endpoints import StaticEndpointResolver
from amazon_transcribe.request import Request
from amazon_transcribe.serialize import TranscribeStreamingSerializer
from amazon_transcribe.signer import SigV4RequestSigner
from amazon_transcribe.utils import _add_required_headers

from contract.audio import TRANSCRIBE_MAX_RATE_HZ, TRANSCRIBE_MIN_RATE_HZ
from streaming_task.adapters.transcribe_medical.http2_exchange import Http2Exchange
from streaming_task.adapters.transcribe_medical.http2_transport import Http2Transport
from streaming_task.ports import AwsCredentials

PATH = "/medical-stream-transcription"
LANGUAGE = "en-US"  # the only one that Medical knows
ENCODINGS = frozenset({"pcm", "ogg-opus", "flac"})
SPECIALTIES = frozenset({"PRIMARYCARE", "CARDIOLOGY", "NEUROLOGY", "ONCOLOGY", "RADIOLOGY", "UROLOGY"})
TYPES = frozenset({"CONVERSATION", "DICTATION"})
CHANNELS = 2  # the only number that channel identification takes
# Patterns and lengths: Amazon Transcribe's API reference, StartMedicalStreamTranscription.
_VOCABULARY_NAME = re.compile(r"[0-9a-zA-Z._-]{1,200}")
_SESSION_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class InvalidParameter(ValueError):
    """The service would refuse this; `parameter` says which."""

    def __init__(self, parameter: str) -> None:
        super().__init__(f"{parameter} is not what Transcribe Medical takes")
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class MedicalRequest:
    """The operation's parameters, valid by construction.

    Raises:
        InvalidParameter: the service would answer BadRequestException.
    """

    media_sample_rate_hz: int
    media_encoding: str
    specialty: str
    type: str
    language_code: str = LANGUAGE
    vocabulary_name: str | None = None
    session_id: str | None = None
    show_speaker_label: bool = False
    enable_channel_identification: bool = False
    number_of_channels: int | None = None
    content_identification_type: str | None = None

    def __post_init__(self) -> None:
        """Check every limit before a connection is spent on it."""
        is_valid = {
            "language_code": self.language_code == LANGUAGE,
            "media_sample_rate_hz": (
                TRANSCRIBE_MIN_RATE_HZ <= self.media_sample_rate_hz <= TRANSCRIBE_MAX_RATE_HZ
            ),
            "media_encoding": self.media_encoding in ENCODINGS,
            "specialty": self.specialty in SPECIALTIES,
            "type": self.type in TYPES,
            "vocabulary_name": (
                self.vocabulary_name is None or _VOCABULARY_NAME.fullmatch(self.vocabulary_name) is not None
            ),
            "session_id": self.session_id is None or _SESSION_ID.fullmatch(self.session_id) is not None,
            # Speakers are told apart within one channel only.
            "show_speaker_label": not (self.show_speaker_label and self.enable_channel_identification),
            "number_of_channels": (
                self.number_of_channels == (CHANNELS if self.enable_channel_identification else None)
            ),
            "content_identification_type": self.content_identification_type in (None, "PHI"),
        }
        for parameter, is_good in is_valid.items():
            if not is_good:
                raise InvalidParameter(parameter)


class MedicalSerializer(TranscribeStreamingSerializer):
    """Write the operation as HTTP."""

    def serialize_start_medical_stream_transcription_request(
        self, endpoint: str, shape: MedicalRequest
    ) -> Request:
        """Make the unsigned request, its body open."""
        values: dict[str, Any] = {
            "language-code": shape.language_code,
            "sample-rate": shape.media_sample_rate_hz,
            "media-encoding": shape.media_encoding,
            "vocabulary-name": shape.vocabulary_name,
            "session-id": shape.session_id,
            "specialty": shape.specialty,
            "type": shape.type,
            # As the service's model has it; the library writes "True".
            "show-speaker-label": "true" if shape.show_speaker_label else None,
            "enable-channel-identification": "true" if shape.enable_channel_identification else None,
            "number-of-channels": shape.number_of_channels,
            "content-identification-type": shape.content_identification_type,
        }
        headers: dict[str, str] = {}
        for name, value in values.items():
            headers.update(self._serialize_header(name, value))
        _add_required_headers(endpoint, headers)
        return Request(  # type: ignore[no-untyped-call]
            endpoint=endpoint, path=PATH, method="POST", headers=headers
        )


@dataclass(frozen=True, slots=True)
class MedicalCall:
    """A request that is on its way: the exchange, and the signature that the events' chain starts from."""

    exchange: Http2Exchange
    seed: bytes


class MedicalClient(TranscribeStreamingClient):
    """The library's client with the medical operation, our transport, and credentials given call by call."""

    def __init__(self, *, region: str, endpoint_url: str | None, transport: Http2Transport) -> None:
        super().__init__(
            region=region,
            endpoint_resolver=StaticEndpointResolver(endpoint_url) if endpoint_url else None,  # type: ignore[no-untyped-call]
            # The stock default starts the whole provider chain; nothing of ours ever asks it.
            credential_resolver=StaticCredentialResolver("", ""),
        )
        self._medical_serializer = MedicalSerializer()
        self._transport = transport
        self._session_manager = transport  # type: ignore[assignment]  # its seam is duck-typed

    async def start_medical_stream_transcription(
        self, shape: MedicalRequest, credentials: AwsCredentials
    ) -> MedicalCall:
        """Connect, sign and send the request's headers; the response has yet to come.

        Raises:
            StreamRefused: no connection was to be had.
        """
        endpoint = await self._endpoint_resolver.resolve(self.region)
        serialize = self._medical_serializer.serialize_start_medical_stream_transcription_request
        request = serialize(endpoint, shape).prepare()  # type: ignore[no-untyped-call]
        pinned = StaticCredentialResolver(
            credentials.access_key_id, credentials.secret_access_key, credentials.session_token
        )
        signer = SigV4RequestSigner(self.service_name, self.region)  # type: ignore[no-untyped-call]
        signed = signer.sign(request, pinned)
        exchange = await self._transport.make_request(
            signed.uri, method=signed.method, headers=signed.headers.as_list(), body=signed.body
        )
        seed = self._extract_signature(signed)  # type: ignore[no-untyped-call]
        return MedicalCall(exchange, seed)
