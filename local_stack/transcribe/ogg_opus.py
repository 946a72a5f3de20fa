"""Unpack Opus in an Ogg container, as it comes, to PCM. No I/O; the decoder is FFmpeg's, through PyAV."""

from __future__ import annotations

from collections.abc import Iterator

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.resampler import AudioResampler

from local_stack.recognisers.counter_audio import counter_audio, counter_number

RATE_HZ = 48_000  # Opus always decodes at this rate
_CAPTURE = b"OggS"
_PAGE_HEADER_BYTES = 27
_CONTINUED = 0x01
_MAX_LACING = 255
_MAX_PACKET_BYTES = 65_536  # ours are under 2 KB; the format's own ceiling is near this
_HEADER_PACKETS = (b"OpusHead", b"OpusTags")


class BadOgg(ValueError):
    """These bytes are no Opus in Ogg."""


class OggPackets:
    """Cut a growing Ogg bitstream into packets."""

    def __init__(self) -> None:
        self._held = b""
        self._packet = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give the packets that are now whole.

        Raises:
            BadOgg: a page does not start where one must.
        """
        self._held += data
        while len(self._held) >= _PAGE_HEADER_BYTES:
            if not self._held.startswith(_CAPTURE):
                raise BadOgg("no page where one must start")
            segments = self._held[26]
            lacing = self._held[_PAGE_HEADER_BYTES : _PAGE_HEADER_BYTES + segments]
            body = _PAGE_HEADER_BYTES + segments
            end = body + sum(lacing)
            if len(lacing) < segments or len(self._held) < end:
                return
            if not self._held[5] & _CONTINUED:
                self._packet = b""
            page, self._held = self._held[body:end], self._held[end:]
            at = 0
            for size in lacing:
                self._packet += page[at : at + size]
                at += size
                if len(self._packet) > _MAX_PACKET_BYTES:
                    raise BadOgg("a packet without end")
                if size < _MAX_LACING:
                    packet, self._packet = self._packet, b""
                    yield packet


class OggOpusDecoder:
    """Decode one stream to s16le mono at 48 kHz; a packet of counter audio to its frame."""

    def __init__(self) -> None:
        self._packets = OggPackets()
        self._codec = AudioCodecContext.create("libopus", "r")
        self._mono = AudioResampler(format="s16", layout="mono", rate=RATE_HZ)

    def feed(self, data: bytes) -> bytes:
        """Give the PCM of the packets that are now whole.

        Raises:
            BadOgg: the container or a packet is not what it must be.
        """
        pcm = []
        try:
            for packet in self._packets.feed(data):
                if packet.startswith(_HEADER_PACKETS) or not packet:
                    continue
                if (number := counter_number(packet)) is not None:
                    pcm.append(counter_audio(RATE_HZ, number, 1))
                    continue
                for frame in self._codec.decode(av.Packet(packet)):
                    for mono in self._mono.resample(frame):
                        pcm.append(bytes(mono.planes[0])[: mono.samples * 2])
        except av.error.FFmpegError as error:
            raise BadOgg("an Opus packet that does not decode") from error
        return b"".join(pcm)
