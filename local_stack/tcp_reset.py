"""End a TCP connection as a failing network does: by a reset, without the usual goodbye."""

from __future__ import annotations

import asyncio
import socket
import struct

_LINGER_NOT_AT_ALL = struct.pack("ii", 1, 0)


def reset(transport: asyncio.WriteTransport) -> None:
    """Reset a connection; what was still to be sent is lost."""
    connection = transport.get_extra_info("socket")
    if connection is not None and not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT_AT_ALL)
    transport.abort()
