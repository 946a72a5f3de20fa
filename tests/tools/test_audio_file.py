"""A sound file of any rate and any number of channels becomes the PCM of one of the product's qualities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from contract.audio import PCM_RATE_HZ, Quality
from tools.audio_file import NotAudio, read_pcm


def written(folder: Path, rate_hz: int, *channels: list[int], name: str = "sound.wav") -> Path:
    """Write channels of samples as a file."""
    path = folder / name
    soundfile.write(path, np.array(channels, np.int16).T, rate_hz, subtype="PCM_16")
    return path


@pytest.mark.parametrize("quality", Quality)
def test_a_file_of_a_qualitys_own_rate_is_taken_as_it_is(tmp_path: Path, quality: Quality) -> None:
    """Not a sample is changed: a counter must come out as it went in."""
    samples = [0, 1, -1, 32_767, -32_768, 23_130]
    path = written(tmp_path, PCM_RATE_HZ[quality], samples)

    pcm, found = read_pcm(path, None)

    assert found is quality
    assert np.frombuffer(pcm, "<i2").tolist() == samples


def test_other_rates_become_medium(tmp_path: Path) -> None:
    """A second stays a second."""
    path = written(tmp_path, 44_100, [100] * 44_100)

    pcm, quality = read_pcm(path, None)

    assert quality is Quality.MEDIUM
    assert len(pcm) == 2 * 16_000


def test_a_quality_that_is_asked_for_is_made(tmp_path: Path) -> None:
    """Down from the file's own rate."""
    path = written(tmp_path, 16_000, [100] * 16_000)

    pcm, quality = read_pcm(path, Quality.LOW)

    assert quality is Quality.LOW
    assert len(pcm) == 2 * 8_000


def test_channels_are_mixed(tmp_path: Path) -> None:
    """Loud ones too: the mean of two full scales is one."""
    path = written(tmp_path, 16_000, [100, 32_767, -32_768], [300, 32_767, -32_768])

    pcm, _ = read_pcm(path, None)

    assert np.frombuffer(pcm, "<i2").tolist() == [200, 32_767, -32_768]


def test_flac_is_audio_too(tmp_path: Path) -> None:
    """What the product stores can be streamed again."""
    path = written(tmp_path, 16_000, [1, 2, 3], name="sound.flac")

    assert read_pcm(path, None) == (np.array([1, 2, 3], "<i2").tobytes(), Quality.MEDIUM)


@pytest.mark.parametrize("content", [b"", b"no sound at all"], ids=["empty", "text"])
def test_what_is_no_audio_is_said_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    """The file's name and what is wrong, whatever the library calls it."""
    path = tmp_path / "sound.wav"
    path.write_bytes(content)

    with pytest.raises(NotAudio, match=r"sound\.wav cannot be read as audio"):
        read_pcm(path, None)


@pytest.mark.parametrize("name", ["absent.wav", "."])
def test_what_is_no_file_is_not_called_bad_audio(tmp_path: Path, name: str) -> None:
    """Most often the name is mistyped."""
    with pytest.raises(NotAudio, match="there is no file "):
        read_pcm(tmp_path / name, None)
