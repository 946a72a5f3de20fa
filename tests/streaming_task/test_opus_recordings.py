"""Packets of Opus are one recording in Ogg, cut only where they can be."""

from __future__ import annotations

from dataclasses import replace

from contract.audio import Encoding
from contract.object_keys import part_key, recording_key
from contract.opus import silence
from streaming_task.adapters.ogg_opus import OggCompactor
from streaming_task.core.coding import OpusCoding
from streaming_task.recordings import Format, Recordings
from tests.fakes.opus import PACKET_SAMPLES, packets
from tests.streaming_task.shelf import MANIFEST, TERMS, Shelf, sha256

OPUS = Format(OpusCoding(lambda _: False), OggCompactor(), "audio/ogg")


OPUS_TERMS = replace(TERMS, encoding=Encoding.OPUS, sample_rate_hz=48_000)


OGG = recording_key(TERMS.user_id, TERMS.session_id, Encoding.OPUS)


def opus_shelf(*parts: tuple[int, int]) -> Shelf:
    """Put parts there: from packet, how many."""
    shelf = Shelf()
    shelf.recordings = Recordings(shelf.store, {Encoding.OPUS: OPUS})
    for first, count in parts:
        data = packets(first, count)
        start, end = first * PACKET_SAMPLES, (first + count) * PACKET_SAMPLES
        key = part_key(TERMS.user_id, TERMS.session_id, start, end, sha256(data), Encoding.OPUS)
        shelf.store.objects[key] = data
    return shelf


async def test_packets_are_read_back_from_where_they_can_be_cut() -> None:
    """A stream that begins within a packet hears all of it, and is told where it begins."""
    shelf = opus_shelf((0, 10), (12, 10))
    read = shelf.recordings.read
    at = PACKET_SAMPLES

    assert await read(OPUS_TERMS, 3 * at + 7, 14 * at + 7) == (
        3 * at,
        packets(3, 7) + silence(2 * at) + packets(12, 2),
    )
    assert await read(OPUS_TERMS, 10 * at + 130, 12 * at) == (10 * at + 120, silence(2 * at - 120))
    assert await read(OPUS_TERMS, 40 * at + 1, 41 * at + 1) == (40 * at, silence(at))


async def test_packets_are_one_recording_in_ogg() -> None:
    """Overlapping parts, a gap, an end within a part: one file of the session's length, and the parts go."""
    shelf = opus_shelf((0, 10), (4, 8), (20, 10))
    at = PACKET_SAMPLES
    gaps = ((12 * at, 20 * at),)
    sealed = await shelf.recordings.seal(OPUS_TERMS, 25 * at, gaps, None)

    is_done = await shelf.recordings.compact(OPUS_TERMS, 25 * at, gaps, sealed, may_delete=True)
    again = await shelf.recordings.compact(OPUS_TERMS, 25 * at, gaps, sealed, may_delete=True)

    whole = packets(0, 12) + silence(8 * at) + packets(20, 5)
    assert sealed == sha256(packets(0, 12) + packets(20, 5))
    assert is_done
    assert again
    assert set(shelf.store.objects) == {MANIFEST, OGG}
    assert OggCompactor().decode(shelf.store.objects[OGG]) == whole
    assert await shelf.recordings.read(OPUS_TERMS, at + 1, 3 * at) == (at, packets(1, 2))


async def test_packets_that_are_not_whole_are_kept_in_their_parts() -> None:
    """A recording of something else is never made."""
    shelf = opus_shelf((0, 4))
    (key,) = shelf.store.objects
    shelf.store.objects[key] = packets(5, 4)

    assert not await shelf.recordings.compact(
        OPUS_TERMS, 4 * PACKET_SAMPLES, (), sha256(packets(0, 4)), may_delete=True
    )
    assert list(shelf.store.objects) == [key]
