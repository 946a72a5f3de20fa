"""A client that reads slowly or not at all costs bounded memory, and loses what matters least first."""

from __future__ import annotations

from contract.replies import Ack, Final, Partial, Saved, Status
from streaming_task.core.push import GIVE_UP_AFTER, MOST_WAITING, Outbox


def drain(outbox: Outbox) -> list[str]:
    said = []
    while outbox.head is not None:
        said.append(outbox.head)
        outbox.delivered()
    return said


def test_a_newer_acknowledgement_replaces_one_that_waits() -> None:
    """The head may be on its way already; everything behind it is kept fresh."""
    outbox = Outbox()
    for number in range(5):
        outbox.offer("s", Ack, f"ack{number}")
        outbox.offer("s", Status, f"status{number}")

    assert drain(outbox) == ["ack0", "ack4", "status4"]


def test_a_partial_never_overtakes_the_final_before_it() -> None:
    """A replaced partial goes to the end, where it was said."""
    outbox = Outbox()
    outbox.offer("s", Ack, "head")
    outbox.offer("s", Partial, "p1")
    outbox.offer("s", Final, "final")
    outbox.offer("s", Partial, "p2")

    assert drain(outbox) == ["head", "final", "p2"]


def test_two_sessions_do_not_replace_each_others_messages() -> None:
    """What is fresh for one says nothing of the other."""
    outbox = Outbox()
    outbox.offer("a", Final, "head")
    outbox.offer("a", Ack, "a1")
    outbox.offer("b", Ack, "b1")

    assert drain(outbox) == ["head", "a1", "b1"]


def test_pressure_drops_partials_first() -> None:
    """After a refusal no partial waits, and none is taken until something went through."""
    outbox = Outbox()
    outbox.offer("s", Final, "final")
    outbox.offer("s", Partial, "partial")

    assert outbox.failed() == 0.2
    outbox.offer("s", Partial, "another")
    assert outbox.failed() == 0.4
    assert drain(outbox) == ["final"]
    outbox.offer("s", Partial, "fresh")
    assert drain(outbox) == ["fresh"]


def test_a_partial_that_is_refused_is_not_tried_again() -> None:
    """By then it is old."""
    outbox = Outbox()
    outbox.offer("s", Partial, "partial")
    outbox.failed()

    assert outbox.head is None


def test_waiting_is_bounded() -> None:
    """What can be replaced makes room; then the newest has none, and the store still has it."""
    outbox = Outbox()
    outbox.offer("s", Final, "0")
    outbox.offer("s", Ack, "ack")
    for number in range(1, MOST_WAITING + 10):
        outbox.offer("s", Final, str(number))

    assert len(outbox) == MOST_WAITING
    assert "ack" not in drain(outbox)


def test_a_connection_taken_for_gone_keeps_what_matters_until_it_speaks() -> None:
    """A 410 can be spurious: its next message proves it, and finals that waited are said."""
    outbox = Outbox()
    outbox.offer("s", Final, "final")
    outbox.offer("s", Ack, "ack")

    outbox.gone()
    outbox.offer("s", Ack, "later")
    outbox.offer("s", Saved, "saved")

    assert outbox.head is None
    assert outbox.heard_from()
    assert not outbox.heard_from()
    assert drain(outbox) == ["final", "saved"]


def test_one_message_is_not_tried_for_ever() -> None:
    """What the gateway will not take must not hold back the rest."""
    outbox = Outbox()
    outbox.offer("s", Final, "cursed")
    outbox.offer("s", Final, "next")

    waits = [outbox.failed() for _ in range(GIVE_UP_AFTER)]

    assert outbox.head == "next"
    assert max(waits) == 5.0
