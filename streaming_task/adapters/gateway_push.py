"""Push messages to clients through API Gateway's `@connections`. Decides nothing: no queue, no retry.

Our own client and our own signature, because this runs for every message to every client (a tenth of an SDK's
price).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import quote, urlsplit

from contract.records import ConnectionId
from streaming_task.http_client import HttpClient, HttpFailed
from streaming_task.ports import Credentials, Delivered, Failed, Gone, PushResult, Throttled, Unavailable
from streaming_task.signing import Signer

SIGNING_NAME = "execute-api"
CONNECTIONS = 64  # to the gateway; pushes beyond wait for one within the timeout
TIMEOUT_S = 5.0
CONNECT_S = 2.0
KEEP_ALIVE_S = 30.0
MOST_ANSWER_BYTES = 64 * 1024

_DELIVERED, _GONE, _THROTTLED = Delivered(), Gone(), Throttled()


class GatewayPush:
    """Implements `Gateway`. Build it inside a running loop; `clock` gives Unix seconds."""

    def __init__(
        self,
        *,
        connections_url: str,
        region: str,
        credentials: Credentials,
        clock: Callable[[], float] = time.time,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._prefix = f"{urlsplit(connections_url).path.rstrip('/')}/%40connections/"
        self._credentials = credentials
        self._clock = clock
        self._timeout_s = timeout_s
        self._signer = Signer(SIGNING_NAME, region)
        self._http = HttpClient(
            connections_url,
            connections=CONNECTIONS,
            connect_s=CONNECT_S,
            keep_s=KEEP_ALIVE_S,
            most_answer_bytes=MOST_ANSWER_BYTES,
        )

    async def push(self, connection_id: ConnectionId, message: str) -> PushResult:
        """Post one text message to a connection. Never raises for what the gateway says."""
        body = message.encode()
        path = self._prefix + quote(connection_id, safe="")
        try:
            credentials = await self._credentials.current()
        except Unavailable as unavailable:
            return Failed(unavailable.code)
        headers = self._signer.sign(
            credentials,
            "POST",
            path,
            "",
            {"host": self._http.host, "content-type": "application/json"},
            sha256(body).hexdigest(),
            self._clock(),
        )
        try:
            answer = await self._http.ask("POST", path, headers, body, within_s=self._timeout_s)
        except HttpFailed as failed:
            return Failed(failed.code)
        return _result(answer.status)

    async def close(self) -> None:
        """Give the connections back."""
        self._http.close()


def _result(status: int) -> PushResult:
    match status:
        case 200:
            return _DELIVERED
        case 410:
            return _GONE
        case 429:
            return _THROTTLED
        case _:
            return Failed(f"http_{status}")
