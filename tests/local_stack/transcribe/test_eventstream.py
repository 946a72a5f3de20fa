"""The wire format against the library's own reader and writer."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from amazon_transcribe.eventstream import (
    EventStreamBuffer,
    EventStreamMessageSerializer,
    Int8HeaderValue,
    Int16HeaderValue,
    Int64HeaderValue,
)

from local_stack.transcribe.eventstream import (
    Malformed,
    Reader,
    Timestamp,
    read_one,
    write_event,
    write_exception,
)


def test_every_type_of_header_is_read() -> None:
    """As the library writes them."""
    identity = uuid4()
    wire = EventStreamMessageSerializer().serialize(
        {
            "yes": True,
            "no": False,
            "byte": Int8HeaderValue(-3),
            "short": Int16HeaderValue(-300),
            "int": 70_000,
            "long": Int64HeaderValue(-(2**40)),
            "bytes": b"\x00\xff",
            "text": "héllo",
            "time": datetime(2026, 1, 1, tzinfo=UTC),
            "uuid": identity,
        },
        b"payload",
    )

    assert read_one(wire) == (
        {
            "yes": True,
            "no": False,
            "byte": -3,
            "short": -300,
            "int": 70_000,
            "long": -(2**40),
            "bytes": b"\x00\xff",
            "text": "héllo",
            "time": Timestamp(1_767_225_600_000),
            "uuid": identity.bytes,
        },
        b"payload",
    )


def test_what_is_written_the_library_reads() -> None:
    """Events and exceptions."""
    buffer = EventStreamBuffer()  # type: ignore[no-untyped-call]

    buffer.add_data(write_event("TranscriptEvent", {"a": "é"}) + write_exception("ConflictException", "no"))

    event, exception = list(buffer)
    assert (event.headers[":event-type"], event.payload) == ("TranscriptEvent", b'{"a": "\\u00e9"}')
    assert exception.headers[":message-type"] == "exception"
    assert exception.headers[":exception-type"] == "ConflictException"


@pytest.mark.parametrize("at", [0, 5, 9, 20, -1])
def test_a_changed_byte_is_malformed(at: int) -> None:
    """In the lengths, the headers, the payload or a checksum."""
    wire = bytearray(write_event("AudioEvent", {}))
    wire[at] ^= 0x10

    with pytest.raises(Malformed):
        list(Reader().feed(bytes(wire)))


@pytest.mark.parametrize("wire", [b"", write_event("A", {})[:-1], write_event("A", {}) * 2])
def test_one_message_is_exactly_one(wire: bytes) -> None:
    """What is nested in a signed event is one message, whole."""
    with pytest.raises(Malformed):
        read_one(wire)
