"""What was stored in parts is read back, sealed, made one recording; no part goes before that is proven."""

from __future__ import annotations

import asyncio

import pytest

from contract.audio import bytes_in
from streaming_task.ports import Unavailable
from streaming_task.recordings import PART_READS
from tests.fakes.virtual_time import in_virtual_time, until
from tests.streaming_task.shelf import MANIFEST, RECORDING, TERMS, Shelf, pcm, sha256


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 10, pcm(0, 4) + bytes(8) + pcm(8, 2)),
        (2, 9, pcm(2, 2) + bytes(8) + pcm(8, 1)),
        (5, 7, bytes(4)),
        (9, 14, pcm(9, 3) + bytes(4)),
        (20, 23, bytes(6)),
    ],
    ids=[
        "across a hole",
        "within parts",
        "in a hole",
        "past the last part",
        "beyond all",
    ],
)
async def test_reading_fills_holes_with_silence(start: int, end: int, expected: bytes) -> None:
    """What no part holds is silence of its length: the recogniser's clock must not jump."""
    shelf = Shelf((0, pcm(0, 4)), (8, pcm(8, 4)))

    assert await shelf.recordings.read(TERMS, start, end) == (start, expected)


async def test_overlapping_parts_give_every_sample_once() -> None:
    """Two owners may have cut the same audio differently; the union of their parts is the recording."""
    shelf = Shelf((0, pcm(0, 6)), (0, pcm(0, 3)), (3, pcm(3, 6)), (4, pcm(4, 2)))

    assert await shelf.recordings.read(TERMS, 0, 9) == (0, pcm(0, 9))


async def test_a_part_that_vanished_is_no_silence() -> None:
    """A hole that should not be there is a failure to be tried again, never a quiet loss."""
    shelf = Shelf((0, pcm(0, 4)))
    listed = await shelf.store.list_parts("parts/")
    shelf.store.objects.clear()
    shelf.store.list_parts = lambda prefix: asyncio.sleep(0, listed)  # type: ignore[method-assign]

    with pytest.raises(Unavailable, match="PartMissing"):
        await shelf.recordings.read(TERMS, 0, 4)


async def test_sealing_writes_down_what_the_recording_is() -> None:
    """The manifest lists the parts in order, cut at the end, with the hash of the bytes it vouches for."""
    shelf = Shelf((8, pcm(8, 4)), (0, pcm(0, 4)))

    sealed = await shelf.recordings.seal(TERMS, 10, ((4, 8),), None)

    manifest = shelf.manifest()
    assert sealed == manifest["sha256"] == sha256(pcm(0, 4) + pcm(8, 2))
    assert (manifest["samples"], manifest["gaps"], manifest["sample_rate"]) == (10, [[4, 8]], 16_000)
    assert [(part["key"], part["from"], part["to"]) for part in manifest["parts"]] == [  # type: ignore[attr-defined]
        (shelf.parts[1], 0, 4),
        (shelf.parts[0], 8, 10),
    ]


async def test_sealing_with_a_known_hash_reads_no_audio() -> None:
    """A session that heard everything itself has the hash already: half an hour need not be fetched again."""
    shelf = Shelf((0, pcm(0, 4)))

    sealed = await shelf.recordings.seal(TERMS, 4, (), "known")

    assert sealed == "known"
    assert shelf.store.reads.calls == 0


async def test_sealing_again_changes_nothing() -> None:
    """The manifest is written once, so a step whose answer was lost can be taken again."""
    shelf = Shelf((0, pcm(0, 4)))
    shelf.store.puts.lose()
    with pytest.raises(Unavailable):
        await shelf.recordings.seal(TERMS, 4, (), None)
    written = shelf.store.objects[MANIFEST]

    await shelf.recordings.seal(TERMS, 4, (), None)

    assert shelf.store.objects[MANIFEST] == written


async def test_compaction_makes_one_recording_and_then_deletes_the_parts() -> None:
    """A gap is silence of its length in it."""
    shelf = Shelf((0, pcm(0, 4)), (8, pcm(8, 4)))

    is_done = await shelf.recordings.compact(
        TERMS, 10, ((4, 8),), sha256(pcm(0, 4) + pcm(8, 2)), may_delete=True
    )

    assert is_done
    assert shelf.store.objects == {RECORDING: b"16000:" + pcm(0, 4) + bytes(bytes_in(4)) + pcm(8, 2)}


async def test_parts_that_differ_from_their_seal_are_kept() -> None:
    """Bytes that are not what was sealed are evidence: nothing is made of them, and nothing of them goes."""
    shelf = Shelf((0, pcm(0, 4)))

    is_done = await shelf.recordings.compact(TERMS, 4, (), sha256(b"other"), may_delete=True)

    assert not is_done
    assert list(shelf.store.objects) == shelf.parts


async def test_a_recording_that_decodes_to_other_samples_is_not_written() -> None:
    """The coder checks itself, and when it finds a fault the parts are the recording."""
    shelf = Shelf((0, pcm(0, 4)))
    shelf.compactor.is_broken = True

    is_done = await shelf.recordings.compact(TERMS, 4, (), sha256(pcm(0, 4)), may_delete=True)

    assert not is_done
    assert list(shelf.store.objects) == shelf.parts


async def test_parts_the_client_contradicts_are_kept_beside_the_recording() -> None:
    """Where client and server disagree there is a recording, and everything it was made of."""
    shelf = Shelf((0, pcm(0, 4)))

    is_done = await shelf.recordings.compact(TERMS, 4, (), sha256(pcm(0, 4)), may_delete=False)

    assert not is_done
    assert set(shelf.store.objects) == {*shelf.parts, RECORDING}


@pytest.mark.parametrize("left", [0, 1])
async def test_a_deletion_that_fails_half_way_is_finished(left: int) -> None:
    """The recording is there: that parts are missing now is no reason to doubt the others."""
    shelf = Shelf((0, pcm(0, 4)), (8, pcm(8, 4)))
    sealed = sha256(pcm(0, 4) + pcm(8, 4))
    shelf.store.deletes.fail()
    with pytest.raises(Unavailable):
        await shelf.recordings.compact(TERMS, 12, ((4, 8),), sealed, may_delete=True)
    for key in shelf.parts[left:]:
        del shelf.store.objects[key]

    is_done = await Shelf.beside(shelf).recordings.compact(TERMS, 12, ((4, 8),), sealed, may_delete=True)

    assert is_done
    assert list(shelf.store.objects) == [RECORDING]


@pytest.mark.parametrize(
    "recording",
    [b"", b"16000:" + pcm(1, 4), b"16000:" + pcm(0, 3), b"16000:" + pcm(0, 5)],
    ids=["no recording at all", "other samples", "too short", "too long"],
)
async def test_no_part_goes_for_a_recording_that_is_not_what_was_sealed(recording: bytes) -> None:
    """Whoever wrote it, and whatever was written: what is in the store must prove itself."""
    shelf = Shelf((0, pcm(0, 4)))
    shelf.store.objects[RECORDING] = recording

    is_done = await shelf.recordings.compact(TERMS, 4, (), sha256(pcm(0, 4)), may_delete=True)

    assert not is_done
    assert set(shelf.store.objects) == {*shelf.parts, RECORDING}


@in_virtual_time
async def test_a_recording_that_another_wrote_first_must_prove_itself_too() -> None:
    """Both found none, both made one: only the first one's is there."""
    shelf = Shelf((0, pcm(0, 4)))
    shelf.store.puts.hold()
    compacting = asyncio.create_task(
        shelf.recordings.compact(TERMS, 4, (), sha256(pcm(0, 4)), may_delete=True), name="compact"
    )
    await until(lambda: shelf.store.puts.calls)
    shelf.store.objects[RECORDING] = b"16000:" + pcm(1, 4)

    shelf.store.puts.release()

    assert not await compacting
    assert set(shelf.store.objects) == {*shelf.parts, RECORDING}


async def test_two_tasks_may_compact_at_once() -> None:
    """One owner is slow, not dead, and another has claimed: the recording is whole, and the parts go once."""
    shelf = Shelf((0, pcm(0, 4)), (4, pcm(4, 4)))
    other = Shelf.beside(shelf)

    outcomes = await asyncio.gather(
        *(
            each.recordings.compact(TERMS, 8, (), sha256(pcm(0, 8)), may_delete=True)
            for each in (shelf, other)
        ),
        return_exceptions=True,
    )
    again = await other.recordings.compact(TERMS, 8, (), sha256(pcm(0, 8)), may_delete=True)

    assert True in outcomes
    assert all(outcome is True or isinstance(outcome, Unavailable) for outcome in outcomes)
    assert again
    assert shelf.store.objects == {RECORDING: b"16000:" + pcm(0, 8)}


async def test_a_session_without_audio_has_an_empty_recording() -> None:
    """Started and stopped without a word: a recording all the same, and no part to delete."""
    shelf = Shelf()

    is_done = await shelf.recordings.compact(TERMS, 0, (), sha256(b""), may_delete=True)

    assert is_done
    assert list(shelf.store.objects) == [RECORDING]


@pytest.mark.parametrize("step", ["lists", "reads", "puts"])
async def test_a_store_that_stays_away_costs_no_part(step: str) -> None:
    """The same call again is safe, and is for whoever owns the session then."""
    shelf = Shelf((0, pcm(0, 4)))
    turnstile = getattr(shelf.store, step)
    turnstile.fail()
    with pytest.raises(Unavailable):
        await shelf.recordings.compact(TERMS, 4, (), sha256(pcm(0, 4)), may_delete=True)
    kept = list(shelf.store.objects)

    is_done = await shelf.recordings.compact(TERMS, 4, (), sha256(pcm(0, 4)), may_delete=True)

    assert kept == shelf.parts
    assert is_done
    assert list(shelf.store.objects) == [RECORDING]


@in_virtual_time
async def test_a_part_that_cannot_be_read_at_once_is_read_again() -> None:
    """Half an hour has nine hundred: if each failure began all anew, a bad hour would last for ever."""
    shelf = Shelf(*((4 * number, pcm(4 * number, 4)) for number in range(3)))
    shelf.store.reads.fail(*[Unavailable("SlowDown")] * (PART_READS - 1))

    assert await shelf.recordings.seal(TERMS, 12, (), None) == sha256(pcm(0, 12))

    shelf.store.reads.fail(*[Unavailable("SlowDown")] * PART_READS)
    with pytest.raises(Unavailable):
        await shelf.recordings.seal(TERMS, 12, (), None)


@in_virtual_time
async def test_one_recording_is_made_at_a_time() -> None:
    """Each holds a whole recording in memory: the second waits for the first."""
    shelf = Shelf((0, pcm(0, 4)))
    shelf.store.reads.hold()
    compacting = [
        asyncio.create_task(
            shelf.recordings.compact(TERMS, 4, (), sha256(pcm(0, 4)), may_delete=False),
            name=f"compact {number}",
        )
        for number in range(2)
    ]
    await asyncio.sleep(1.0)
    reads_under_way = shelf.store.reads.calls

    shelf.store.reads.release()
    await asyncio.gather(*compacting)

    assert reads_under_way == 1
    assert shelf.store.lists.calls == 2
