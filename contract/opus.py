"""Opus on the wire: packets, each after its length; how long one lasts, and whether it is whole. Pure.

It reads the first bytes of a packet as RFC 6716, section 3 has them, and never decodes any sound.
"""

from __future__ import annotations

from collections.abc import Iterator

from contract.audio import OPUS_RATE_HZ

LENGTH_BYTES = 2  # unsigned, little-endian, before every packet
MAX_PACKET_BYTES = 0xFFFF
MAX_FRAME_BYTES = 1275
MAX_PACKET_SAMPLES = 120 * OPUS_RATE_HZ // 1000  # RFC 6716, R5
GRID_SAMPLES = 120  # 2.5 ms, the shortest frame: where packets begin and end is a multiple of it

# By the first five bits: SILK at three bandwidths, hybrid at two, CELT at four. RFC 6716, table 2.
_FRAME_SAMPLES = (480, 960, 1920, 2880) * 3 + (480, 960) * 2 + (120, 240, 480, 960) * 4
_MOST_SINGLE_BYTE_LENGTH = 251  # a longer frame has its length in two bytes
_SILENCE = b"\xff\xfe"  # what a CELT frame of digital silence codes to, whatever its length
_SILENT_FRAMES = ((960, b"\xf8"), (480, b"\xf0"), (240, b"\xe8"), (120, b"\xe0"))  # fullband, mono


class BadPackets(ValueError):
    """These bytes are no whole Opus packets."""


def packet_samples(packet: bytes) -> int:
    """Count the samples at 48 kHz that a packet lasts.

    Raises:
        BadPackets: it is not whole by RFC 6716, section 3.4.
    """
    if not packet:
        raise BadPackets("an empty packet")
    frame_samples = _FRAME_SAMPLES[packet[0] >> 3]
    rest = len(packet) - 1
    match packet[0] & 3:
        case 0:
            if rest > MAX_FRAME_BYTES:
                raise BadPackets("a frame too long")
            return frame_samples
        case 1:
            _split_evenly(rest, 2)
            return 2 * frame_samples
        case 2:
            length, coded_in = _frame_length(packet, 1)
            if rest < coded_in + length or rest - coded_in - length > MAX_FRAME_BYTES:
                raise BadPackets("two frames that do not fit")
            return 2 * frame_samples
        case _:
            return _counted_frames(packet) * frame_samples


def packets_in(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Give the packets of `data`, each with the samples that it lasts.

    Raises:
        BadPackets: a length or a packet is not whole; what came before has been given.
    """
    at = 0
    while at < len(data):
        body = at + LENGTH_BYTES
        end = body + int.from_bytes(data[at:body], "little")
        if end > len(data) or body > len(data):
            raise BadPackets("a packet is cut off")
        packet = data[body:end]
        yield packet, packet_samples(packet)
        at = end


def with_length(packet: bytes) -> bytes:
    """Put a packet's length before it."""
    return len(packet).to_bytes(LENGTH_BYTES, "little") + packet


def silence(samples: int) -> bytes:
    """Give packets, with their lengths, that decode to so many samples of silence.

    Raises:
        ValueError: it is no multiple of 120.
    """
    if samples % GRID_SAMPLES:
        raise ValueError("silence in Opus comes in multiples of 120 samples")
    found: list[bytes] = []
    for frame_samples, toc in _SILENT_FRAMES:
        count, samples = divmod(samples, frame_samples)
        found.append(with_length(toc + _SILENCE) * count)
    return b"".join(found)


def _counted_frames(packet: bytes) -> int:
    """Count the frames of a packet that says how many it has; check that they fill it."""
    if len(packet) < 2:
        raise BadPackets("no count of frames")
    count = packet[1] & 0x3F
    if not count or count * _FRAME_SAMPLES[packet[0] >> 3] > MAX_PACKET_SAMPLES:
        raise BadPackets("no frames, or more than 120 ms")
    at = 2
    end = len(packet)
    if packet[1] & 0x40:
        while True:
            if at >= end:
                raise BadPackets("padding cut off")
            padding = packet[at]
            at += 1
            end -= min(padding, 254)  # 255 is 254 bytes, and another length to come
            if padding < 255:
                break
    if packet[1] & 0x80:
        for _ in range(count - 1):
            length, coded_in = _frame_length(packet, at)
            at += coded_in
            end -= length
        if not 0 <= end - at <= MAX_FRAME_BYTES:
            raise BadPackets("frames that do not fit")
    else:
        _split_evenly(end - at, count)
    return count


def _split_evenly(size: int, count: int) -> None:
    if size < 0 or size % count or size // count > MAX_FRAME_BYTES:
        raise BadPackets("frames of one size that do not fit")


def _frame_length(packet: bytes, at: int) -> tuple[int, int]:
    """Read a frame's length; give it with the bytes that it is coded in."""
    coded = packet[at : at + 2]
    if coded and coded[0] <= _MOST_SINGLE_BYTE_LENGTH:
        return coded[0], 1
    if len(coded) < 2:
        raise BadPackets("a length cut off")
    return coded[0] + 4 * coded[1], 2
