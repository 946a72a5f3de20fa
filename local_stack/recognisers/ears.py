"""Turn PCM of any rate and any cut into the windows that the models hear. No model, no thread."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import soxr

from contract.audio import BYTES_PER_SAMPLE
from local_stack.recognisers.segmenter import HEARING_RATE_HZ, WINDOW_SAMPLES, Samples

_FULL_SCALE = 32768.0


class Ears:
    """Resample one stream to HEARING_RATE_HZ and cut it into windows."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._resampler = (
            None
            if sample_rate_hz == HEARING_RATE_HZ
            else soxr.ResampleStream(sample_rate_hz, HEARING_RATE_HZ, 1, dtype="float32")
        )
        self._odd = b""
        self._rest: Samples = np.zeros(0, np.float32)

    def windows(self, pcm: bytes) -> Iterator[Samples]:
        """Give the windows that this audio completes."""
        pcm = self._odd + pcm
        whole = len(pcm) - len(pcm) % BYTES_PER_SAMPLE
        self._odd = pcm[whole:]
        samples = np.frombuffer(pcm[:whole], dtype="<i2").astype(np.float32) / _FULL_SCALE
        return self._cut(samples, is_last=False)

    def last_windows(self) -> Iterator[Samples]:
        """Give what is left, filled up with silence to a whole window."""
        yield from self._cut(np.zeros(0, np.float32), is_last=True)
        if len(self._rest):
            yield np.pad(self._rest, (0, WINDOW_SAMPLES - len(self._rest)))

    def _cut(self, samples: Samples, *, is_last: bool) -> Iterator[Samples]:
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples, last=is_last)
        heard = np.concatenate([self._rest, samples])
        whole = len(heard) - len(heard) % WINDOW_SAMPLES
        self._rest = heard[whole:]
        yield from heard[:whole].reshape(-1, WINDOW_SAMPLES)
