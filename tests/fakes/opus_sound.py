"""Real Opus packets for tests, made and decoded by FFmpeg's libopus, which the product does not use."""

from __future__ import annotations

import io

import av
import numpy as np
import numpy.typing as npt
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame

from contract.audio import OPUS_RATE_HZ
from contract.opus import with_length

FRAME_SAMPLES = 960

Samples = npt.NDArray[np.int16]


def encoded(samples: Samples, bits_per_s: int = 32_000) -> list[bytes]:
    """Encode samples at 48 kHz, filled up to whole packets of 20 ms."""
    codec = AudioCodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format = OPUS_RATE_HZ, "mono", "s16"
    codec.bit_rate = bits_per_s
    codec.options = {"application": "audio", "frame_duration": "20"}
    filled = np.concatenate([samples, np.zeros(-len(samples) % FRAME_SAMPLES, np.int16)])
    packets: list[bytes] = []
    for block in filled.reshape(-1, 1, FRAME_SAMPLES):
        frame = AudioFrame.from_ndarray(block, format="s16", layout="mono")
        frame.sample_rate = OPUS_RATE_HZ
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets


def in_a_row(packets: list[bytes]) -> bytes:
    """Put packets in a row, each after its length."""
    return b"".join(with_length(packet) for packet in packets)


def decoded(ogg: bytes) -> Samples:
    """Decode an Ogg file as a player does."""
    with av.open(io.BytesIO(ogg), mode="r") as container:
        frames = [frame.to_ndarray().flatten() for frame in container.decode(audio=0)]
    samples = np.concatenate([np.zeros(0, np.float32), *frames])
    return np.asarray(np.rint(samples * 32_767).clip(-32_768, 32_767), np.int16)
