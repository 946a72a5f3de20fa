"""The command line's encoder gives packets of 20 ms, and loses no sample at the end."""

from __future__ import annotations

import numpy as np
import pytest

from contract.opus import packets_in
from streaming_task.adapters.ogg_opus import OggCompactor
from tests.fakes.opus_sound import decoded
from tools.opus_encoder import OpusEncoder

RATE_HZ = 48_000


@pytest.mark.parametrize("chunk_samples", [1, 960, 4_800, 48_000])
def test_packets_are_whole_however_the_sound_was_cut(chunk_samples: int) -> None:
    """A burst at the very end is still in the last packets, which an encoder holds back."""
    sound = np.zeros(4_900, np.int16)
    sound[-200:] = 10_000
    pcm = sound.astype("<i2").tobytes()
    encoder = OpusEncoder(96_000)

    parts = [encoder.push(pcm[at : at + 2 * chunk_samples]) for at in range(0, len(pcm), 2 * chunk_samples)]
    packets = b"".join([*parts, encoder.flush()])

    assert [samples for _, samples in packets_in(packets)] == [960] * 7
    heard = decoded(OggCompactor().encode(packets, RATE_HZ))
    assert int(np.abs(heard).argmax()) >= 4_700
