"""Code a recording as FLAC with libsndfile, and believe it only once it has decoded to the same samples."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import soundfile

SAMPLE = np.dtype("<i2")
BLOCK_SAMPLES = 1_000_000  # at a time: a recording of 30 min at 48 kHz is 173 MB, and is not held twice


class FlacCompactor:
    """Implements `Compactor`. Costs about 1 ms of CPU a second of audio at 48 kHz, both ways together."""

    def encode(self, audio: bytes | bytearray, sample_rate_hz: int) -> bytes:
        """Code s16le mono as FLAC and check that it decodes to the same samples. Blocking: run in a thread.

        Raises:
            ValueError: what it decodes to is not what went in.
        """
        if not audio:
            return _empty(sample_rate_hz)
        samples = np.frombuffer(audio, SAMPLE)
        coded = io.BytesIO()
        with soundfile.SoundFile(
            coded, "w", samplerate=sample_rate_hz, channels=1, format="FLAC", subtype="PCM_16"
        ) as file:
            for first in range(0, len(samples), BLOCK_SAMPLES):
                file.write(samples[first : first + BLOCK_SAMPLES])
        coded.seek(0)
        _check(coded, samples)
        return coded.getvalue()

    def decode(self, recording: bytes) -> bytes:
        """Give the s16le mono of a recording. Blocking: run in a thread.

        Raises:
            ValueError: it is none.
        """
        if recording.startswith(b"fLaC\x80"):  # the last block comes first: there is no audio after it
            return b""
        try:
            samples, _ = soundfile.read(io.BytesIO(recording), dtype="int16")
        except soundfile.LibsndfileError as error:
            raise ValueError("not a FLAC that can be read") from error
        return bytes(samples.astype(SAMPLE).tobytes())


def _check(coded: io.BytesIO, samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> None:
    with soundfile.SoundFile(coded) as file:
        at = 0
        while len(block := file.read(BLOCK_SAMPLES, dtype="int16")):
            if not np.array_equal(block, samples[at : at + len(block)]):
                raise ValueError("the FLAC decodes to other samples")
            at += len(block)
    if at != len(samples):
        raise ValueError(f"the FLAC decodes to {at} samples of {len(samples)}")


def _empty(sample_rate_hz: int) -> bytes:
    # libsndfile writes nothing at all for no samples. This is the format's one obligatory block, STREAMINFO:
    # block and frame sizes, then rate, channels - 1, bits - 1 and length packed in 64 bits, then an MD5.
    sizes = (4_096).to_bytes(2, "big") * 2 + bytes(6)
    packed = (sample_rate_hz << 44 | 15 << 36).to_bytes(8, "big")
    block = sizes + packed + hashlib.md5(b"", usedforsecurity=False).digest()
    return b"fLaC\x80" + len(block).to_bytes(3, "big") + block
