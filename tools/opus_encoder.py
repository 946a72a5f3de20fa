"""Encode PCM at 48 kHz as Opus packets of 20 ms, as a browser would, with FFmpeg's libopus through PyAV."""

from __future__ import annotations

import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame

from contract.audio import OPUS_RATE_HZ, bytes_in
from contract.opus import with_length

PACKET_BYTES = bytes_in(OPUS_RATE_HZ // 50)


class OpusEncoder:
    """One session's encoder: signed 16-bit little-endian mono in, packets, each after its length, out."""

    def __init__(self, bits_per_s: int) -> None:
        """Encode at that bit rate on the average."""
        self._codec = AudioCodecContext.create("libopus", "w")
        self._codec.sample_rate, self._codec.layout, self._codec.format = OPUS_RATE_HZ, "mono", "s16"
        self._codec.bit_rate = bits_per_s
        self._codec.options = {"frame_duration": "20"}
        self._rest = b""

    def push(self, pcm: bytes) -> bytes:
        """Give the packets that are ready."""
        self._rest += pcm
        whole = len(self._rest) - len(self._rest) % PACKET_BYTES
        ready, self._rest = self._rest[:whole], self._rest[whole:]
        return b"".join(
            self._packets(ready[at : at + PACKET_BYTES]) for at in range(0, len(ready), PACKET_BYTES)
        )

    def flush(self) -> bytes:
        """Give what is left, filled up with silence, and one packet more with what the encoder held back."""
        return self.push(bytes(-len(self._rest) % PACKET_BYTES + PACKET_BYTES))

    def _packets(self, pcm: bytes) -> bytes:
        samples = np.frombuffer(pcm, "<i2").reshape(1, -1)
        frame = AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = OPUS_RATE_HZ
        return b"".join(with_length(bytes(packet)) for packet in self._codec.encode(frame))
