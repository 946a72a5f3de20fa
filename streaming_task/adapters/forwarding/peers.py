"""Give messages to other tasks: `POST /forwarded`, signed. Looks no owner up, and waits for none."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict

from streaming_task.adapters.forwarding.key import ForwardingKey
from streaming_task.core.leases import Lease
from streaming_task.hop import sign_hop
from streaming_task.http_client import HttpClient, HttpFailed, NotReached
from streaming_task.ports import Forwarded, NotConnected, NotTheOwner, Unavailable, Unreachable
from streaming_task.task_network import TaskNetwork

CONNECT_S = 0.5  # within one network; a task that takes longer is taken for dead
ANSWER_S = 5.0  # from the call to the answer, a claim by the other task included
CONNECTIONS_TO_ONE = 32
TASKS_KEPT = 64  # whose connections are kept; of more, those are ended that have not been needed for longest
MOST_ANSWER_BYTES = 64 * 1024
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
        self._connect_s = connect_s
        self._clients: OrderedDict[str, HttpClient] = OrderedDict()

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
        except NotReached as error:
            raise NotConnected(error.code) from error
        except TimeoutError as error:
            raise Unreachable("timeout") from error
        except HttpFailed as error:
            raise Unreachable(error.code) from error
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
        for client in self._clients.values():
            client.close()

    async def _post_signed(self, to: Lease, message: Forwarded) -> int:
        key = await self._key.current()
        status = await self._post(to, message, key)
        if status != 403:
            return status
        newer = await self._key.newer_than(key)
        return status if newer is None else await self._post(to, message, newer)

    async def _post(self, to: Lease, message: Forwarded, key: bytes) -> int:
        client = self._client_of(to.address)
        headers = {
            "host": client.host,
            "x-connection-id": message.connection_id,
            "x-session-id": message.session_id,
            "x-epoch": str(message.epoch),
            "x-signature": sign_hop(key, message, to.task_id),
        }
        # The other side may have closed a kept connection, or be dead: a fresh one tells. A message that is
        # taken twice does no harm.
        answer = await client.ask(
            "POST", "/forwarded", headers, message.body, within_s=self._answer_s, may_repeat=True
        )
        return answer.status

    def _client_of(self, address: str) -> HttpClient:
        client = self._clients.get(address)
        if client is None:
            client = self._clients[address] = HttpClient(
                f"http://{address}",
                connections=CONNECTIONS_TO_ONE,
                connect_s=self._connect_s,
                keep_s=KEEP_ALIVE_S,
                most_answer_bytes=MOST_ANSWER_BYTES,
            )
        self._clients.move_to_end(address)
        if len(self._clients) > TASKS_KEPT:
            _, forgotten = self._clients.popitem(last=False)
            forgotten.close()
        return client
