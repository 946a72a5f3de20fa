"""The wire format `application/vnd.amazon.eventstream`, both ways. Pure, and no code of any SDK."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zlib import crc32

PRELUDE_BYTES = 12
CRC_BYTES = 4
MAX_MESSAGE_BYTES = 16 * 1024 * 1024


class Malformed(Exception):
    """These bytes are no event stream message."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A header value of type 8: milliseconds since 1970."""

    milliseconds: int


HeaderValue = bool | int | bytes | str | Timestamp
_FIXED_BYTES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_BYTES_TYPE = 6
_STRING_TYPE = 7


class Reader:
    """Cut a growing run of bytes into messages of headers and payload."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[dict[str, HeaderValue], bytes]]:
        """Give the messages that are now whole.

        Raises:
            Malformed: a checksum, a length or a header is wrong.
        """
        self._held += data
        while len(self._held) >= PRELUDE_BYTES:
            total, headers_bytes, prelude_crc = struct.unpack_from("!III", self._held)
            if crc32(self._held[: PRELUDE_BYTES - CRC_BYTES]) != prelude_crc:
                raise Malformed("prelude checksum mismatch")
            if not PRELUDE_BYTES + headers_bytes + CRC_BYTES <= total <= MAX_MESSAGE_BYTES:
                raise Malformed("impossible lengths")
            if len(self._held) < total:
                return
            message = bytes(self._held[:total])
            del self._held[:total]
            if crc32(message[:-CRC_BYTES]) != int.from_bytes(message[-CRC_BYTES:]):
                raise Malformed("message checksum mismatch")
            body = PRELUDE_BYTES + headers_bytes
            yield read_headers(message[PRELUDE_BYTES:body]), message[body:-CRC_BYTES]


def read_one(data: bytes) -> tuple[dict[str, HeaderValue], bytes]:
    """Read exactly one message.

    Raises:
        Malformed: it is not one, or not one alone.
    """
    messages = list(Reader().feed(data))
    if len(messages) != 1:
        raise Malformed("not one message")
    return messages[0]


def read_headers(block: bytes) -> dict[str, HeaderValue]:
    """Read a block of headers.

    Raises:
        Malformed: a header is cut short, repeated or of no known type.
    """
    headers: dict[str, HeaderValue] = {}
    rest = memoryview(block)
    try:
        while rest:
            name_bytes = rest[0]
            name = bytes(rest[1 : 1 + name_bytes]).decode()
            kind = rest[1 + name_bytes]
            rest = rest[2 + name_bytes :]
            if kind in (_BYTES_TYPE, _STRING_TYPE):
                size = int.from_bytes(rest[:2])
                rest = rest[2:]
            else:
                size = _FIXED_BYTES[kind]
            value = bytes(rest[:size])
            if len(value) != size or name in headers:
                raise Malformed("a header is cut short or repeated")
            rest = rest[size:]
            headers[name] = _value(kind, value)
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise Malformed("unreadable headers") from error
    return headers


def _value(kind: int, value: bytes) -> HeaderValue:
    match kind:
        case 0 | 1:
            return kind == 0
        case 2 | 3 | 4 | 5:
            return int.from_bytes(value, signed=True)
        case 7:
            return value.decode()
        case 8:
            return Timestamp(int.from_bytes(value, signed=True))
        case _:
            return value


def write_message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Write a message whose headers are all strings."""
    block = b""
    for name, value in headers.items():
        encoded = value.encode()
        block += struct.pack("!B", len(name)) + name.encode()
        block += struct.pack("!BH", _STRING_TYPE, len(encoded)) + encoded
    prelude = struct.pack("!II", PRELUDE_BYTES + len(block) + len(payload) + CRC_BYTES, len(block))
    prelude += struct.pack("!I", crc32(prelude))
    message = prelude + block + payload
    return message + struct.pack("!I", crc32(message))


def write_event(event_type: str, body: object) -> bytes:
    """Write an event with a JSON body."""
    headers = {":message-type": "event", ":event-type": event_type, ":content-type": "application/json"}
    return write_message(headers, json.dumps(body).encode())


def write_exception(name: str, message: str) -> bytes:
    """Write a modelled exception."""
    headers = {":message-type": "exception", ":exception-type": name, ":content-type": "application/json"}
    return write_message(headers, json.dumps({"Message": message}).encode())
