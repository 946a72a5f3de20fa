"""The golden messages of contract/wire_examples.json, read and written as the server does."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, get_args

import pytest

from contract.audio import Encoding, Quality
from contract.records import TranscriptState
from contract.replies import (
    AboutSession,
    Ack,
    Entity,
    Error,
    Final,
    Item,
    Limits,
    Moved,
    Nack,
    Partial,
    Ready,
    Renewed,
    Saved,
    Status,
    Stored,
    Transcription,
    Warn,
    WarningCode,
    encode,
    encode_without_session,
)
from contract.wire import (
    BUFFER_BYTES,
    DURATION_LIMIT_S,
    IDLE_TIMEOUT_S,
    MAX_MESSAGE_BYTES,
    MESSAGES_PER_S,
    Audio,
    ClientMessage,
    Code,
    Conversation,
    Pause,
    Ping,
    Refusal,
    Renew,
    Resume,
    Specialty,
    Start,
    Stop,
    parse_client_message,
)

EXAMPLES: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "contract" / "wire_examples.json").read_text(encoding="utf-8")
)
SESSION = "6f1c2e0a-53a1-5d0e-9f64-0c2f8f0f7d11"
CLIENT = "0f9d6a3e-7f0b-4c3e-8a55-5c8c6f1f2b10"
REQUEST = "b3b0c1de-9a64-4f0e-b1a7-2f6f3f5f9a01"
TICKET = "q3V0ZS1hLXRpY2tldC1vZi0yNTYtcmFuZG9tLWJpdHM"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
EPOCH = 3
PCM = bytes([0, 0, 1, 0, 255, 127, 0, 128, 255, 255, 52, 18])
OPUS = bytes([3, 0, 0x78, 0xFF, 0xFE, 2, 0, 0x78, 0x01])
LIMITS = Limits(int(IDLE_TIMEOUT_S), int(DURATION_LIMIT_S), BUFFER_BYTES, MAX_MESSAGE_BYTES, MESSAGES_PER_S)


def _start(**other: Any) -> Start:
    fields: dict[str, Any] = {
        "ref": REQUEST,
        "request_id": REQUEST,
        "encoding": Encoding.PCM,
        "quality": Quality.MEDIUM,
        "sample_rate_hz": 16_000,
        "client": CLIENT,
        "specialty": Specialty.PRIMARYCARE,
        "conversation": Conversation.DICTATION,
        "speaker_labels": False,
        "vocabulary": None,
    }
    return Start(**fields | other)


SAID: dict[str, ClientMessage] = {
    "start medium": _start(),
    "start low conversation": _start(
        quality=Quality.LOW,
        sample_rate_hz=8_000,
        specialty=Specialty.CARDIOLOGY,
        conversation=Conversation.CONVERSATION,
        speaker_labels=True,
    ),
    "start high": _start(quality=Quality.HIGH, sample_rate_hz=48_000, specialty=Specialty.RADIOLOGY),
    "start opus": _start(
        encoding=Encoding.OPUS, quality=Quality.LOW, sample_rate_hz=48_000, specialty=Specialty.NEUROLOGY
    ),
    "audio pcm": Audio(None, SESSION, 3200, PCM),
    "audio from the first sample": Audio(None, SESSION, 0, b"\x01\x00"),
    "audio opus packets": Audio(None, SESSION, 96_000, OPUS),
    "resume": Resume("resume-1", SESSION, CLIENT, 48_000, 3),
    "resume holding nothing, no final seen": Resume("resume-2", SESSION, CLIENT, None, -1),
    "pause": Pause(None, SESSION),
    "stop": Stop(None, SESSION, 2_880_000, SHA256),
    "stop from a reopened page": Stop(None, SESSION, None, None),
    "renew": Renew("renew-1", TICKET),
    "ping": Ping(None, SESSION),
    "start with the optional fields": _start(speaker_labels=True, vocabulary="Cardiology_Terms-1"),
    "start with the optional fields at their defaults": _start(),
    "start without an id": _start(specialty=Specialty.ONCOLOGY),
    "start urology": _start(specialty=Specialty.UROLOGY),
    "audio with an id": Audio("a-7", SESSION, 640, PCM),
    "unknown fields": Ping(None, SESSION),
    "id null": Pause(None, SESSION),
    "id empty": Pause("", SESSION),
    "sha256 in capitals": Stop(None, SESSION, 0, SHA256),
    "pause with an id": Pause("p-1", SESSION),
}


def _word(text: str, start_ms: int, end_ms: int, confidence: float, speaker: str | None = None) -> Item:
    return Item(text, "word", start_ms, end_ms, confidence, speaker)


HEARD: dict[str, AboutSession] = {
    "ready": Ready("resume-1", 51_200, LIMITS),
    "ready without a ref": Ready(None, 0, LIMITS),
    "ack": Ack(64_000, 48_000),
    "nack": Nack(((51_200, 54_400), (57_600, 60_800))),
    "partial": Partial(4, 7, 4120, 5300, "The patient denies", None),
    "final": Final(
        segment=4,
        start_ms=4120,
        end_ms=6480,
        text="The patient denies chest pain.",
        stream=1,
        speaker=None,
        items=(
            _word("The", 4120, 4260, 0.99),
            _word("patient", 4260, 4700, 0.98),
            _word("denies", 4700, 5180, 0.91),
            _word("chest", 5240, 5560, 0.97),
            _word("pain", 5560, 6480, 0.995),
            Item(".", "punctuation", 6480, 6480, None, None),
        ),
        entities=(),
    ),
    "final with speaker and entity": Final(
        segment=5,
        start_ms=7000,
        end_ms=7900,
        text="नमस्ते <b>Asha</b>",
        stream=2,
        speaker="0",
        items=(_word("Asha", 7000, 7900, 0.5, "0"),),
        entities=(Entity("Asha", "NAME", 7000, 7900, 0.87),),
    ),
    "status live": Status(Transcription.LIVE, 0),
    "status delayed": Status(Transcription.DELAYED, 4200),
    "status parked": Status(Transcription.PARKED, 0),
    "status unavailable": Status(Transcription.UNAVAILABLE, 61_000),
    "warning duration_near": Warn(WarningCode.DURATION_NEAR, "Two minutes of recording are left."),
    "warning buffer_half": Warn(WarningCode.BUFFER_HALF, "Half of the room for audio is used."),
    "warning auth_expiring": Warn(WarningCode.AUTH_EXPIRING, "The sign-in expires soon."),
    "warning silence": Warn(WarningCode.SILENCE, "No speech is heard."),
    "moved": Moved(),
    "stored": Stored(2_880_000, SHA256),
    "saved": Saved(42, 2_880_000, SHA256, 6, (), TranscriptState.COMPLETE),
    "saved with a gap, text pending": Saved(
        43, 2_880_000, SHA256, 0, ((16_000, 19_200),), TranscriptState.PENDING
    ),
    "saved, text incomplete": Saved(44, 0, SHA256, 1, (), TranscriptState.INCOMPLETE),
    "error bad_message": Error(None, Code.BAD_MESSAGE, "offset is out of range."),
    "error too_large": Error(None, Code.TOO_LARGE, "A message may have at most 32,000 bytes."),
    "error rate_limited": Error(None, Code.RATE_LIMITED, "Too many messages: slow down.", 1),
    "error superseded": Error(None, Code.SUPERSEDED, "Another page has taken over."),
    "error not_found": Error("resume-1", Code.NOT_FOUND, "There is no such session."),
    "error conflict": Error(None, Code.CONFLICT, "Other audio is already there."),
    "error duration_limit": Error(None, Code.DURATION_LIMIT, "The longest recording is reached."),
    "error buffer_limit": Error(None, Code.BUFFER_LIMIT, "Too much audio waits to be stored.", 2.5),
    "error auth_expired": Error("renew-1", Code.AUTH_EXPIRED, "The sign-in has expired."),
    "error internal": Error(None, Code.INTERNAL, "Something went wrong here.", 1),
}
HEARD_WITHOUT_SESSION: dict[str, Error | Renewed] = {
    "renewed": Renewed("renew-1", 900),
    "renewed without a ref": Renewed(None, 60),
    "error busy, no session": Error(REQUEST, Code.BUSY, "No room at the moment.", 5),
    "error unsupported_protocol, no session": Error(
        REQUEST, Code.UNSUPPORTED_PROTOCOL, "This server speaks protocol 1: reload."
    ),
    "error unsupported_audio, no session": Error(
        REQUEST, Code.UNSUPPORTED_AUDIO, "sample_rate must match quality."
    ),
    "error bad_message, no session, no ref": Error(None, Code.BAD_MESSAGE, "The message is not JSON."),
}


def _named(*kinds: str) -> dict[str, dict[str, Any]]:
    return {example["name"]: example for kind in kinds for example in EXAMPLES[kind]}


def _body(example: dict[str, Any]) -> bytes:
    if "raw_base64" in example:
        body = base64.b64decode(example["raw_base64"])
    elif "raw" in example:
        body = example["raw"].encode()
    else:
        body = json.dumps(example["message"]).encode()
    return body.ljust(example.get("padded_to_bytes", 0))


@pytest.mark.parametrize("name", _named("client", "client_variants"))
def test_a_message_of_the_page_is_read_as_meant(name: str) -> None:
    """What the page writes must mean to the server what it meant to the page."""
    example = _named("client", "client_variants")[name]

    assert parse_client_message(_body(example)) == SAID[name]


@pytest.mark.parametrize("name", _named("refused"))
def test_a_message_that_is_wrong_is_refused_with_its_code(name: str) -> None:
    """Whoever sends nonsense hears which kind of nonsense, and never a failure of ours."""
    example = _named("refused")[name]

    with pytest.raises(Refusal) as refusal:
        parse_client_message(_body(example))

    assert refusal.value.code == example["code"]
    assert refusal.value.sentence.endswith(".")


@pytest.mark.parametrize("name", _named("server"))
def test_a_message_of_the_server_is_written_as_the_page_reads_it(name: str) -> None:
    """What the server writes is to the letter what the page's tests read."""
    if name in HEARD:
        written = encode(HEARD[name], SESSION, EPOCH)
    else:
        written = encode_without_session(HEARD_WITHOUT_SESSION[name])

    assert json.loads(written) == _named("server")[name]["message"]


def test_every_type_and_code_has_its_example() -> None:
    """A message that is added to the code and not to the examples would be tested on one side only."""
    said = {type(message) for message in SAID.values()}
    heard = {type(message) for message in (HEARD | HEARD_WITHOUT_SESSION).values()}
    codes = {
        example["message"]["code"] for example in EXAMPLES["server"] if example["message"]["type"] == "error"
    }

    assert said == set(get_args(ClientMessage))
    assert heard == {*get_args(AboutSession), Renewed}
    assert codes == set(Code)


def test_every_example_has_a_name_of_its_own() -> None:
    """Two examples of one name would hide one another."""
    for kind in ("client", "client_variants", "refused", "server", "not_ours", "opus_packets"):
        assert len(_named(kind)) == len(EXAMPLES[kind])
    assert set(SAID) == set(_named("client", "client_variants"))
    assert set(HEARD) | set(HEARD_WITHOUT_SESSION) == set(_named("server"))
