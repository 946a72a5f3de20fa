"""Take GOAWAY frames out of the bytes a peer sent, before `h2` sees them. Pure: no I/O.

A server that drains its connections says GOAWAY with an open stream and means it kindly: the stream may
finish. `h2` closes its whole connection on any GOAWAY (python-hyper/h2#1181), so it is not shown them. It
also collects the whole of a frame before it looks at its length, which is looked at here first.
"""

from __future__ import annotations

from dataclasses import dataclass

FRAME_HEADER_BYTES = 9  # RFC 9113, section 4.1
GOAWAY_TYPE = 0x7
GOAWAY_FIXED_BYTES = 8  # last stream id and error code; debug data may follow
MAX_FRAME_BYTES = 16_384  # the default SETTINGS_MAX_FRAME_SIZE, which we never raise


@dataclass(frozen=True, slots=True)
class GoAway:
    """The peer takes no new streams; those up to `last_stream_id` may finish."""

    last_stream_id: int
    error_code: int


class FrameTooLong(Exception):
    """A frame is longer than we allowed: the peer does not speak HTTP/2."""


class GoAwayFilter:
    """Follow the frame boundaries of one connection."""

    def __init__(self) -> None:
        self._held = b""  # the start of a frame that is not understood yet
        self._passing_bytes = 0  # what is still to come of a frame already let through

    def feed(self, data: bytes) -> tuple[bytes, list[GoAway]]:
        """Give the bytes without GOAWAY frames, and the GOAWAYs that were among them.

        Raises:
            FrameTooLong: this is no HTTP/2.
        """
        if self._held:
            data = self._held + data
            self._held = b""
        goaways: list[GoAway] = []
        kept: list[bytes] = []
        kept_from = 0
        position = self._passing_bytes
        size = len(data)
        while position + FRAME_HEADER_BYTES <= size:
            length = int.from_bytes(data[position : position + 3])
            if length > MAX_FRAME_BYTES:
                raise FrameTooLong
            end = position + FRAME_HEADER_BYTES + length
            if data[position + 3] == GOAWAY_TYPE and length >= GOAWAY_FIXED_BYTES:
                if end > size:
                    break
                kept.append(data[kept_from:position])
                goaways.append(_parse(data[position + FRAME_HEADER_BYTES : end]))
                kept_from = end
            position = end
        if position < size:
            self._held = data[position:]
            self._passing_bytes = 0
            kept.append(data[kept_from:position])
        else:
            self._passing_bytes = position - size
            if not kept:
                return data, goaways
            kept.append(data[kept_from:])
        return b"".join(kept), goaways


def _parse(body: bytes) -> GoAway:
    return GoAway(int.from_bytes(body[:4]) & 0x7FFF_FFFF, int.from_bytes(body[4:8]))
