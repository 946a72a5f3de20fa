"""Where another task may be: a rule that needs no setting but the task's own address. Pure.

The addresses of other tasks are read from a table; whoever could write there must not be able to point a task
at the metadata service or out of its own network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

VPC_PREFIX = 16  # AWS makes no VPC's range larger, so the own /16 holds all of it
LOWEST_UNPRIVILEGED_PORT = 1024

_PORT = re.compile(r"[1-9][0-9]{0,4}")
_LOOPBACK = IPv4Network("127.0.0.0/8")
_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))


@dataclass(frozen=True, slots=True)
class TaskNetwork:
    """The addresses and ports that tasks have."""

    addresses: IPv4Network
    ports: range

    @classmethod
    def around(cls, own_address: str) -> TaskNetwork:
        """Derive the network from the own `host:port`.

        In a VPC every task listens on the same port; on one machine's loopback no two can.

        Raises:
            ValueError: the own address is neither private nor loopback, or not an IPv4 address and a port.
        """
        host, port = _parse(own_address)
        if host in _LOOPBACK:
            return cls(_LOOPBACK, range(LOWEST_UNPRIVILEGED_PORT, 65_536))
        if not any(host in network for network in _PRIVATE):
            raise ValueError("a task's own address must be private or loopback")
        return cls(IPv4Network((host, VPC_PREFIX), strict=False), range(port, port + 1))

    def admits(self, address: str) -> bool:
        """Tell whether another task may be at `host:port`; names are not looked up, and are refused."""
        try:
            host, port = _parse(address)
        except ValueError:
            return False
        return host in self.addresses and port in self.ports


def _parse(address: str) -> tuple[IPv4Address, int]:
    host, _, port = address.partition(":")
    if _PORT.fullmatch(port) is None:
        raise ValueError("an address is host:port")
    return IPv4Address(host), int(port)
