"""How a session's bytes lie on its clock: how long they last, and where they may be cut. Pure.

Everything else in the core counts samples, and leaves to this what their bytes are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from contract.audio import OPUS_BITS_PER_S, OPUS_RATE_HZ, Quality, bytes_in, samples_in
from contract.opus import GRID_SAMPLES, packets_in, silence, with_length

LOUD = 500  # about -36 dB of full scale: a voice at a desk is louder, a quiet room is not
LOOK_AT_EVERY = 32  # samples: speech is loud for long enough to be seen so


class Coding(Protocol):
    """What the core asks of a session's bytes; samples are counted from the bytes' own beginning."""

    grid: int  # samples: audio begins and ends at multiples of it

    def samples(self, data: bytes) -> int:
        """Count the samples that bytes last.

        Raises:
            ValueError: they are not whole, with a sentence for the client.
        """
        ...

    def samples_of_bytes(self, byte_count: int) -> int:
        """Say how many samples so many bytes usually are."""
        ...

    def cut(self, data: bytes, start: int, end: int) -> bytes:
        """Give the bytes of samples [start, end); of what cannot be cut there, what ends in (start, end]."""
        ...

    def cut_at(self, data: bytes, at: int) -> int:
        """Give the last sample up to `at` where the bytes may be cut."""
        ...

    def silence(self, samples: int) -> bytes:
        """Give silence of so many samples, which is a multiple of the grid."""
        ...

    def is_loud(self, data: bytes) -> bool:
        """Tell whether the bytes could be somebody speaking."""
        ...


class PcmCoding:
    """Signed 16-bit little-endian mono: cut anywhere."""

    grid = 1

    def samples(self, data: bytes) -> int:
        """Count the samples.

        Raises:
            ValueError: half a sample would be left over.
        """
        if len(data) % 2:
            raise ValueError("PCM audio must have an even number of bytes.")
        return samples_in(len(data))

    def samples_of_bytes(self, byte_count: int) -> int:
        """Count the samples of so many bytes."""
        return samples_in(byte_count)

    def cut(self, data: bytes, start: int, end: int) -> bytes:
        """Give samples [start, end)."""
        return data[bytes_in(start) : bytes_in(end)]

    def cut_at(self, data: bytes, at: int) -> int:
        """Give `at` itself."""
        return at

    def silence(self, samples: int) -> bytes:
        """Give zeros."""
        return bytes(bytes_in(samples))

    def is_loud(self, data: bytes) -> bool:
        """Look at a sample here and there."""
        looked_at = memoryview(data).cast("h")[::LOOK_AT_EVERY].tolist()
        return max(looked_at, default=0) > LOUD or min(looked_at, default=0) < -LOUD


class OpusCoding:
    """Opus packets, each after its length: cut between packets only."""

    grid = GRID_SAMPLES

    def __init__(self, is_loud: Callable[[bytes], bool]) -> None:
        """Ask somebody who can decode whether packets are loud."""
        self._is_loud = is_loud

    def samples(self, data: bytes) -> int:
        """Count the samples.

        Raises:
            ValueError: a length or a packet is not whole.
        """
        try:
            return sum(samples for _, samples in packets_in(data))
        except ValueError:
            raise ValueError("Opus audio must be whole packets, each after its length.") from None

    def samples_of_bytes(self, byte_count: int) -> int:
        """Take the bytes for packets of the highest quality."""
        return byte_count * 8 * OPUS_RATE_HZ // OPUS_BITS_PER_S[Quality.HIGH]

    def cut(self, data: bytes, start: int, end: int) -> bytes:
        """Give the packets that end in (start, end]: in any row of ranges, each comes once."""
        return b"".join(with_length(packet) for packet, until in _ends(data) if start < until <= end)

    def cut_at(self, data: bytes, at: int) -> int:
        """Give the last end of a packet up to `at`; 0 before the first."""
        return max((until for _, until in _ends(data) if until <= at), default=0)

    def silence(self, samples: int) -> bytes:
        """Give packets that decode to zeros."""
        return silence(samples)

    def is_loud(self, data: bytes) -> bool:
        """Tell what the decoder hears."""
        return self._is_loud(data)


def _ends(data: bytes) -> Iterator[tuple[bytes, int]]:
    at = 0
    for packet, samples in packets_in(data):
        at += samples
        yield packet, at


PCM = PcmCoding()
