"""Read a sound file as the PCM of one of the product's qualities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import soxr

from contract.audio import PCM_RATE_HZ, Quality


class NotAudio(Exception):
    """The file cannot be read as audio."""


def read_pcm(path: Path, quality: Quality | None) -> tuple[bytes, Quality]:
    """Give s16le mono and its quality; None: the quality of the file's own rate, or medium.

    Raises:
        NotAudio: there is no such file, or it holds no audio that can be read.
    """
    if not path.is_file():
        raise NotAudio(f"there is no file {path}")
    try:
        samples, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise NotAudio(f"{path} cannot be read as audio") from error
    if quality is None:
        matching = [level for level, level_hz in PCM_RATE_HZ.items() if level_hz == rate_hz]
        quality = matching[0] if matching else Quality.MEDIUM
    mono = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1).astype(np.int16)
    if rate_hz != PCM_RATE_HZ[quality]:
        mono = soxr.resample(mono, rate_hz, PCM_RATE_HZ[quality])
    return mono.astype("<i2").tobytes(), quality
