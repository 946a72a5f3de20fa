"""Are the ports free? Asked before anything is touched."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Iterable
from typing import Final

from local_stack.settings import AIRPLAY_PORT, DEFAULT_PORT_BASE, HIGHEST_PORT_BASE
from local_stack.start_failed import StartFailed

LOOPBACKS: Final = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
ANSWERS_WITHIN_S: Final = 0.2
PORTS_APART: Final = 100  # a stack has fewer


def check_ports(ports: Iterable[int], platform: str = sys.platform) -> None:
    """Make sure that nobody listens on any of the ports.

    Raises:
        StartFailed: naming the first that is taken.
    """
    for port in ports:
        if is_taken(port):
            if platform == "darwin" and port == AIRPLAY_PORT:
                then = ", by AirPlay if nothing else: start"
            else:
                then = ": stop what uses it, or start"
            raise StartFailed(
                f"Port {port} is in use{then} with other ports, say --port-base {other_base(port)}."
            )


def other_base(port: int) -> int:
    """Give a base whose ports are others than those around a taken one: the next hundred."""
    base = (port // PORTS_APART + 1) * PORTS_APART
    return base if base <= HIGHEST_PORT_BASE else DEFAULT_PORT_BASE


def is_taken(port: int) -> bool:
    """Say whether somebody listens on a port of either loopback."""
    # Asked of both loopbacks: a browser tries ::1 first for localhost, and macOS lets a second program bind
    # 127.0.0.1 beside one that holds every address.
    for family, host in LOOPBACKS:
        try:
            with socket.socket(family) as caller:
                caller.settimeout(ANSWERS_WITHIN_S)
                if caller.connect_ex((host, port)) == 0:
                    return True
        except OSError:
            continue  # no IPv6 here
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno in (errno.EADDRINUSE, errno.EACCES)
    return False
