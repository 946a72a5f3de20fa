"""Write Opus packets as an Ogg bitstream while they come (RFC 7845)."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from contract.audio import OPUS_RATE_HZ
from contract.opus import packets_in
from streaming_task.adapters.ogg_opus.pages import BEGINS, ENDS, MAX_SEGMENTS, segments_of, write_page

HEAD, TAGS = b"OpusHead", b"OpusTags"
VENDOR = b"seva-arogya"
SERIAL = 1  # there is one bitstream
PRE_SKIP = 0  # the recording is the session's clock, sample for sample; the encoder's 6.5 ms of delay stay
_HEAD = struct.Struct("<8sBBHIhB")  # version, channels, pre-skip, input's rate, gain, mapping


class OggStream:
    """Implements `StreamCoder`: headers first, then one page for whatever is pushed at once."""

    def __init__(self) -> None:
        """Begin a bitstream; every recognition stream needs one of its own."""
        self._samples = 0
        self._pages = 0

    def push(self, data: bytes) -> bytes:
        """Give the pages of packets, each of which comes after its length.

        Raises:
            ValueError: they are not whole.
        """
        return self.write(packets_in(data), is_last=False)

    def flush(self) -> bytes:
        """Give nothing: no packet is held back, and the end of the event stream is the end."""
        return b""

    def write(self, packets: Iterable[tuple[bytes, int]], *, is_last: bool) -> bytes:
        """Write packets, each with its samples; `is_last`: the bitstream ends with them."""
        pages = [] if self._pages else self._headers()
        room = MAX_SEGMENTS
        page: list[bytes] = []
        for packet, samples in packets:
            if segments_of(packet) > room:
                pages.append(self._page(page, 0))
                page, room = [], MAX_SEGMENTS
            page.append(packet)
            room -= segments_of(packet)
            self._samples += samples
        if page or is_last:
            pages.append(self._page(page, ENDS if is_last else 0))
        return b"".join(pages)

    def _headers(self) -> list[bytes]:
        head = _HEAD.pack(HEAD, 1, 1, PRE_SKIP, OPUS_RATE_HZ, 0, 0)
        tags = TAGS + len(VENDOR).to_bytes(4, "little") + VENDOR + bytes(4)  # and no comments
        return [self._page([head], BEGINS), self._page([tags], 0)]

    def _page(self, packets: list[bytes], flags: int) -> bytes:
        page = write_page(packets, flags=flags, granule=self._samples, serial=SERIAL, number=self._pages)
        self._pages += 1
        return page
