"""What a stranger sends is read strictly, refused by its code, and never breaks anything."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.wire import MAX_MESSAGE_BYTES, Audio, Code, Refusal, Start, parse_client_message

AUDIO_BYTES = b"\x01\x00" * 4
REQUEST = "11111111-1111-4111-8111-111111111111"


def audio_message(**changes: object) -> bytes:
    message = {
        "type": "audio",
        "session_id": "s1",
        "offset": 0,
        "crc32": zlib.crc32(AUDIO_BYTES),
        "data": base64.b64encode(AUDIO_BYTES).decode(),
    }
    return json.dumps(message | changes).encode()


def start_message(**changes: object) -> bytes:
    message = {
        "type": "start",
        "protocol": 1,
        "request_id": REQUEST,
        "encoding": "pcm",
        "quality": "medium",
        "sample_rate": 16000,
        "client": "22222222-2222-4222-8222-222222222222",
        "specialty": "CARDIOLOGY",
        "conversation": "DICTATION",
    }
    return json.dumps(message | changes).encode()


def refusal_of(body: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        parse_client_message(body)
    return caught.value


def test_audio_is_decoded_and_checked() -> None:
    """The bytes that come out are those that went in."""
    message = parse_client_message(audio_message(offset=7))

    assert message == Audio(None, "s1", 7, AUDIO_BYTES)


def test_start_answers_to_its_request_id() -> None:
    """The request's id is the message's id too, unless it has one of its own."""
    plain = parse_client_message(start_message())
    named = parse_client_message(start_message(id="mine"))

    assert isinstance(plain, Start)
    assert isinstance(named, Start)
    assert plain.ref == plain.request_id
    assert named.ref == "mine"
    assert plain.speaker_labels is False
    assert plain.vocabulary is None


@pytest.mark.parametrize(
    "changes",
    [
        {"offset": 1.0},
        {"offset": True},
        {"offset": "0"},
        {"offset": -1},
        {"offset": None},
        {"crc32": 1},
        {"crc32": 2**32},
        {"crc32": -1},
        {"data": ""},
        {"data": "A"},
        {"data": "AQAB\n"},
        {"data": "_-=="},
        {"data": 5},
        {"session_id": ""},
        {"session_id": "x" * 65},
        {"session_id": None},
        {"session_id": "\ud800"},
        {"id": 5},
        {"id": "x" * 65},
        {"type": "sing"},
        {"type": ["audio"]},
        {"type": None},
    ],
)
def test_a_bad_field_is_a_bad_message(changes: dict[str, object]) -> None:
    """Types are exact: 1.0 and true are no whole numbers, and base64 has no line breaks."""
    assert refusal_of(audio_message(**changes)).code is Code.BAD_MESSAGE


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"[" * 16_000,
        b'{"a":' * 16 + b"{}" + b"}" * 16,
        b'{"type":"ping","session_id":"s","x":NaN}',
        b'{"type":"ping","session_id":"s","x":-Infinity}',
        b'{"type":"audio","session_id":"s","offset":' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_a_bad_message(body: bytes) -> None:
    """Not JSON, no object, NaN, infinity, nested too deep, absurd numbers."""
    assert refusal_of(body).code is Code.BAD_MESSAGE


def test_sixteen_levels_are_not_too_deep() -> None:
    """The limit is over 16, so 16 passes: unknown fields are ignored, whatever they hold."""
    body = b'{"type":"ping","session_id":"s","x":' + b"[" * 15 + b"]" * 15 + b"}"

    assert parse_client_message(body)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"protocol": 2}, Code.UNSUPPORTED_PROTOCOL),
        ({"protocol": "1"}, Code.BAD_MESSAGE),
        ({"encoding": "mp3"}, Code.UNSUPPORTED_AUDIO),
        ({"quality": "best"}, Code.UNSUPPORTED_AUDIO),
        ({"sample_rate": 44100}, Code.UNSUPPORTED_AUDIO),
        ({"quality": "low"}, Code.UNSUPPORTED_AUDIO),
        ({"encoding": "opus"}, Code.UNSUPPORTED_AUDIO),
        ({"sample_rate": "16000"}, Code.BAD_MESSAGE),
        ({"request_id": "no-uuid"}, Code.BAD_MESSAGE),
        ({"client": None}, Code.BAD_MESSAGE),
        ({"specialty": "DENTISTRY"}, Code.BAD_MESSAGE),
        ({"conversation": "SONG"}, Code.BAD_MESSAGE),
        ({"speaker_labels": 1}, Code.BAD_MESSAGE),
        ({"vocabulary": "no spaces"}, Code.BAD_MESSAGE),
    ],
)
def test_start_is_refused_by_its_code(changes: dict[str, object], code: Code) -> None:
    """A client learns whether to reload, to change its audio, or to mend its message."""
    assert refusal_of(start_message(**changes)).code is code


@pytest.mark.parametrize(
    ("body", "ref", "session_id"),
    [
        (b'{"type":"ping","id":"i","session_id":"s"}'.ljust(MAX_MESSAGE_BYTES + 1), "i", "s"),
        (b'{"type":"ping","id":"i","session_id":"s","x":NaN}', "i", "s"),
        (b'{"type":"ping","id":"i","session_id":"s","x":' + b"[" * 17 + b"]" * 17 + b"}", "i", "s"),
        (b'{"type":"shout","id":"","session_id":"s"}', "", "s"),
        (b'{"type":"ping","id":5,"session_id":"s"}', None, "s"),
        (b'{"type":"ping","id":"i","session_id":5}', "i", None),
        (b'{"type":"ping","id":"\\ud800","session_id":"\\ud800"}', None, None),
        (b'{"type":"renew","id":"i","session_id":"s"}', "i", None),
        (b'{"type":"ping","id":"i","session_id":"s"', None, None),
        (b'{"type":"ping","id":"i","session_id":"\xff"}', None, None),
        (b'["ping"]', None, None),
        (b"[" * 100_000, None, None),
        (start_message(protocol="1"), REQUEST, None),
        (start_message(protocol="1", id="i", session_id="s"), "i", None),
        (start_message(request_id=5), None, None),
        (start_message(id=5), REQUEST, None),
        (start_message(protocol=2, id=""), "", None),
    ],
)
def test_a_refusal_names_what_can_be_read_of_its_message(
    body: bytes, ref: str | None, session_id: str | None
) -> None:
    """However spoilt a message is, its sender learns which one it was as long as that can be told."""
    refusal = refusal_of(body)

    assert (refusal.ref, refusal.session_id) == (ref, session_id)


def test_size_is_checked_before_anything_else() -> None:
    """32,000 bytes pass, one more does not, whatever is in them."""
    fits = b'{"type":"ping","session_id":"s"}'.ljust(MAX_MESSAGE_BYTES)

    assert parse_client_message(fits)
    assert refusal_of(fits + b" ").code is Code.TOO_LARGE


@pytest.mark.parametrize(
    "message",
    [
        {"type": "stop", "session_id": "s", "sha256": None},
        {"type": "stop", "session_id": "s", "end_offset": None},
        {"type": "stop", "session_id": "s", "end_offset": 1, "sha256": "ab"},
        {"type": "resume", "session_id": "s", "client": "x", "have_from": None, "last_segment": -1},
        {
            "type": "resume",
            "session_id": "s",
            "client": "22222222-2222-4222-8222-222222222222",
            "have_from": None,
            "last_segment": -2,
        },
        {"type": "renew"},
        {"type": "renew", "ticket": "x" * 257},
    ],
)
def test_what_must_be_there_must_be_there(message: dict[str, object]) -> None:
    """A field that may be null may still not be missing: a slip must not end a session early."""
    assert refusal_of(json.dumps(message).encode()).code is Code.BAD_MESSAGE


TEXT = st.text(max_size=10)  # small ones: what is long or deep has tests of its own, and takes long to make
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
KINDS = st.sampled_from(["start", "audio", "resume", "pause", "stop", "renew", "ping"])


@settings(max_examples=500, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["id", "session_id", "offset", "crc32", "data", "client", "have_from", "last_segment", "ticket"]
        ),
        JSON,
    ),
    KINDS,
)
def test_no_generated_message_breaks_the_reader(message: dict[str, Any], kind: str) -> None:
    """Whatever JSON comes, it is read or refused with a sentence that quotes nothing of it."""
    try:
        parse_client_message(json.dumps(message | {"type": kind}).encode())
    except Refusal as refusal:
        assert refusal.sentence.endswith(".")


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=2000))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    """Garbage is refused as garbage."""
    try:
        parse_client_message(body)
    except Refusal as refusal:
        assert refusal.code is Code.BAD_MESSAGE
