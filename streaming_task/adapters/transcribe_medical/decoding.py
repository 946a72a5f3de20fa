"""Cut what the service sent into event stream messages. Pure: bytes in, messages out."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

PRELUDE_BYTES = 12
TRAILER_BYTES = 4
MAX_MESSAGE_BYTES = 16 * 1024 * 1024  # the format's own limit
_PRELUDE = struct.Struct("!III")
_CRC = struct.Struct("!I")
_STRING_TYPE = 7
# How many bytes a value of each type takes; None: a 16-bit length stands before it.
_VALUE_BYTES: dict[int, int | None] = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 6: None, 7: None, 8: 8, 9: 16}
_REMEMBERED_BLOCKS = 16  # a stream repeats a handful of header blocks


class Undecodable(Exception):
    """These bytes are no event stream."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message; of its headers, those whose values are strings."""

    headers: dict[str, str]
    payload: bytes


class MessageDecoder:
    """Collect one stream's bytes until they make whole messages."""

    def __init__(self) -> None:
        self._pending = b""
        self._blocks: dict[bytes, dict[str, str]] = {}

    @property
    def is_between_messages(self) -> bool:
        """Say whether nothing is left over: a good end comes only here."""
        return not self._pending

    def feed(self, data: bytes) -> Iterator[Message]:
        """Give the messages that these bytes complete; those before a bad one come first.

        Raises:
            Undecodable: a checksum or a length is wrong. So will every later call.
        """
        data = self._pending + data if self._pending else data
        start = 0
        try:
            while len(data) - start >= PRELUDE_BYTES:
                total, headers_bytes, prelude_crc = _PRELUDE.unpack_from(data, start)
                if crc32(data[start : start + PRELUDE_BYTES - TRAILER_BYTES]) != prelude_crc:
                    raise Undecodable("prelude checksum")
                if not headers_bytes + PRELUDE_BYTES + TRAILER_BYTES <= total <= MAX_MESSAGE_BYTES:
                    raise Undecodable("lengths")
                if len(data) - start < total:
                    break
                end = start + total - TRAILER_BYTES
                if crc32(data[start:end]) != _CRC.unpack_from(data, end)[0]:
                    raise Undecodable("message checksum")
                body = start + PRELUDE_BYTES + headers_bytes
                headers = self._headers(data[start + PRELUDE_BYTES : body])
                start += total
                yield Message(headers, data[body:end])
        finally:
            self._pending = data[start:]

    def _headers(self, block: bytes) -> dict[str, str]:
        known = self._blocks.get(block)
        if known is None:
            known = _parse_headers(block)
            if len(self._blocks) < _REMEMBERED_BLOCKS:
                self._blocks[block] = known
        return known


def _parse_headers(block: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    at = 0
    try:
        while at < len(block):
            name_end = at + 1 + block[at]
            name = block[at + 1 : name_end].decode()
            kind = block[name_end]
            at = name_end + 1
            size = _VALUE_BYTES[kind]
            if size is None:
                size = int.from_bytes(block[at : at + 2])
                at += 2
            if kind == _STRING_TYPE:
                headers[name] = block[at : at + size].decode()
            at += size
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise Undecodable("headers") from error
    if at != len(block):
        raise Undecodable("headers")
    return headers
