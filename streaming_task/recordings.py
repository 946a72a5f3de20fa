"""From parts to a manifest to one recording: what is stored, read back in order."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from dataclasses import dataclass

from contract.audio import bytes_in
from contract.object_keys import manifest_key, parts_prefix, recording_key
from streaming_task.core.ownership import SessionTerms
from streaming_task.ports import AudioStore, Compactor, StoredPart, Unavailable

_log = logging.getLogger(__name__)

Gaps = tuple[tuple[int, int], ...]
COMPACT_ATTEMPTS = 5
COMPACT_RETRY_S = 5.0


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one part gives to the recording: samples [start, end), of which none is another's."""

    part: StoredPart
    start: int
    end: int


class Recordings:
    """Seals and compacts the audio of sessions; one compaction at a time, as it holds a whole recording."""

    def __init__(self, audio: AudioStore, compactor: Compactor) -> None:
        self._audio = audio
        self._compactor = compactor
        self._compacting = asyncio.Semaphore(1)

    async def read(self, terms: SessionTerms, start: int, end: int) -> bytes:
        """Read stored samples [start, end); what no part holds is silence.

        Raises:
            Unavailable: the store did not answer well.
        """
        recording = await self._audio.read(recording_key(terms.user_id, terms.session_id, terms.encoding))
        if recording is not None:  # first: once it is there, parts go
            pcm = await asyncio.to_thread(self._compactor.decode, recording)
            return pcm[bytes_in(start) : bytes_in(end)]
        found: list[bytes] = []
        at = start
        for piece in _pieces(await self._parts(terms)):
            if piece.end <= at or piece.start >= end:
                continue
            found.append(bytes(bytes_in(piece.start - at)) if piece.start > at else b"")
            since, until = max(piece.start, at), min(piece.end, end)
            found.append(await self._read(piece, since, until))
            at = until
        found.append(bytes(bytes_in(end - at)))
        return b"".join(found)

    async def seal(self, terms: SessionTerms, end: int, gaps: Gaps, sha256: str | None) -> str:
        """Write the manifest; give the hash of the stored bytes in order.

        Raises:
            Unavailable: the store did not answer well; the same call again is safe.
        """
        pieces = _pieces(await self._parts(terms), end)
        if sha256 is None:
            digest = hashlib.sha256()
            for piece in pieces:
                digest.update(await self._read(piece, piece.start, piece.end))
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

    async def compact(self, terms: SessionTerms, end: int, sha256: str, *, may_delete: bool) -> bool:
        """Make one recording of the parts, then delete them; False: they had to be kept."""
        made_of: list[str] | None = None
        async with self._compacting:
            for attempt in range(COMPACT_ATTEMPTS):
                if attempt:
                    await asyncio.sleep(COMPACT_RETRY_S)
                try:
                    # Once made it is not made again: a deletion that failed half-way has left too few parts.
                    if made_of is None:
                        made_of = await self._make(terms, end, sha256)
                    if made_of is None or not may_delete:
                        return False
                    await self._audio.delete(made_of)
                except Unavailable as error:
                    _log.warning(
                        "Session recording not compacted yet",
                        extra={"session_id": terms.session_id, "code": error.code},
                    )
                else:
                    return True
        return False

    async def _make(self, terms: SessionTerms, end: int, sha256: str) -> list[str] | None:
        """Write the recording; give the keys of all parts it stands for, None if it cannot be made."""
        parts = await self._parts(terms)
        pieces = _pieces(parts, end)
        digest = hashlib.sha256()
        pcm = bytearray(bytes_in(end))  # a gap is silence of its length
        for piece in pieces:
            data = await self._read(piece, piece.start, piece.end)
            digest.update(data)
            pcm[bytes_in(piece.start) : bytes_in(piece.end)] = data
        if digest.hexdigest() != sha256:
            _log.error("Session parts differ from their seal: kept", extra={"session_id": terms.session_id})
            return None
        try:
            flac = await asyncio.to_thread(self._compactor.encode, pcm, terms.sample_rate_hz)
        except ValueError:
            _log.error("Session recording differs from its parts", extra={"session_id": terms.session_id})
            return None
        key = recording_key(terms.user_id, terms.session_id, terms.encoding)
        await self._audio.put(key, flac, "audio/flac")
        return [part.key for part in parts]  # those of two owners overlap: some give nothing

    async def _parts(self, terms: SessionTerms) -> list[StoredPart]:
        return await self._audio.list_parts(parts_prefix(terms.user_id, terms.session_id))

    async def _read(self, piece: _Piece, start: int, end: int) -> bytes:
        data = await self._audio.read(piece.part.key)
        if data is None:
            raise Unavailable("PartMissing")
        return data[bytes_in(start - piece.part.start) : bytes_in(end - piece.part.start)]


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
