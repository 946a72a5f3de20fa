"""Opus in the core: everything counts samples, and bytes are cut between packets only."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from random import Random

import pytest

from contract.audio import Ranges
from contract.opus import silence
from contract.wire import BUFFER_BYTES, Code, Refusal
from streaming_task.core import recording as module
from streaming_task.core.coding import PCM, OpusCoding
from streaming_task.core.recording import Part, Recording
from streaming_task.core.reorder import HeldAudio
from tests.fakes.opus import PACKET_SAMPLES, packets

OPUS = OpusCoding(lambda data: len(data) > 100)
LIMIT = 1800 * 48_000
TWICE = b"\x07\x00\x79" + bytes(6)  # a packet of two frames: 40 ms


def at(packet: int) -> int:
    return packet * PACKET_SAMPLES


def recording(end: int | None = None, gaps: Ranges = ()) -> Recording:
    return Recording(duration_limit_samples=LIMIT, coding=OPUS, end=end, gaps=gaps)


def refused(take: Recording, offset: int, data: bytes) -> Code:
    with pytest.raises(Refusal) as caught:
        take.add(offset, data, 0.0)
    return caught.value.code


def test_a_range_gives_the_packets_that_end_in_it() -> None:
    """So in any row of ranges each packet comes once, wherever their borders lie."""
    data = packets(0, 50)

    for seed in range(20):
        random = Random(seed)
        borders = sorted({0, at(50), *(random.randrange(at(50)) for _ in range(8))})
        pieces = [OPUS.cut(data, start, end) for start, end in pairwise(borders)]
        assert b"".join(pieces) == data

    assert OPUS.cut(data, at(3), at(5)) == packets(3, 2)
    assert [OPUS.cut_at(data, sample) for sample in (0, 959, 960, at(50), at(90))] == [
        0,
        0,
        960,
        at(50),
        at(50),
    ]


def test_the_ear_judges_packets() -> None:
    """What is loud only a decoder knows; PCM is looked at."""
    assert [OPUS.is_loud(packets(0, count)) for count in (1, 50)] == [False, True]
    assert [PCM.is_loud(sample * 40) for sample in (b"\x00\x01", b"\x00\x02", b"\x00\xfd")] == [
        False,
        True,
        True,
    ]


def test_packets_in_any_order_and_any_cut_are_the_same_audio() -> None:
    """Messages overlap, repeat and come backwards, cut between other packets every time."""
    whole = packets(0, 60)
    for seed in range(30):
        random = Random(seed)
        take = recording()
        while take.received < at(60):
            start = random.randrange(60)
            count = random.randint(1, 60 - start)
            take.add(at(start), packets(start, count), 0.0)
        take.end_at(at(60))
        parts = take.due(9.0, flush=True)

        assert b"".join(part.data for part in parts) == whole == take.read(0, at(60))
        assert take.sha256 == hashlib.sha256(whole).hexdigest()
        assert take.bytes_not_durable == len(whole)
        take.stored(parts[0].start, parts[0].end)
        assert take.bytes_not_durable == 0


@pytest.mark.parametrize(
    ("offset", "data"), [(0, b"\x05\x00x"), (0, b"\x00\x00"), (0, bytes(640)), (100, packets(0, 1))]
)
def test_what_is_no_packets_on_their_grid_is_refused(offset: int, data: bytes) -> None:
    """Half a packet, none, PCM, and a place where no packet can begin: refused, and nothing changed."""
    take = recording()

    assert refused(take, offset, data) is Code.BAD_MESSAGE
    assert take.received_end == 0
    with pytest.raises(Refusal):
        take.end_for(100)


def test_other_packets_for_the_same_time_contradict() -> None:
    """Other bytes, and packets that begin elsewhere: the first copy stays, and nothing is cut in two."""
    take = recording()
    take.add(at(2), packets(2, 3), 0.0)

    assert refused(take, at(2), packets(9, 3)) is Code.CONFLICT
    assert refused(take, at(2) + 480, packets(2, 3)) is Code.CONFLICT
    assert refused(take, at(4), TWICE) is Code.CONFLICT  # the first half of it is another packet
    assert refused(take, at(1), TWICE) is Code.CONFLICT
    assert take.add(at(1), packets(1, 6), 0.0)
    assert take.read(at(1), at(7)) == packets(1, 6)


def test_what_overlaps_the_durable_is_cut_between_packets_or_refused() -> None:
    """Durable audio is unexamined; what is new must still begin where it ends."""
    take = recording()
    take.add(0, packets(0, 4), 0.0)
    (part,) = take.due(9.0)
    take.stored(part.start, part.end)
    take.let_go(covered=at(4), fed=at(4))

    assert take.add(at(2), packets(2, 4), 0.0)
    assert refused(take, at(5), TWICE) is Code.CONFLICT
    assert take.read(at(4), at(6)) == packets(4, 2)
    assert take.bytes_not_durable == len(packets(4, 2))


def test_the_end_cuts_between_packets() -> None:
    """What lies past the first stop's end is left out; a packet across it cannot be."""
    take = recording(end=at(3))

    assert refused(take, at(2), TWICE) is Code.CONFLICT
    assert take.add(0, packets(0, 5), 0.0)
    assert take.received_end == at(3)


def test_the_longest_gap_ends_where_a_packet_can() -> None:
    """A limit may lie anywhere, and where to send on from may not."""
    take = Recording(duration_limit_samples=at(5) + 1, coding=OPUS)

    take.give_up(10**9)

    assert (take.gaps, take.received) == (((0, at(5)),), at(5))


def test_a_gap_is_packets_of_silence() -> None:
    """What the client does not hold any more: given up down to where packets can begin."""
    take = recording()
    take.add(0, packets(0, 2), 0.0)
    take.add(at(5), packets(5, 1), 0.0)

    take.give_up(at(4) + 100)
    assert take.gaps == ((at(2), at(4)),)
    take.give_up()

    assert take.gaps == ((at(2), at(5)),)
    assert take.read(0, at(6)) == packets(0, 2) + silence(at(3)) + packets(5, 1)
    assert [take.cut_at(sample) for sample in (at(2) + 100, at(3) + 130, at(5) + 7)] == [
        at(2),
        at(3) + 120,
        at(5),
    ]


def test_a_part_is_whole_packets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that is full ends before the packet that does not fit."""
    monkeypatch.setattr(module, "PART_BYTES", 600)  # 50 ms at the highest quality
    take = recording()
    take.add(0, packets(0, 5), 0.0)

    assert take.due(0.0) == [
        Part(0, at(2), packets(0, 2)),
        Part(at(2), at(4), packets(2, 2)),
        Part(at(4), at(5), packets(4, 1)),
    ]


def test_found_parts_are_no_longer_this_memorys_alone() -> None:
    """Another owner stored some of it: the bytes that only this memory holds are counted anew."""
    take = recording()
    take.add(0, packets(0, 4), 0.0)

    take.found([(at(1), at(3)), (at(6), at(7))])

    assert take.bytes_not_durable == len(packets(0, 1)) + len(packets(3, 1))


def test_bytes_are_limited_whatever_they_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is on memory: packets of little sound and many bytes count in full."""
    monkeypatch.setattr(module, "BUFFER_BYTES", 1_000)
    take = recording()

    assert refused(take, 0, packets(0, 200)) is Code.BUFFER_LIMIT
    assert BUFFER_BYTES > 1_000


def test_held_packets_are_dropped_whole() -> None:
    """Only a piece that lies below is let go of, with its bytes."""
    held = HeldAudio(OPUS)
    held.add(0, packets(0, 2))
    held.add(at(2), packets(2, 2))

    held.drop_below(at(3))

    assert (list(held.ranges), held.bytes_held) == ([(at(2), at(4))], len(packets(2, 2)))
