"""The real parts that adapters are tested against: AWS by moto, and a proxy that loses answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from streaming_task.ports import AwsCredentials

REGION = "us-east-1"


class FixedCredentials:
    """Credentials that never change; moto takes any."""

    async def current(self) -> AwsCredentials:
        """Give them."""
        return AwsCredentials("AKIATEST", "secret", None, None)


@pytest.fixture
def credentials() -> FixedCredentials:
    """Hold credentials."""
    return FixedCredentials()


class OneAtATime:
    """A WSGI application, asked in turn: moto checks a condition and then writes, and DynamoDB is atomic."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application
        self._turn = threading.Lock()

    def __call__(self, *request: Any) -> Any:
        """Answer a request when it is its turn."""
        with self._turn:
            return self._application(*request)


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """Serve AWS; give its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    assert server._server is not None
    server._server.app = OneAtATime(server._server.app)
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class LossyProxy:
    """A TCP proxy that cuts the `losses` next answers to requests holding `lost_ones`: done, nobody hears."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._upstream = (host, int(port))
        self._open: set[asyncio.StreamWriter] = set()
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self.losses = 0
        self.lost_ones = b""
        self._doomed: set[asyncio.StreamWriter] = set()
        self.url = ""

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Close everything."""
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await self._all_closed.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(*self._upstream)
        self._open |= {writer, to_server}
        self._all_closed.clear()
        requests = asyncio.create_task(self._pass_on(reader, to_server), name="proxy-requests")
        try:
            while answer := await from_server.read(65_536):
                if to_server in self._doomed:
                    break
                writer.write(answer)
        finally:
            writer.transport.abort()
            to_server.transport.abort()
            requests.cancel()
            await asyncio.gather(requests, return_exceptions=True)
            self._open -= {writer, to_server}
            self._doomed.discard(to_server)
            if not self._open:
                self._all_closed.set()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if self.losses > 0 and self.lost_ones in data and writer not in self._doomed:
                self.losses -= 1
                self._doomed.add(writer)
            writer.write(data)


@pytest.fixture
async def lossy(aws_url: str) -> AsyncIterator[LossyProxy]:
    """Stand between the adapter and AWS."""
    proxy = LossyProxy(aws_url)
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
def open_proxy() -> type[LossyProxy]:
    """Give the kind of proxy, to stand before something else."""
    return LossyProxy
