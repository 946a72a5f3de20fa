"""The stand-in's two listeners, HTTP/2 over TLS for streams and HTTP/1.1 for its admin, as one thing."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path

from aiohttp import web

from local_stack.recognisers.interface import RecogniserFactory
from local_stack.transcribe.account import Account
from local_stack.transcribe.admin import admin_app
from local_stack.transcribe.certificates import CERTIFICATE_FILE, KEY_FILE, make_certificates
from local_stack.transcribe.connection import Connection
from local_stack.transcribe.limits import Limits
from local_stack.transcribe.signature import Clock, Lookup

HOST = "127.0.0.1"
TLS_SHUTDOWN_S = 1.0


class TranscribeServer:
    """Serve until stopped. Ports of 0 are chosen by the system and found in `port` and `admin_port`."""

    def __init__(
        self,
        *,
        certificate_dir: Path,
        lookup: Lookup,
        recognisers: RecogniserFactory,
        region: str = "us-east-1",
        port: int = 0,
        admin_port: int = 0,
        limits: Limits | None = None,
        now: Clock = time.time,
    ) -> None:
        """Prepare; `lookup` names the keys that requests may be signed with, `now` is Unix seconds."""
        self.account = Account(
            region=region, lookup=lookup, recognisers=recognisers, limits=limits or Limits(), now=now
        )
        self.ca_file = make_certificates(certificate_dir)
        self.port = port
        self.admin_port = admin_port
        self.connections: set[Connection] = set()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate_dir / CERTIFICATE_FILE, certificate_dir / KEY_FILE)
        self._tls.set_alpn_protocols(["h2"])
        self._listener: asyncio.Server | None = None
        self._admin = web.AppRunner(admin_app(self.account), access_log=None)

    @property
    def endpoint_url(self) -> str:
        """Give the address that clients stream to."""
        return f"https://localhost:{self.port}"

    @property
    def admin_url(self) -> str:
        """Give the address of the fault controls."""
        return f"http://localhost:{self.admin_port}/_admin"

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: a port is taken.
        """
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: Connection(
                account=self.account, on_made=self.connections.add, on_lost=self.connections.discard
            ),
            HOST,
            self.port,
            ssl=self._tls,
            ssl_shutdown_timeout=TLS_SHUTDOWN_S,
        )
        self.port = self._listener.sockets[0].getsockname()[1]
        await self._admin.setup()
        site = web.TCPSite(self._admin, HOST, self.admin_port)
        await site.start()
        self.admin_port = self._admin.addresses[0][1]

    async def stop(self) -> None:
        """Close both listeners and everything that came through them."""
        if self._listener is not None:
            self._listener.close()
        self.account.close()
        for connection in list(self.connections):
            connection.abort()
        await self._admin.cleanup()
