"""The client hears within a second how far its audio has come, and what is missing."""

from __future__ import annotations

from contract.replies import Ack, Nack
from streaming_task.core.acknowledgement import ACK_WITHIN_S, Acknowledgement
from streaming_task.core.recording import Recording


def recording() -> Recording:
    return Recording(duration_limit_samples=10**6)


def test_many_messages_share_one_ack() -> None:
    """A reason is answered once, within the protocol's second."""
    acks, take = Acknowledgement(0.0), recording()
    take.add(0, bytes(20), 0.0)
    acks.note(0.1)
    acks.note(0.2)

    assert acks.due(take, 0.3) == []
    assert acks.next_due_at() == 0.1 + ACK_WITHIN_S
    assert ACK_WITHIN_S < 1.0  # the protocol's; some of it belongs to the way to the client
    assert acks.due(take, 0.1 + ACK_WITHIN_S) == [Ack(received=10, durable=0)]
    assert acks.due(take, 0.2 + ACK_WITHIN_S) == []


def test_durable_growth_is_a_reason_of_its_own() -> None:
    """Nobody has to ask for it."""
    acks, take = Acknowledgement(0.0), recording()
    take.add(0, bytes(20), 0.0)
    take.due(0.0, flush=True)
    take.stored(0, 10)

    assert acks.due(take, 1.0) == []
    assert acks.due(take, 1.0 + ACK_WITHIN_S) == [Ack(received=10, durable=10)]


def test_silence_is_broken_every_five_seconds_until_all_is_stored() -> None:
    """A browser cannot see pings; the heartbeat tells it that the line is alive."""
    acks, take = Acknowledgement(0.0), recording()

    assert acks.next_due_at() == 5.0
    assert acks.due(take, 5.0) == [Ack(received=0, durable=0)]
    acks.beats = False
    assert acks.due(take, 50.0) == []
    assert acks.next_due_at() is None


def test_a_hole_is_named_once_it_has_lasted() -> None:
    """Messages overtake each other; only what stays missing is asked for, at most once a second."""
    acks, take = Acknowledgement(0.0), recording()
    take.add(10, bytes(20), 0.0)

    assert acks.due(take, 0.0) == []
    assert acks.next_due_at() == 0.6
    assert acks.due(take, 0.6) == [Nack(missing=((0, 10),))]
    assert acks.due(take, 1.0) == []
    assert acks.due(take, 1.6) == [Nack(missing=((0, 10),))]
    take.add(0, bytes(20), 2.0)
    assert acks.due(take, 3.0) == []


def test_at_most_sixteen_ranges_are_named() -> None:
    """The oldest come first: they hold everything else back."""
    acks, take = Acknowledgement(0.0), recording()
    for start in range(10, 1000, 20):
        take.add(start, bytes(20), 0.0)
    acks.due(take, 0.0)

    (nack,) = acks.due(take, 0.6)

    assert isinstance(nack, Nack)
    assert len(nack.missing) == 16
    assert nack.missing[0] == (0, 10)


def test_after_the_stop_the_missing_end_is_named_too() -> None:
    """The last words are the ones that get lost: they are asked for like any other."""
    acks, take = Acknowledgement(0.0), recording()
    take.add(0, bytes(20), 0.0)
    take.end_at(30)
    acks.due(take, 0.0)

    assert acks.due(take, 0.6) == [Nack(missing=((10, 30),))]
    take.add(10, bytes(40), 0.7)
    assert acks.due(take, 5.0) == [Ack(received=30, durable=0)]
