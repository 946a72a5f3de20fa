"""A network load balancer's likeness: it passes TCP connections on, whole, and probes its targets.

It never looks into a connection, and never sends one elsewhere once it has chosen a target.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from local_stack.targets import Address, Health, TargetGroup
from local_stack.tcp_reset import reset

logger = logging.getLogger(__name__)

PROBE_PATH = "/readyz"
PROBE_ANSWER_LIMIT_BYTES = 4096
BACKLOG = 512


@dataclass(frozen=True, slots=True)
class BalancerSettings:
    """Say where the balancer listens and how it probes. `port` 0 takes a free one."""

    port: int = 0
    host: str = "127.0.0.1"
    nlb_probe_s: float = 5.0
    probe_patience_s: float = 2.0


class _End(asyncio.Protocol):
    """One side of a flow: what comes in goes out at the other, no faster than that takes it."""

    def __init__(self, flows: set[_End]) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None
        self.target: Address | None = None
        self.is_swallowed = False
        self._flows = flows
        self._has_ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._flows.add(self)

    def data_received(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        self._has_ended = True
        other = self.other
        if other is None or other.transport is None or other.transport.is_closing() or other._has_ended:
            return False  # nobody is left to talk to: closed once what is owed is written
        other.transport.write_eof()
        return True  # half-closed: the other direction may still have much to say

    def pause_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._flows.discard(self)
        if self.other is not None and self.other.transport is not None:
            if exc is None:
                self.other.transport.close()
            else:
                reset(self.other.transport)

    def cut(self) -> None:
        if self.transport is not None:
            reset(self.transport)


class Balancer:
    """Balance TCP connections over targets.

    A target that refuses swallows the connection: nothing answers, as at a dead task's address, until the
    client gives up or the target is out. Two failed probes take a target out and cut its flows; two good
    ones bring it back. A target that is no longer registered keeps its flows and gets no new ones.
    """

    def __init__(self, settings: BalancerSettings) -> None:
        self._settings = settings
        self._port = settings.port
        self._targets = TargetGroup()
        self._flows: set[_End] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._probes: dict[Address, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Event()

    @property
    def port(self) -> int:
        """Give the port that is listened on."""
        return self._port

    @property
    def health(self) -> dict[Address, Health]:
        """Give every registered target's health."""
        return self._targets.health

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the port is taken.
        """
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Accepted(self, self._flows), self._settings.host, self._settings.port, backlog=BACKLOG
        )
        self._port = self._server.sockets[0].getsockname()[1]
        logger.info("balancer listening", extra={"port": self._port})

    async def stop(self) -> None:
        """Stop listening and cut every flow."""
        if self._server is not None:
            self._server.close()
        tasks = [*self._opening, *self._probes.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._probes.clear()
        for end in list(self._flows):
            end.cut()
        if self._server is not None:
            await self._server.wait_closed()

    def set_targets(self, targets: Sequence[tuple[str, int]]) -> None:
        """Replace the registered targets, `(host, port)` each; a new one is probed at once."""
        new, gone = self._targets.register([Address(host, port) for host, port in targets])
        for address in gone:
            self._probes.pop(address).cancel()
            self._cut_flows(address, only_swallowed=True)
        for address in new:
            self._probes[address] = asyncio.get_running_loop().create_task(
                self._keep_probing(address), name=f"balancer-probe-{address.port}"
            )

    @property
    def swallowed(self) -> int:
        """Count the connections that wait for a target that is dead."""
        return sum(end.is_swallowed for end in self._flows)

    async def until(self, is_wanted: Callable[[Mapping[Address, Health]], bool]) -> None:
        """Wait until the targets' health, or what was swallowed, is as wanted; the caller sets the limit."""
        while not is_wanted(self.health):
            await self._changed.wait()

    def accepted(self, end: _Accepted) -> None:
        """Choose a target for a new connection and join the two."""
        target = self._targets.choose()
        if target is None:
            end.cut()
            return
        task = asyncio.get_running_loop().create_task(self._join(end, target), name="balancer-join")
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _join(self, end: _Accepted, target: Address) -> None:
        end.target = target
        try:
            _, other = await asyncio.get_running_loop().create_connection(
                lambda: _End(self._flows), target.host, target.port
            )
        except OSError as error:
            # Nobody is there. At a dead task's address packets vanish; so do they here.
            logger.info(
                "connection swallowed", extra={"target_port": target.port, "error": type(error).__name__}
            )
            if target in self._targets.health:
                end.swallow()
                self._note_change()
            else:
                end.cut()  # it left in the meantime
            return
        if end.transport is None:  # the client gave up first
            other.cut()
            return
        other.target = target
        other.other = end
        end.join(other)

    async def _keep_probing(self, address: Address) -> None:
        while True:
            health = self._targets.probed(address, await self._is_ready(address))
            if health is not None:
                logger.info("target changed", extra={"target_port": address.port, "health": health.value})
                self._note_change()
            if health is Health.UNHEALTHY:
                self._cut_flows(address, only_swallowed=False)
            await asyncio.sleep(self._settings.nlb_probe_s)

    def _note_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _cut_flows(self, address: Address, *, only_swallowed: bool) -> None:
        for end in [one for one in self._flows if one.target == address]:
            if end.is_swallowed or not only_swallowed:
                end.cut()

    async def _is_ready(self, address: Address) -> bool:
        writer = None
        try:
            async with asyncio.timeout(self._settings.probe_patience_s):
                reader, writer = await asyncio.open_connection(
                    address.host, address.port, limit=PROBE_ANSWER_LIMIT_BYTES
                )
                head = f"GET {PROBE_PATH} HTTP/1.1\r\nhost: {address.host}:{address.port}\r\n"
                writer.write(f"{head}user-agent: ELB-HealthChecker/2.0\r\nconnection: close\r\n\r\n".encode())
                status_line = await reader.readline()
        except (OSError, TimeoutError, ValueError):
            return False
        finally:
            if writer is not None:
                writer.transport.abort()
        parts = status_line.split(b" ", 2)
        return len(parts) > 1 and parts[0].startswith(b"HTTP/1.") and parts[1][:1] in (b"2", b"3")


class _Accepted(_End):
    """The side of a flow that a client opened; it waits for the other side with one read in hand."""

    def __init__(self, balancer: Balancer, flows: set[_End]) -> None:
        super().__init__(flows)
        self._balancer = balancer
        self._early: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._balancer.accepted(self)

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            super().data_received(data)
        elif not self.is_swallowed and self.transport is not None:
            self._early = data
            self.transport.pause_reading()

    def join(self, other: _End) -> None:
        self.other = other
        early = self._resume()
        if early is not None:
            self.data_received(early)

    def swallow(self) -> None:
        self.is_swallowed = True  # read on, only to see the client give up
        self._resume()

    def _resume(self) -> bytes | None:
        early, self._early = self._early, None
        if early is not None and self.transport is not None:
            self.transport.resume_reading()  # before the write below, which may have reason to pause it
        return early
