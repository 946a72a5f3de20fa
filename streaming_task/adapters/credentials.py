"""AWS credentials from botocore's own chain (container, environment, profile), fetched off the event loop.

Whoever asks gets the set at hand; the next one is fetched in a thread when half of this one's time, or all
but 15 minutes of it, is gone. Only who asks when there is no good set at all waits.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime

import botocore.session
from botocore.exceptions import BotoCoreError

from streaming_task.ports import AwsCredentials, Unavailable

REFRESH_BEFORE_S = 15 * 60.0  # ECS hands the next set out long before
LATEST_SHARE = 0.5  # of its time after which a short-lived set is replaced
RETRY_S = 1.0  # the least time between two fetches; the container's endpoint throttles
MARGIN_S = 1.0  # a set that expires so soon may not outlive its request
FETCH_S = 10.0  # botocore itself tries three times for 2 s each

_log = logging.getLogger(__name__)


def load_from_chain() -> AwsCredentials:
    """Walk botocore's chain anew and give what it finds. Blocking.

    Raises:
        Unavailable: it found nothing.
    """
    try:
        # A session keeps what it has found, so each fetch has its own.
        found = botocore.session.Session().get_credentials()
        frozen = None if found is None else found.get_frozen_credentials()
    except BotoCoreError as error:
        raise Unavailable(type(error).__name__) from None  # its text may quote the endpoint's answer
    except RuntimeError as error:
        raise Unavailable("ExpiredCredentials") from error
    if frozen is None or frozen.access_key is None or frozen.secret_key is None:
        raise Unavailable("NoCredentials")
    expiry: datetime | None = getattr(found, "_expiry_time", None)  # botocore tells it nowhere else
    return AwsCredentials(
        frozen.access_key, frozen.secret_key, frozen.token, None if expiry is None else expiry.timestamp()
    )


class ChainCredentials:
    """Implements `Credentials`. `load` blocks and runs in a thread; `clock` gives Unix seconds."""

    def __init__(
        self,
        load: Callable[[], AwsCredentials] = load_from_chain,
        clock: Callable[[], float] = time.time,
        fetch_s: float = FETCH_S,
    ) -> None:
        self._load = load
        self._clock = clock
        self._fetch_s = fetch_s
        self._held: AwsCredentials | None = None
        self._refresh_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def current(self) -> AwsCredentials:
        """Give credentials, at once if good ones are held.

        Raises:
            Unavailable: there are none to be had now.
        """
        now = self._clock()
        if now >= self._refresh_at and self._fetching is None:
            self._refresh_at = now + RETRY_S
            self._fetching = asyncio.create_task(self._fetch(), name="credentials-fetch")
        if self._held is None or _is_spent(self._held, now):
            await self._wait()
        if self._held is None or _is_spent(self._held, self._clock()):
            raise Unavailable("NoCredentials")
        return self._held

    async def close(self) -> None:
        """Leave no fetch behind."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    async def _wait(self) -> None:
        if self._fetching is not None:
            # One fetch serves all who wait, and must survive any of them being cancelled.
            await asyncio.wait([self._fetching], timeout=self._fetch_s)

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(self._fetch_s):
                fetched = await asyncio.to_thread(self._load)
        except (Unavailable, TimeoutError) as error:
            code = error.code if isinstance(error, Unavailable) else "Timeout"
            _log.warning("credentials not fetched", extra={"code": code})
            return
        finally:
            self._fetching = None
        now = self._clock()
        self._held = fetched
        self._refresh_at = _refresh_time(fetched, now)


def _refresh_time(credentials: AwsCredentials, now: float) -> float:
    if credentials.expires_at is None:
        return float("inf")
    left_s = credentials.expires_at - now
    return now + max(RETRY_S, left_s - REFRESH_BEFORE_S, left_s * LATEST_SHARE)


def _is_spent(credentials: AwsCredentials, now: float) -> bool:
    return credentials.expires_at is not None and credentials.expires_at - MARGIN_S <= now
