"""A store with parts of one session, and what makes a recording of them."""

from __future__ import annotations

import hashlib
import json

from contract.audio import Encoding
from contract.object_keys import manifest_key, part_key, recording_key
from streaming_task.core.coding import PCM
from streaming_task.recordings import Format, Recordings
from tests.fakes.live_ports import FakeCompactor
from tests.fakes.ports import FakeAudioStore
from tests.streaming_task.bench import terms

TERMS = terms()


MANIFEST = manifest_key(TERMS.user_id, TERMS.session_id)


RECORDING = recording_key(TERMS.user_id, TERMS.session_id, TERMS.encoding)


class Shelf:
    """A store with parts of one session, and what makes a recording of them."""

    def __init__(self, *parts: tuple[int, bytes]) -> None:
        self.store = FakeAudioStore()
        self.compactor = FakeCompactor()
        self.recordings = Recordings(self.store, {Encoding.PCM: Format(PCM, self.compactor, "audio/flac")})
        self.parts = [self.add(start, data) for start, data in parts]

    def add(self, start: int, data: bytes) -> str:
        """Put a part there; give its key."""
        digest = hashlib.sha256(data).hexdigest()
        end = start + len(data) // 2
        key = part_key(TERMS.user_id, TERMS.session_id, start, end, digest, TERMS.encoding)
        self.store.objects[key] = data
        return key

    @classmethod
    def beside(cls, other: Shelf) -> Shelf:
        """Put another task before the same store."""
        shelf = cls()
        shelf.recordings = Recordings(other.store, {Encoding.PCM: Format(PCM, other.compactor, "audio/flac")})
        return shelf

    def manifest(self) -> dict[str, object]:
        """Give the manifest."""
        read = json.loads(self.store.objects[MANIFEST])
        assert isinstance(read, dict)
        return read


def pcm(first: int, count: int) -> bytes:
    """Make samples that tell where they belong."""
    return b"".join((first + index).to_bytes(2, "little") for index in range(count))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
