"""A target serves after good probes, leaves after two bad ones, and is never second-guessed in between."""

from __future__ import annotations

from local_stack.targets import Address, Health, TargetGroup

A, B = Address("127.0.0.1", 1), Address("127.0.0.1", 2)


def group(*addresses: Address) -> TargetGroup:
    """Make a group of healthy targets."""
    targets = TargetGroup()
    targets.register(addresses)
    for address in addresses:
        targets.probed(address, True)
    return targets


def test_one_good_probe_is_enough_for_a_new_target() -> None:
    """Start-up must not wait for a second probe."""
    targets = TargetGroup()
    targets.register([A])

    assert targets.probed(A, True) is Health.HEALTHY


def test_two_failures_in_a_row_take_a_target_out() -> None:
    """One lost probe proves nothing: the target still gets connections."""
    targets = group(A, B)

    targets.probed(A, False)
    targets.probed(A, True)
    targets.probed(A, False)
    assert {targets.choose() for _ in range(4)} == {A, B}
    assert targets.probed(A, False) is Health.UNHEALTHY
    assert {targets.choose() for _ in range(4)} == {B}


def test_two_successes_bring_it_back() -> None:
    """One good answer of a flapping target is not trusted."""
    targets = group(A, B)
    targets.probed(A, False)
    targets.probed(A, False)

    assert targets.probed(A, True) is None
    assert {targets.choose() for _ in range(4)} == {B}
    assert targets.probed(A, True) is Health.HEALTHY
    assert {targets.choose() for _ in range(4)} == {A, B}


def test_connections_are_spread_evenly() -> None:
    """Each healthy target gets its turn."""
    targets = group(A, B)

    chosen = [targets.choose() for _ in range(6)]

    assert chosen.count(A) == chosen.count(B) == 3


def test_with_nothing_healthy_everything_is_tried() -> None:
    """A network load balancer fails open; only an empty group refuses."""
    targets = group(A)
    targets.probed(A, False)
    targets.probed(A, False)

    assert targets.choose() == A
    targets.register([])
    assert targets.choose() is None


def test_registering_says_what_changed() -> None:
    """Who stays keeps its health; who left is not heard any more."""
    targets = group(A)

    assert targets.register([A, B]) == ([B], [])
    assert targets.register([B]) == ([], [A])
    assert targets.health == {B: Health.INITIAL}
    assert targets.probed(A, True) is None
