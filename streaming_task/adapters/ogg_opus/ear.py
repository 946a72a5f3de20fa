"""Tell whether Opus packets are loud, by decoding some of them with libsndfile."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from contract.audio import OPUS_RATE_HZ
from contract.opus import packets_in
from streaming_task.adapters.ogg_opus.stream import OggStream
from streaming_task.core.coding import LOUD

LISTEN_EVERY_SAMPLES = 2 * OPUS_RATE_HZ  # decoding it all would cost a task of 100 sessions a core


class OpusEar:
    """Listens to one session, now and then; in between it stands by what it heard last."""

    def __init__(self) -> None:
        self._is_loud = False
        self._deaf_for = 0  # samples

    def __call__(self, data: bytes) -> bool:
        """Tell whether packets, each after its length, are loud; what cannot be decoded is not."""
        packets = list(packets_in(data))
        if self._deaf_for <= 0:
            self._deaf_for = LISTEN_EVERY_SAMPLES
            self._is_loud = _peak(OggStream().write(packets, is_last=True)) > LOUD
        self._deaf_for -= sum(samples for _, samples in packets)
        return self._is_loud


def _peak(ogg: bytes) -> int:
    try:
        samples, _ = soundfile.read(io.BytesIO(ogg), dtype="int16")
    except soundfile.LibsndfileError:
        return 0
    return int(np.abs(samples.astype(np.int32)).max(initial=0))
