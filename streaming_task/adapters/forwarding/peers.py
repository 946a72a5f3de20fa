"""Give messages to other tasks: `POST /forwarded`, signed. Looks no owner up, and waits for none."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
from yarl import URL

from streaming_task.adapters.forwarding.key import ForwardingKey
from streaming_task.core.leases import Lease
from streaming_task.hop import sign_hop
from streaming_task.ports import Forwarded, NotConnected, NotTheOwner, Unavailable, Unreachable
from streaming_task.task_network import TaskNetwork

CONNECT_S = 0.5  # within one network; a task that takes longer is taken for dead
ANSWER_S = 5.0  # from the call to the answer, a claim by the other task included
CONNECTIONS = 128
CONNECTIONS_TO_ONE = 32
UNDER_WAY = 512  # messages; one more is refused at once: its client sends it again
KEEP_ALIVE_S = 30.0  # far below the other side's patience, so that it is not they who cut a request short

_log = logging.getLogger(__name__)


class HttpPeers:
    """Implements `Peers`. Build it inside a running loop."""

    def __init__(
        self,
        network: TaskNetwork,
        key: ForwardingKey,
        *,
        connect_s: float = CONNECT_S,
        answer_s: float = ANSWER_S,
        under_way: int = UNDER_WAY,
    ) -> None:
        self._network = network
        self._key = key
        self._answer_s = answer_s
        self._under_way = 0
        self._most_under_way = under_way
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=CONNECTIONS, limit_per_host=CONNECTIONS_TO_ONE, keepalive_timeout=KEEP_ALIVE_S
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("accept", "accept-encoding", "content-type", "user-agent"),
        )

    async def forward(self, to: Lease, message: Forwarded) -> None:
        """Give a message to another task, signed for it alone.

        Raises:
            NotTheOwner: it refused.
            NotConnected: it could not be reached at all.
            Unreachable: it did not answer in time or not well, or its address is none of ours.
        """
        if not self._network.admits(to.address):
            _log.error("Task address refused", extra={"peer": to.task_id})
            raise Unreachable("AddressRefused")
        if self._under_way >= self._most_under_way:
            raise Unreachable("queue_full")
        self._under_way += 1
        try:
            async with asyncio.timeout(self._answer_s):
                status = await self._post_signed(to, message)
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            raise NotConnected(type(error).__name__) from error
        except TimeoutError as error:
            raise Unreachable("timeout") from error
        except aiohttp.ClientError as error:
            raise Unreachable(type(error).__name__) from error
        except Unavailable as error:
            raise Unreachable(error.code) from error
        finally:
            self._under_way -= 1
        if status == 421:
            raise NotTheOwner("http_421")
        if status != 200:
            raise Unreachable(f"http_{status}")

    async def close(self) -> None:
        """Give the connections back."""
        await self._session.close()

    async def _post_signed(self, to: Lease, message: Forwarded) -> int:
        key = await self._key.current()
        status = await self._post(to, message, key)
        if status != 403:
            return status
        newer = await self._key.newer_than(key)
        return status if newer is None else await self._post(to, message, newer)

    async def _post(self, to: Lease, message: Forwarded, key: bytes) -> int:
        try:
            return await self._post_once(to, message, key)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
            # The other side may have closed a kept connection, or be dead: a fresh one tells. A message that
            # is taken twice does no harm.
            return await self._post_once(to, message, key)

    async def _post_once(self, to: Lease, message: Forwarded, key: bytes) -> int:
        headers = {
            "x-connection-id": message.connection_id,
            "x-session-id": message.session_id,
            "x-epoch": str(message.epoch),
            "x-signature": sign_hop(key, message, to.task_id),
        }
        url = URL(f"http://{to.address}/forwarded", encoded=True)
        async with self._session.post(
            url, data=message.body, headers=headers, allow_redirects=False
        ) as response:
            return response.status
