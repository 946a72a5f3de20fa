"""What a client may say: limits, error codes, messages, and how to read them. Pure.

Checks come in this order: size, JSON, schema, base64, CRC. What needs the session (offset against limits,
odd length, ownership) is the session's to check. The other direction is in `replies.py`.
"""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pybase64

from contract.audio import PCM_RATE_HZ, Encoding, Quality, session_rate_hz
from contract.fields import (
    BadField,
    bool_field,
    choice_field,
    is_null,
    parse_leniently,
    parse_object,
    pattern_field,
    text_field,
    uuid_field,
    whole_field,
)

PROTOCOL = 1
MAX_MESSAGE_BYTES = 32_000
MAX_ID_CHARACTERS = 64
MAX_TICKET_CHARACTERS = 256
MAX_CRC32 = 0xFFFF_FFFF
MAX_SEGMENT = 999_999  # finals are kept under six digits
BUFFER_BYTES = 60 * 1024 * 1024  # of one session, not yet durable
AHEAD_BYTES = 2 * 1024 * 1024  # how far past `received` audio may lie
MESSAGES_PER_S = 40
MESSAGE_BURST = 100
IDLE_TIMEOUT_S = 300.0
DURATION_LIMIT_S = 1800.0

_VOCABULARY = re.compile(r"[0-9a-zA-Z._-]{1,200}")  # Transcribe's own form of a vocabulary's name
_SHA256_HEX = re.compile(r"[0-9a-fA-F]{64}")


class Code(StrEnum):
    """Every code an `error` can have."""

    BAD_MESSAGE = "bad_message"
    UNSUPPORTED_PROTOCOL = "unsupported_protocol"
    UNSUPPORTED_AUDIO = "unsupported_audio"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    SUPERSEDED = "superseded"
    BUSY = "busy"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    DURATION_LIMIT = "duration_limit"
    BUFFER_LIMIT = "buffer_limit"
    AUTH_EXPIRED = "auth_expired"
    INTERNAL = "internal"


RETRYABLE = frozenset({Code.RATE_LIMITED, Code.BUSY, Code.BUFFER_LIMIT, Code.INTERNAL})


class Refusal(Exception):
    """A message is refused: the code, a sentence for a person, and what is known of the message."""

    def __init__(
        self, code: Code, sentence: str, *, ref: str | None = None, session_id: str | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence
        self.ref = ref
        self.session_id = session_id


class Specialty(StrEnum):
    """Transcribe Medical's specialties."""

    PRIMARYCARE = "PRIMARYCARE"
    CARDIOLOGY = "CARDIOLOGY"
    NEUROLOGY = "NEUROLOGY"
    ONCOLOGY = "ONCOLOGY"
    RADIOLOGY = "RADIOLOGY"
    UROLOGY = "UROLOGY"


class Conversation(StrEnum):
    """Transcribe Medical's two kinds of speech."""

    DICTATION = "DICTATION"
    CONVERSATION = "CONVERSATION"


@dataclass(frozen=True, slots=True)
class Start:
    """Open a session, or attach to the one this request opened before."""

    ref: str
    request_id: str
    encoding: Encoding
    quality: Quality
    sample_rate_hz: int
    client: str
    specialty: Specialty
    conversation: Conversation
    speaker_labels: bool
    vocabulary: str | None


@dataclass(frozen=True, slots=True)
class Audio:
    """Bytes of audio from the sample `offset` on; their CRC has been checked."""

    ref: str | None
    session_id: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Resume:
    """Attach this connection to a session."""

    ref: str | None
    session_id: str
    client: str
    have_from: int | None
    last_segment: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Let the recogniser rest."""

    ref: str | None
    session_id: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish; None: the end is what has been received, and no hash is compared."""

    ref: str | None
    session_id: str
    end_offset: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Renew:
    """Fresh authorisation for this connection."""

    ref: str | None
    ticket: str


@dataclass(frozen=True, slots=True)
class Ping:
    """Still here."""

    ref: str | None
    session_id: str


ClientMessage = Start | Audio | Resume | Pause | Stop | Renew | Ping


def parse_client_message(body: bytes) -> ClientMessage:
    """Read one message.

    Raises:
        Refusal: it cannot be taken as it is, for one of the codes bad_message, too_large,
            unsupported_protocol and unsupported_audio.
    """
    if len(body) > MAX_MESSAGE_BYTES:
        raise refusal_of(body, Code.TOO_LARGE, f"A message may have at most {MAX_MESSAGE_BYTES:,} bytes.")
    try:
        return _read(body)
    except BadField as error:
        raise refusal_of(body, Code.BAD_MESSAGE, str(error)) from None


def refusal_of(body: bytes, code: Code, sentence: str) -> Refusal:
    """Refuse a message that was not taken in; its `id` and its session are named if they can be read."""
    message = parse_leniently(body)
    kind = message.get("type")
    ref = _if_good(_ref, message)
    if kind == "start" and ref is None:
        ref = _if_good(_request_id, message)
    session_id = None if kind in ("start", "renew") else _if_good(_session_id, message)
    return Refusal(code, sentence, ref=ref, session_id=session_id)


def _read(body: bytes) -> ClientMessage:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BadField("The message is not valid UTF-8.") from None
    message = parse_object(text)
    ref = _ref(message)
    kind = message.get("type")
    if kind == "start":
        return _start(ref, message)
    if kind == "renew":
        return Renew(ref, text_field(message, "ticket", longest=MAX_TICKET_CHARACTERS))
    if kind not in ("audio", "resume", "pause", "stop", "ping"):
        raise BadField("type is missing or unknown.")
    return _about_session(kind, ref, _session_id(message), message)


def _ref(message: Mapping[str, Any]) -> str | None:
    if message.get("id") is None:
        return None
    return text_field(message, "id", shortest=0, longest=MAX_ID_CHARACTERS)


def _request_id(message: Mapping[str, Any]) -> str:
    return uuid_field(message, "request_id")


def _session_id(message: Mapping[str, Any]) -> str:
    return text_field(message, "session_id", longest=MAX_ID_CHARACTERS)


def _if_good(read: Callable[[Mapping[str, Any]], str | None], message: Mapping[str, Any]) -> str | None:
    try:
        return read(message)
    except BadField:
        return None


def _about_session(kind: str, ref: str | None, session_id: str, message: dict[str, Any]) -> ClientMessage:
    match kind:
        case "audio":
            return _audio(ref, session_id, message)
        case "resume":
            return Resume(
                ref=ref,
                session_id=session_id,
                client=uuid_field(message, "client"),
                have_from=None if is_null(message, "have_from") else whole_field(message, "have_from"),
                last_segment=whole_field(message, "last_segment", lowest=-1, highest=MAX_SEGMENT),
            )
        case "pause":
            return Pause(ref, session_id)
        case "stop":
            return Stop(
                ref=ref,
                session_id=session_id,
                end_offset=None if is_null(message, "end_offset") else whole_field(message, "end_offset"),
                sha256=None
                if is_null(message, "sha256")
                else pattern_field(message, "sha256", _SHA256_HEX, "a SHA-256 in hex").lower(),
            )
        case _:
            return Ping(ref, session_id)


def _audio(ref: str | None, session_id: str, message: dict[str, Any]) -> Audio:
    offset = whole_field(message, "offset")
    crc32 = whole_field(message, "crc32", highest=MAX_CRC32)
    coded = message.get("data")
    if not isinstance(coded, str) or not coded:
        raise BadField("data must be base64 and not empty.")
    try:
        data = pybase64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError):
        raise BadField("data is not base64.") from None
    if zlib.crc32(data) != crc32:
        raise BadField("crc32 does not match the audio.")
    return Audio(ref, session_id, offset, data)


def _start(ref: str | None, message: dict[str, Any]) -> Start:
    request_id = _request_id(message)
    ref = request_id if ref is None else ref  # the request's id is also the message's
    if whole_field(message, "protocol") != PROTOCOL:
        sentence = f"This server speaks protocol {PROTOCOL}: reload."
        raise Refusal(Code.UNSUPPORTED_PROTOCOL, sentence, ref=ref)
    encoding, quality, rate = _audio_terms(ref, message)
    return Start(
        ref=ref,
        request_id=request_id,
        encoding=encoding,
        quality=quality,
        sample_rate_hz=rate,
        client=uuid_field(message, "client"),
        specialty=choice_field(message, "specialty", Specialty),
        conversation=choice_field(message, "conversation", Conversation),
        speaker_labels="speaker_labels" in message and bool_field(message, "speaker_labels"),
        vocabulary=None
        if message.get("vocabulary") is None
        else pattern_field(message, "vocabulary", _VOCABULARY, "the name of a vocabulary"),
    )


def _audio_terms(ref: str, message: dict[str, Any]) -> tuple[Encoding, Quality, int]:
    coded = text_field(message, "encoding", longest=MAX_ID_CHARACTERS)
    level = text_field(message, "quality", longest=MAX_ID_CHARACTERS)
    rate = whole_field(message, "sample_rate")
    try:
        encoding, quality = Encoding(coded), Quality(level)
    except ValueError:
        raise Refusal(
            Code.UNSUPPORTED_AUDIO,
            f"encoding must be one of {', '.join(Encoding)} and quality one of {', '.join(Quality)}.",
            ref=ref,
        ) from None
    if rate != session_rate_hz(encoding, quality):
        rates = ", ".join(f"{quality} {rate} Hz" for quality, rate in PCM_RATE_HZ.items())
        raise Refusal(
            Code.UNSUPPORTED_AUDIO, f"sample_rate must match quality: {rates}; opus always 48000 Hz.", ref=ref
        )
    return encoding, quality, rate
