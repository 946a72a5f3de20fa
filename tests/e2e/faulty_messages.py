"""Messages that a task must refuse, each with the code it must give. Pure."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

from contract.audio import Quality, samples_in
from contract.wire import AHEAD_BYTES, MAX_MESSAGE_BYTES, Code
from tests.e2e.dictation import counter_pcm
from tests.e2e.raw_client import Message, audio, resume, start, stop

SOUND = counter_pcm(Quality.MEDIUM, 0.02)

Fault = tuple[str, Message | str, Code]


def nested(depth: int) -> str:
    """Make a ping that holds lists, `depth` levels deep in all."""
    return '{"type": "ping", "session_id": "s", "x": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


def padded(message: Message, size_bytes: int) -> str:
    """Write a message as so many bytes."""
    return json.dumps(message | {"padding": "x" * (size_bytes - len(json.dumps(message | {"padding": ""})))})


def raw(message: Message, name: str, value: str) -> str:
    """Write a message with this JSON, good or bad, as the value of a field."""
    return json.dumps({**message, name: "@"}).replace('"@"', value)


def without(name: str, message: Message) -> Message:
    """Leave a field out."""
    return {field: value for field, value in message.items() if field != name}


def bad_texts(session_id: str) -> Iterator[Fault]:
    """Give what is no message at all."""
    ping = {"type": "ping", "session_id": session_id}
    for name, text in {
        "empty": "",
        "not JSON": "start please",
        "cut short": json.dumps(ping)[:-1],
        "a list": "[]",
        "a number": "1",
        "NaN": raw(ping, "x", "NaN"),
        "infinity": raw(ping, "x", "-Infinity"),
        "nested 17 deep": nested(17),
        "nested 15,000 deep": nested(15_000),
        "a number of 5,000 digits": raw(ping, "x", "9" * 5_000),
        "two numbers of 5,000 digits": raw(ping, "x", "9" * 5_000 + ', "x": ' + "8" * 5_000),
        "a lone surrogate": raw(ping, "session_id", r'"\ud800"'),
        "a lone surrogate as id": raw(ping, "id", r'"\udfff"'),
    }.items():
        yield name, text, Code.BAD_MESSAGE
    messages: dict[str, Message] = {
        "no type": {"session_id": session_id},
        "an unknown type": ping | {"type": "shutdown"},
        "a type that is no string": ping | {"type": ["ping"]},
        "no session": {"type": "ping"},
        "a session that is no string": ping | {"session_id": 7},
        "a session id too long": ping | {"session_id": "s" * 65},
        "an id that is no string": ping | {"id": 1},
        "an id too long": ping | {"id": "i" * 65},
        "no ticket": {"type": "renew"},
        "a page that is no UUID": resume(session_id, "page"),
        "no last segment": without("last_segment", resume(session_id, str(uuid.uuid4()))),
        "a last segment below -1": resume(session_id, str(uuid.uuid4()), last_segment=-2),
    }
    for name, message in messages.items():
        yield name, message, Code.BAD_MESSAGE


def bad_starts() -> Iterator[Fault]:
    """Give starts that no server could take."""
    for name, message in {
        "a request id that is no UUID": start(request_id="me"),
        "a protocol that is 1.0": start(protocol=1.0),
        "a protocol that is true": start(protocol=True),
        "a rate that is text": start(sample_rate="16000"),
        "no encoding": without("encoding", start()),
        "no page": start(client=None),
        "an unknown specialty": start(specialty="DENTISTRY"),
        "a conversation in lower case": start(conversation="dictation"),
        "speaker labels that are 1": start(speaker_labels=1),
        "a vocabulary that is a path": start(vocabulary="../words"),
    }.items():
        yield name, message, Code.BAD_MESSAGE
    yield "a later protocol", start(protocol=2), Code.UNSUPPORTED_PROTOCOL
    for name, message in {
        "an unknown encoding": start(encoding="mp3"),
        "an unknown quality": start(quality="best"),
        "a rate that is not the quality's": start(sample_rate=44_100),
        "opus at 16 kHz": start(encoding="opus"),
    }.items():
        yield name, message, Code.UNSUPPORTED_AUDIO


def bad_audio(session_id: str, received: int) -> Iterator[Fault]:
    """Give audio and stops that cannot be right for a session with so many samples received."""
    good = audio(session_id, received, SOUND)
    for name, message in {
        "data that is not base64": good | {"data": "!!!!"},
        "base64 with a line break": good | {"data": good["data"][:40] + "\n" + good["data"][40:]},
        "base64 without its padding": good | {"data": "AAA"},
        "no data": good | {"data": ""},
        "data that is no string": good | {"data": 5},
        "another CRC": good | {"crc32": good["crc32"] ^ 1},
        "a CRC past 32 bits": good | {"crc32": 2**32},
        "an odd length": audio(session_id, received, SOUND + b"\x00"),
        "a negative offset": good | {"offset": -1},
        "an offset of 1.0": good | {"offset": float(received)},
        "no offset": without("offset", good),
        "an end before what was received": stop(session_id, SOUND, end_offset=received - 1),
        "an end that is 1.0": stop(session_id, SOUND, end_offset=1.0),
        "no end": without("end_offset", stop(session_id, SOUND)),
        "a hash that is none": stop(session_id, SOUND, sha256="0" * 63),
    }.items():
        yield name, message, Code.BAD_MESSAGE
    yield "an offset past every limit", good | {"offset": 10**30}, Code.DURATION_LIMIT
    yield "an end past the longest session", stop(session_id, SOUND, end_offset=10**12), Code.DURATION_LIMIT
    far = received + samples_in(AHEAD_BYTES)
    yield "2 MB past what was received", audio(session_id, far, SOUND), Code.BUFFER_LIMIT
    for size in (MAX_MESSAGE_BYTES + 1, 32_767, 32_768):
        yield f"{size:,} bytes", padded(good, size), Code.TOO_LARGE
