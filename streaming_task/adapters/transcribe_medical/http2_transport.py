"""Open HTTP/2 connections, one for each request: the session manager of amazon-transcribe's client.

The library's own transport polls an idle stream 50,000 times a second and does not tell a reset from a good
end. One connection a stream costs a TLS handshake, and keeps one stream's trouble from the others.
"""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit

from streaming_task.adapters.transcribe_medical.http2_exchange import Http2Exchange, Http2Limits
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.ports import StreamRefused

ALPN_HTTP2 = "h2"
TLS_SHUTDOWN_S = 2.0  # a peer that does not answer our closing alert holds the socket no longer


class Http2Transport:
    """Hold what connections have in common: trust, patience, bounds."""

    def __init__(self, *, ca_file: str | None, connect_s: float, limits: Http2Limits) -> None:
        self._tls = ssl.create_default_context(cafile=ca_file)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._tls.set_alpn_protocols([ALPN_HTTP2])
        self._connect_s = connect_s
        self._limits = limits

    async def make_request(
        self, url: str, method: str = "GET", headers: list[tuple[str, str]] | None = None, body: object = None
    ) -> Http2Exchange:
        """Connect and send the headers; the body (`body` is not looked at) is written to the exchange.

        Raises:
            StreamRefused: there is no connection, or no HTTP/2 on it.
        """
        parts = urlsplit(url)
        fields = {name.lower(): value for name, value in headers or ()}
        authority = fields.pop("host", parts.netloc)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        pseudo = [(":method", method), (":scheme", parts.scheme), (":authority", authority), (":path", path)]
        exchange = await self._connect(parts.scheme, parts.hostname or "", parts.port)
        exchange.request(pseudo + list(fields.items()))
        return exchange

    async def _connect(self, scheme: str, host: str, port: int | None) -> Http2Exchange:
        exchange = Http2Exchange(self._limits)
        is_made = False
        try:
            async with asyncio.timeout(self._connect_s):
                if scheme == "https":
                    transport, _ = await asyncio.get_running_loop().create_connection(
                        lambda: exchange,
                        host,
                        port or 443,
                        ssl=self._tls,
                        server_hostname=host,
                        ssl_shutdown_timeout=TLS_SHUTDOWN_S,
                    )
                else:
                    transport, _ = await asyncio.get_running_loop().create_connection(
                        lambda: exchange, host, port or 80
                    )
            is_made = True
        except TimeoutError as error:
            raise StreamRefused(Ended(StreamEnd.TIMEOUT, "Connect")) from error
        except ssl.SSLError as error:
            raise StreamRefused(Ended(StreamEnd.LOST, "Tls")) from error
        except OSError as error:
            raise StreamRefused(Ended(StreamEnd.LOST, type(error).__name__)) from error
        finally:
            if not is_made:
                # Given up after `connection_made`, uvloop closes the transport without a word to its
                # protocol: the exchange would ping, later, over what is closed.
                exchange.abort()
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and tls.selected_alpn_protocol() != ALPN_HTTP2:
            exchange.abort()
            raise StreamRefused(Ended(StreamEnd.LOST, "NoHttp2"))
        return exchange
