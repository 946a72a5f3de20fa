"""Messages come out of bytes however these were cut, and only if every checksum holds."""

from __future__ import annotations

import struct
from contextlib import suppress
from zlib import crc32

import pytest
from amazon_transcribe.eventstream import HEADERS_SERIALIZATION_DICT, EventStreamMessageSerializer
from hypothesis import given
from hypothesis import strategies as st

from local_stack.transcribe.eventstream import write_event, write_exception
from streaming_task.adapters.transcribe_medical.decoding import Message, MessageDecoder, Undecodable

WIRE = write_event("TranscriptEvent", {"a": 1}) + write_exception("ConflictException", "taken") * 2


@given(cuts=st.lists(st.integers(0, len(WIRE)), max_size=10).map(sorted))
def test_cuts_do_not_matter(cuts: list[int]) -> None:
    """HTTP/2 frames and messages have nothing to do with each other."""
    decoder = MessageDecoder()
    messages: list[Message] = []

    for start, end in zip([0, *cuts], [*cuts, len(WIRE)], strict=True):
        messages += decoder.feed(WIRE[start:end])

    assert [message.headers[":message-type"] for message in messages] == ["event", "exception", "exception"]
    assert messages[0].payload == b'{"a": 1}'
    assert decoder.is_between_messages


@given(at=st.integers(0, len(WIRE) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_never_becomes_a_message(at: int, bit: int) -> None:
    """It is refused, or still waited for; it is never believed."""
    flipped = bytearray(WIRE)
    flipped[at] ^= 1 << bit
    good = list(MessageDecoder().feed(WIRE))
    messages: list[Message] = []

    with suppress(Undecodable):
        for message in MessageDecoder().feed(bytes(flipped)):
            messages.append(message)

    assert messages == good[: len(messages)]
    assert len(messages) < len(good)


def test_headers_of_every_type_are_stepped_over() -> None:
    """Only strings are kept; a timestamp or a flag in between must not put the reader out of step."""
    headers: HEADERS_SERIALIZATION_DICT = {
        ":flag": True,
        ":count": 3,
        ":blob": b"\x00\x01",
        ":event-type": "TranscriptEvent",
    }
    wire = EventStreamMessageSerializer().serialize(headers, b"{}")

    assert next(MessageDecoder().feed(wire)).headers == {":event-type": "TranscriptEvent"}


@pytest.mark.parametrize("block", [b"\x05:da", b"\x01a\x63", b"\x01a\x07\x00\x09abc", b"\x01\xff\x00"])
def test_headers_that_make_no_sense_are_refused(block: bytes) -> None:
    """Cut short, of no known type, or not UTF-8."""
    prelude = struct.pack("!II", 16 + len(block), len(block))
    message = prelude + struct.pack("!I", crc32(prelude)) + block

    with pytest.raises(Undecodable):
        next(MessageDecoder().feed(message + struct.pack("!I", crc32(message))))


def test_an_absurd_length_is_refused_before_it_is_waited_for() -> None:
    """A good checksum over a bad length must not make us collect gigabytes."""
    prelude = struct.pack("!II", 2**31, 0)

    with pytest.raises(Undecodable):
        next(MessageDecoder().feed(prelude + struct.pack("!I", crc32(prelude))))
