"""Keys are what a new owner rebuilds a session from, so they must read back as they were written."""

from __future__ import annotations

import pytest

from contract.audio import Encoding
from contract.object_keys import (
    PartName,
    manifest_key,
    parse_part_key,
    part_key,
    parts_prefix,
    recording_key,
)

SHA = "0123456789abcdef" * 4


def test_a_parts_key_reads_back() -> None:
    """Range and hash are in the name: the bucket alone says what is durable."""
    key = part_key("user", "session", 16_000, 48_000, SHA, Encoding.PCM)

    assert key == "parts/user/session/000000016000-000000048000-0123456789abcdef.pcm"
    assert key.startswith(parts_prefix("user", "session"))
    assert parse_part_key(key) == PartName(16_000, 48_000, "0123456789abcdef")


@pytest.mark.parametrize(
    "key",
    [
        "recordings/user/session/manifest.json",
        "parts/user/session/1-2-0123456789abcdef.pcm",
        "parts/user/session/000000016000-000000048000-0123456789abcdef.wav",
        "other/000000016000-000000048000-0123456789abcdef.pcm",
    ],
)
def test_another_key_is_no_part(key: str) -> None:
    """A stray object under the prefix is refused, not guessed at."""
    with pytest.raises(ValueError, match="not the key of a part"):
        parse_part_key(key)


def test_the_recording_lies_beside_its_manifest() -> None:
    """FLAC for PCM, Ogg for Opus."""
    assert manifest_key("u", "s") == "recordings/u/s/manifest.json"
    assert recording_key("u", "s", Encoding.PCM) == "recordings/u/s/recording.flac"
    assert recording_key("u", "s", Encoding.OPUS) == "recordings/u/s/recording.ogg"
