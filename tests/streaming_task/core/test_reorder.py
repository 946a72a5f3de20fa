"""Audio comes in any order and any number of times; what is held is what was first said."""

from __future__ import annotations

from random import Random

from streaming_task.core.reorder import HeldAudio

WHOLE = bytes(range(200))  # 100 samples


def piece(start: int, end: int) -> bytes:
    return WHOLE[2 * start : 2 * end]


def test_any_order_and_any_cut_gives_the_same_audio() -> None:
    """Pieces overlap, repeat and come backwards; the bytes come out in order."""
    for seed in range(50):
        random = Random(seed)
        held = HeldAudio()
        while not held.ranges.covers(0, 100):
            start = random.randrange(100)
            held.add(start, piece(start, random.randint(start + 1, 100)))

        assert held.read(0, 100) == WHOLE
        assert held.read(13, 77) == piece(13, 77)
        assert held.bytes_held == 200


def test_the_first_copy_stays() -> None:
    """A later copy of the same samples is never written over what is there."""
    held = HeldAudio()
    held.add(10, piece(10, 20))
    held.add(5, b"\xff" * 40)

    assert held.read(10, 20) == piece(10, 20)
    assert not held.agrees(5, piece(5, 25))
    assert held.agrees(10, piece(10, 20))
    assert held.agrees(50, b"\xff\xff")  # nothing is held there, so nothing disagrees


def test_dropping_frees_whole_pieces_only() -> None:
    """A piece that is still needed in part stays whole."""
    held = HeldAudio()
    for start in range(0, 100, 10):
        held.add(start, piece(start, start + 10))

    held.drop_below(25)

    assert list(held.ranges) == [(20, 100)]
    assert held.read(20, 30) == piece(20, 30)
    held.drop_below(5)
    assert held.bytes_held == 160
