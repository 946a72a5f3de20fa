"""New sessions are let in while there are places, time and streams for them; who runs is never asked."""

from __future__ import annotations

from streaming_task.core.room import EASY_FOR_S, EASY_S, LATE_FOR_S, LATE_S, QUOTA_FOR_S, Room

LOOK_S = 0.25


def looks(room: Room, late_s: float, since: float, until: float) -> None:
    """Let the loop be equally late for a while."""
    for look in range(round((until - since) / LOOK_S) + 1):
        room.looked(late_s, since + look * LOOK_S)


def streaming(most: int, streams: int) -> Room:
    """Make a task with so many streams open."""
    room = Room(most)
    for _ in range(streams):
        room.stream_opened()
    return room


def test_places_are_counted() -> None:
    """Claims may bring more sessions than there are places: then there is none, and no negative number."""
    room = Room(3)

    assert [room.left(sessions, 0.0) for sessions in (0, 2, 3, 7)] == [3, 1, 0, 0]


def test_a_loop_that_is_always_late_takes_nobody() -> None:
    """Its queue never empties: one more session would make all of them later."""
    room = Room(3)

    looks(room, LATE_S, 0.0, LATE_FOR_S - LOOK_S)
    before = room.left(0, 0.0)
    room.looked(LATE_S, LATE_FOR_S)

    assert (before, room.left(0, 0.0)) == (3, 0)


def test_a_loop_that_is_late_now_and_then_is_only_busy() -> None:
    """A collection of garbage, a burst of starts: it catches up, so there is time for more."""
    room = Room(3)

    for round_ in range(10):
        looks(room, 2.0, 2 * round_, 2 * round_ + LATE_FOR_S - LOOK_S)
        room.looked(LATE_S - 0.01, 2 * round_ + LATE_FOR_S)

    assert room.left(0, 0.0) == 3


def test_a_loop_must_be_at_ease_for_a_while_before_it_takes_anybody() -> None:
    """Else admission swings: each that is let in is the one too many."""
    room = Room(3)
    looks(room, LATE_S, 0.0, LATE_FOR_S)

    looks(room, 0.0, 10.0, 10.0 + EASY_FOR_S - LOOK_S)
    room.looked(EASY_S, 10.0 + EASY_FOR_S)
    looks(room, 0.0, 20.0, 20.0 + EASY_FOR_S - LOOK_S)
    almost = room.left(0, 0.0)
    room.looked(0.0, 20.0 + EASY_FOR_S)

    assert (almost, room.left(0, 0.0)) == (0, 3)


def test_a_full_quota_leaves_room_for_the_streams_that_are_open() -> None:
    """A session that ends makes room for another; one beyond them would only wait for its text."""
    room = streaming(100, 25)
    room.stream_refused(0.0)

    assert [room.left(sessions, 1.0) for sessions in (26, 25, 24)] == [0, 0, 1]


def test_a_full_quota_is_forgotten_when_nobody_was_refused_for_a_while() -> None:
    """Who waits for a stream asks again before that, so nobody waits any more."""
    room = streaming(100, 25)
    room.stream_refused(0.0)
    room.stream_refused(5.0)

    assert room.left(30, 5.0 + QUOTA_FOR_S - 0.1) == 0
    assert room.left(30, 5.0 + QUOTA_FOR_S) == 70


def test_a_stream_that_opens_shows_room_for_as_many_as_there_are() -> None:
    """Another task's sessions have ended, or the quota was raised."""
    room = streaming(100, 2)
    room.stream_refused(0.0)
    room.stream_closed()
    room.stream_opened()
    as_before = room.left(2, 1.0)

    room.stream_opened()

    assert (as_before, room.left(2, 1.0)) == (0, 1)
