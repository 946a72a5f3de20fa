"""What StartMedicalStreamTranscription takes, read from a request's headers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from local_stack.transcribe.refusal import Refusal

PATH = "/medical-stream-transcription"
PREFIX = "x-amzn-transcribe-"
MIN_RATE_HZ = 16_000
MAX_RATE_HZ = 48_000
ENCODINGS = ("pcm", "ogg-opus", "flac")
SPECIALTIES = ("PRIMARYCARE", "CARDIOLOGY", "NEUROLOGY", "ONCOLOGY", "RADIOLOGY", "UROLOGY")
TYPES = ("CONVERSATION", "DICTATION")
_SESSION_ID = r"[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}"
_VOCABULARY = r"[0-9a-zA-Z._-]{1,200}"


@dataclass(frozen=True, slots=True)
class StreamParameters:
    """One stream's parameters, all within what the service takes."""

    session_id: str
    sample_rate_hz: int
    encoding: str
    specialty: str
    conversation: str
    vocabulary: str | None
    has_speaker_labels: bool
    identifies_phi: bool


def read_parameters(headers: Mapping[str, str]) -> StreamParameters:
    """Read and check the headers.

    Raises:
        Refusal: BadRequestException, naming the member that is wrong.
    """
    fields = {name.removeprefix(PREFIX): value for name, value in headers.items() if name.startswith(PREFIX)}
    language = _required(fields, "language-code")
    if language != "en-US":
        raise _invalid("languageCode", language, "Member must satisfy enum value set: [en-US]")
    is_labelled = _flag(fields, "show-speaker-label")
    _check_channels(fields, is_labelled=is_labelled)
    return StreamParameters(
        session_id=_matching(fields, "session-id", _SESSION_ID) or str(uuid4()),
        sample_rate_hz=_rate(_required(fields, "sample-rate")),
        encoding=_one_of(fields, "media-encoding", ENCODINGS),
        specialty=_one_of(fields, "specialty", SPECIALTIES),
        conversation=_one_of(fields, "type", TYPES),
        vocabulary=_matching(fields, "vocabulary-name", _VOCABULARY),
        has_speaker_labels=is_labelled,
        identifies_phi=(
            "content-identification-type" in fields
            and _one_of(fields, "content-identification-type", ("PHI",)) == "PHI"
        ),
    )


def _check_channels(fields: Mapping[str, str], *, is_labelled: bool) -> None:
    is_by_channel = _flag(fields, "enable-channel-identification")
    channels = fields.get("number-of-channels")
    if is_by_channel and is_labelled:
        raise Refusal(
            "BadRequestException",
            "ShowSpeakerLabel and EnableChannelIdentification cannot be set in the same request.",
        )
    if is_by_channel != (channels is not None) or channels not in (None, "2"):
        raise Refusal(
            "BadRequestException", "NumberOfChannels must be 2 if EnableChannelIdentification is set."
        )
    if is_by_channel:
        raise Refusal("BadRequestException", "The local stand-in hears one channel only.")


def _rate(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise _invalid("mediaSampleRateHertz", text, "Member must be an integer")
    rate_hz = int(text)
    if rate_hz < MIN_RATE_HZ:
        raise _invalid(
            "mediaSampleRateHertz", text, f"Member must have value greater than or equal to {MIN_RATE_HZ}"
        )
    if rate_hz > MAX_RATE_HZ:
        raise _invalid(
            "mediaSampleRateHertz", text, f"Member must have value less than or equal to {MAX_RATE_HZ}"
        )
    return rate_hz


def _required(fields: Mapping[str, str], name: str) -> str:
    if not fields.get(name):
        raise Refusal(
            "BadRequestException",
            f"1 validation error detected: Value at '{_member(name)}' failed to satisfy constraint: "
            "Member must not be null",
        )
    return fields[name]


def _one_of(fields: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = _required(fields, name)
    if value not in allowed:
        raise _invalid(_member(name), value, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    return value


def _matching(fields: Mapping[str, str], name: str, pattern: str) -> str | None:
    value = fields.get(name)
    if value is not None and not re.fullmatch(pattern, value):
        raise _invalid(_member(name), value, f"Member must satisfy regular expression pattern: {pattern}")
    return value


def _flag(fields: Mapping[str, str], name: str) -> bool:
    value = fields.get(name, "false")
    if value not in ("true", "false"):
        raise _invalid(_member(name), value, "Member must be true or false")
    return value == "true"


def _member(name: str) -> str:
    first, *others = name.split("-")
    return first + "".join(part.capitalize() for part in others)


def _invalid(member: str, value: str, constraint: str) -> Refusal:
    return Refusal(
        "BadRequestException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"{constraint}",
    )
