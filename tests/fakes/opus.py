"""Opus packets that a test can count: 20 ms each, with a number in them. Whole by the format, no sound."""

from __future__ import annotations

from contract.opus import with_length

PACKET_SAMPLES = 960
_TOC = b"\x78"  # hybrid, fullband, 20 ms, mono, one frame


def packet(number: int) -> bytes:
    """Make the packet of that number; its size tells it apart from its neighbours', too."""
    return _TOC + number.to_bytes(4, "big") + bytes(number % 7)


def packets(first: int, count: int) -> bytes:
    """Make packets in a row, each after its length."""
    return b"".join(with_length(packet(number)) for number in range(first, first + count))


def packet_number(packet: bytes) -> int:
    """Give the number of a packet, without its length."""
    return int.from_bytes(packet[1:5], "big")
