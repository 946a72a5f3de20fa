"""Ogg pages, written and read (RFC 3533). Pure; it knows nothing of what the packets are."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CAPTURE = b"OggS"
CONTINUED, BEGINS, ENDS = 1, 2, 4  # flags of a page
MAX_LACING = 255
MAX_SEGMENTS = 255

_HEADER = struct.Struct("<4sBBqIIIB")  # capture, version, flags, granule, serial, number, CRC, segments
_CRC_AT = 22
# Ogg's CRC is zlib's with the bits of every byte, and of the outcome, the other way round, and no inversion.
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_NO_INVERSION = 0xFFFF_FFFF


class BadOgg(ValueError):
    """These bytes are no Ogg that is whole."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `granule` is the samples up to the end of its last packet."""

    flags: int
    granule: int
    number: int
    packets: tuple[bytes, ...]


def segments_of(packet: bytes) -> int:
    """Count the segments that a packet takes of a page's 255."""
    return len(packet) // MAX_LACING + 1


def write_page(packets: Sequence[bytes], *, flags: int, granule: int, serial: int, number: int) -> bytes:
    """Write whole packets, at most 255 segments of them, as one page."""
    lacing = b"".join(
        bytes([MAX_LACING]) * (len(packet) // MAX_LACING) + bytes([len(packet) % MAX_LACING])
        for packet in packets
    )
    header = _HEADER.pack(CAPTURE, 0, flags, granule, serial, number, 0, len(lacing))
    page = b"".join((header, lacing, *packets))
    return page[:_CRC_AT] + _crc32(page).to_bytes(4, "little") + page[_CRC_AT + 4 :]


def read_pages(data: bytes) -> Iterator[Page]:
    """Read pages of whole packets, as `write_page` makes them.

    Raises:
        BadOgg: something else comes; the pages before it have been given.
    """
    at = 0
    while at < len(data):
        if len(data) < at + _HEADER.size:
            raise BadOgg("a page is cut off")
        capture, version, flags, granule, _, number, crc, segments = _HEADER.unpack_from(data, at)
        lacing = data[at + _HEADER.size : at + _HEADER.size + segments]
        body = at + _HEADER.size + segments
        end = body + sum(lacing)
        if capture != CAPTURE or version or len(lacing) < segments or end > len(data):
            raise BadOgg("no whole page where one must be")
        page = data[at:end]
        if _crc32(page[:_CRC_AT] + bytes(4) + page[_CRC_AT + 4 :]) != crc:
            raise BadOgg("a page's CRC does not match")
        if flags & CONTINUED or (lacing and lacing[-1] == MAX_LACING):
            raise BadOgg("a packet over more than one page")
        yield Page(flags, granule, number, tuple(_packets(lacing, data, body)))
        at = end


def _packets(lacing: bytes, data: bytes, at: int) -> Iterator[bytes]:
    start = at
    for size in lacing:
        at += size
        if size < MAX_LACING:
            yield data[start:at]
            start = at


def _crc32(page: bytes) -> int:
    crc = zlib.crc32(page.translate(_REVERSED), _NO_INVERSION) ^ _NO_INVERSION
    return int.from_bytes(crc.to_bytes(4, "big").translate(_REVERSED), "little")
