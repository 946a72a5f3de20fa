"""From parts to a manifest to one recording: what is stored, read back in order."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from contract.audio import Encoding, Ranges
from contract.object_keys import manifest_key, parts_prefix, recording_key
from streaming_task.core.coding import Coding
from streaming_task.core.ownership import SessionTerms
from streaming_task.ports import AudioStore, Compactor, StoredPart, Unavailable

_log = logging.getLogger(__name__)

PART_READS = 5  # of hundreds of parts one or another fails: that must not be the end of all
PART_READ_AGAIN_S = 0.1  # doubled each time


@dataclass(frozen=True, slots=True)
class Format:
    """How the audio of one encoding is kept."""

    coding: Coding
    compactor: Compactor
    content_type: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one part gives to the recording: samples [start, end), of which none is another's."""

    part: StoredPart
    start: int
    end: int


class Recordings:
    """Seals and compacts the audio of sessions; one compaction at a time, as it holds a whole recording."""

    def __init__(self, audio: AudioStore, formats: Mapping[Encoding, Format]) -> None:
        self._audio = audio
        self._formats = formats
        self._compacting = asyncio.Semaphore(1)

    async def read(self, terms: SessionTerms, start: int, end: int) -> tuple[int, bytes]:
        """Read stored samples [start, end); what no part holds is silence. Give where they begin, and them.

        They begin at the last sample up to `start`, and end at the last up to `end`, where they can be cut.

        Raises:
            Unavailable: the store did not answer well.
        """
        recording = await self._audio.read(recording_key(terms.user_id, terms.session_id, terms.encoding))
        kept = self._formats[terms.encoding]
        coding = kept.coding
        if recording is not None:  # first: once it is there, parts go
            audio = await asyncio.to_thread(kept.compactor.decode, recording)
            start = coding.cut_at(audio, start)
            return start, coding.cut(audio, start, end)
        found: list[bytes] = []
        start -= start % coding.grid
        at = start
        for piece in _pieces(await self._parts(terms)):
            if piece.end <= at or piece.start >= end:
                continue
            data = await self._data(piece.part)
            if piece.start > at:
                found.append(coding.silence(piece.start - at))
            elif not found:
                at = start = piece.part.start + coding.cut_at(data, at - piece.part.start)
            since, until = max(piece.start, at), min(piece.end, end)
            found.append(coding.cut(data, since - piece.part.start, until - piece.part.start))
            at = until
        found.append(coding.silence(end - end % coding.grid - at) if end > at else b"")
        return start, b"".join(found)

    async def seal(self, terms: SessionTerms, end: int, gaps: Ranges, sha256: str | None) -> str:
        """Write the manifest; give the hash of the stored bytes in order.

        Raises:
            Unavailable: the store did not answer well; the same call again is safe.
        """
        pieces = _pieces(await self._parts(terms), end)
        if sha256 is None:
            digest = hashlib.sha256()
            for piece in pieces:
                digest.update(await self._read(terms, piece))
            sha256 = digest.hexdigest()
        manifest = {
            "session_id": terms.session_id,
            "encoding": terms.encoding,
            "sample_rate": terms.sample_rate_hz,
            "samples": end,
            "sha256": sha256,
            "gaps": gaps,
            "parts": [
                {
                    "key": piece.part.key,
                    "from": piece.start,
                    "to": piece.end,
                    "sha256_head": piece.part.sha256_head,
                }
                for piece in pieces
            ],
        }
        key = manifest_key(terms.user_id, terms.session_id)
        await self._audio.put(key, json.dumps(manifest).encode(), "application/json")
        return sha256

    async def compact(
        self, terms: SessionTerms, end: int, gaps: Ranges, sha256: str, *, may_delete: bool
    ) -> bool:
        """Make one recording of the parts, then delete them; False: they are to be kept.

        Any task may do this again, or at the same time: no part goes before the recording that is in the
        store has proven to hold what was sealed.

        Raises:
            Unavailable: the store did not answer well; the same call again is safe.
        """
        key = recording_key(terms.user_id, terms.session_id, terms.encoding)
        async with self._compacting:
            parts = await self._parts(terms)
            there = await self._audio.read(key)
            made: bytes | None = None
            if there is None:
                made = await self._make(terms, parts, end, sha256)
                if made is None:
                    return False
                await self._audio.put(key, made, self._formats[terms.encoding].content_type)
                there = await self._audio.read(key)  # another's may have been first
            if there is None:
                raise Unavailable("RecordingMissing")
            # What was made here has proven itself already.
            if there != made and not await asyncio.to_thread(
                self._is_sealed, terms, there, end, gaps, sha256
            ):
                about = {"session_id": terms.session_id}
                _log.error("Session recording differs from its seal: parts kept", extra=about)
                return False
            if may_delete:  # those of two owners overlap: some gave nothing to the recording
                await self._audio.delete([part.key for part in parts])
        return may_delete

    async def _make(
        self, terms: SessionTerms, parts: list[StoredPart], end: int, sha256: str
    ) -> bytes | None:
        """Code the parts as one recording; None: it cannot be made of them."""
        digest = hashlib.sha256()
        kept = self._formats[terms.encoding]
        audio = bytearray()
        at = 0
        for piece in _pieces(parts, end):
            data = await self._read(terms, piece)
            digest.update(data)
            audio += kept.coding.silence(piece.start - at)  # a gap is silence of its length
            audio += data
            at = piece.end
        audio += kept.coding.silence(end - at)
        if digest.hexdigest() != sha256:
            _log.error("Session parts differ from their seal: kept", extra={"session_id": terms.session_id})
            return None
        try:
            return await asyncio.to_thread(kept.compactor.encode, audio, terms.sample_rate_hz)
        except ValueError:
            _log.error("Session recording differs from its parts", extra={"session_id": terms.session_id})
            return None

    def _is_sealed(self, terms: SessionTerms, recording: bytes, end: int, gaps: Ranges, sha256: str) -> bool:
        """Tell whether a recording holds the bytes that were sealed, whose hash leaves the gaps out."""
        kept = self._formats[terms.encoding]
        try:
            audio = kept.compactor.decode(recording)
        except ValueError:
            return False
        digest = hashlib.sha256()
        at = 0
        for start, until in (*gaps, (end, end)):
            digest.update(kept.coding.cut(audio, at, start))
            at = until
        return kept.coding.samples(audio) == end and digest.hexdigest() == sha256

    async def _parts(self, terms: SessionTerms) -> list[StoredPart]:
        return await self._audio.list_parts(parts_prefix(terms.user_id, terms.session_id))

    async def _read(self, terms: SessionTerms, piece: _Piece) -> bytes:
        data = await self._data(piece.part)
        at = piece.part.start
        return self._formats[terms.encoding].coding.cut(data, piece.start - at, piece.end - at)

    async def _data(self, part: StoredPart) -> bytes:
        data = await self._read_again_and_again(part.key)
        if data is None:
            raise Unavailable("PartMissing")
        return data

    async def _read_again_and_again(self, key: str) -> bytes | None:
        for failures in range(PART_READS - 1):
            try:
                return await self._audio.read(key)
            except Unavailable:
                await asyncio.sleep(PART_READ_AGAIN_S * 2.0**failures)
        return await self._audio.read(key)


def _pieces(parts: list[StoredPart], end: int | None = None) -> list[_Piece]:
    """Cut the parts so that no sample comes twice, in order."""
    pieces: list[_Piece] = []
    at = 0
    for part in sorted(parts, key=lambda part: (part.start, part.key)):
        until = part.end if end is None else min(part.end, end)
        if until > at:
            pieces.append(_Piece(part, max(at, part.start), until))
            at = until
    return pieces
