"""Where audio lies in the bucket. Pure.

parts/{user}/{session}/{from:012d}-{to:012d}-{sha256[:16]}.{pcm|opus}   while it is recorded
recordings/{user}/{session}/manifest.json                               at sealing
recordings/{user}/{session}/recording.{flac|ogg}                        after compaction
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from contract.audio import Encoding

PARTS_PREFIX = "parts/"
RECORDINGS_PREFIX = "recordings/"

_PART_NAME = re.compile(r"(\d{12})-(\d{12})-([0-9a-f]{16})\.(pcm|opus)\Z")


@dataclass(frozen=True, slots=True)
class PartName:
    """What a part's key says of its bytes: samples [start, end) and the head of their SHA-256."""

    start: int
    end: int
    sha256_head: str


def parts_prefix(user_id: str, session_id: str) -> str:
    """Give the prefix of a session's parts."""
    return f"{PARTS_PREFIX}{user_id}/{session_id}/"


def part_key(user_id: str, session_id: str, start: int, end: int, sha256_hex: str, encoding: Encoding) -> str:
    """Give the key of the part that holds samples [start, end)."""
    prefix = parts_prefix(user_id, session_id)
    return f"{prefix}{start:012d}-{end:012d}-{sha256_hex[:16]}.{encoding}"


def parse_part_key(key: str) -> PartName:
    """Read a part's name back from its key.

    Raises:
        ValueError: the key is not a part's.
    """
    found = _PART_NAME.fullmatch(key.rpartition("/")[2])
    if not key.startswith(PARTS_PREFIX) or found is None:
        raise ValueError(f"not the key of a part: {len(key)} characters")
    return PartName(int(found[1]), int(found[2]), found[3])


def recording_prefix(user_id: str, session_id: str) -> str:
    """Give the prefix of a session's manifest and recording."""
    return f"{RECORDINGS_PREFIX}{user_id}/{session_id}/"


def manifest_key(user_id: str, session_id: str) -> str:
    """Give the key of a session's manifest."""
    return f"{recording_prefix(user_id, session_id)}manifest.json"


def recording_key(user_id: str, session_id: str, encoding: Encoding) -> str:
    """Give the key of a session's finished recording."""
    suffix = "flac" if encoding is Encoding.PCM else "ogg"
    return f"{recording_prefix(user_id, session_id)}recording.{suffix}"
