"""Which target a network load balancer gives a new connection to. Pure: probes are reported, none is sent."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

FAILURES_TO_LEAVE = 2
SUCCESSES_TO_RETURN = 2


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Where a target listens."""

    host: str
    port: int


class Health(enum.Enum):
    """What the probes say of a target."""

    INITIAL = "initial"  # not probed yet, or not with a clear result
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(slots=True)
class _Target:
    health: Health = Health.INITIAL
    failures: int = 0
    successes: int = 0

    def probed(self, is_ready: bool) -> None:
        self.failures = 0 if is_ready else self.failures + 1
        self.successes = self.successes + 1 if is_ready else 0
        needed = 1 if self.health is Health.INITIAL else SUCCESSES_TO_RETURN
        if self.successes >= needed:
            self.health = Health.HEALTHY
        elif self.failures >= FAILURES_TO_LEAVE:
            self.health = Health.UNHEALTHY


class TargetGroup:
    """Hold the registered targets and spread connections over them in turn.

    A real balancer hashes a connection's addresses; turns spread as evenly, and the same way every time.
    """

    def __init__(self) -> None:
        self._targets: dict[Address, _Target] = {}
        self._turn = 0

    @property
    def health(self) -> dict[Address, Health]:
        """Give every registered target's health."""
        return {address: target.health for address, target in self._targets.items()}

    def register(self, addresses: Sequence[Address]) -> tuple[list[Address], list[Address]]:
        """Replace the registered targets; give those that are new and those that are gone."""
        wanted = dict.fromkeys(addresses)
        new = [address for address in wanted if address not in self._targets]
        gone = [address for address in self._targets if address not in wanted]
        for address in gone:
            del self._targets[address]
        for address in new:
            self._targets[address] = _Target()
        return new, gone

    def probed(self, address: Address, is_ready: bool) -> Health | None:
        """Take in a probe's result; give the health if it changed."""
        target = self._targets.get(address)
        if target is None:
            return None
        before = target.health
        target.probed(is_ready)
        return target.health if target.health is not before else None

    def choose(self) -> Address | None:
        """Give the target of a new connection.

        With none healthy every target is tried, as a network load balancer does; with none at all, None.
        """
        for health in (Health.HEALTHY, Health.UNHEALTHY, Health.INITIAL):
            candidates = [address for address, target in self._targets.items() if target.health is health]
            if candidates:
                self._turn += 1
                return candidates[self._turn % len(candidates)]
        return None
