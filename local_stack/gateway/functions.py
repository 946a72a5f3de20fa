"""Run the real Lambda handlers in threads, off the event loop. Holds no rule of its own."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

logger = logging.getLogger(__name__)

LambdaHandler = Callable[[dict[str, Any], Any], Any]
"""A Lambda handler: `(event, context) -> {"statusCode": ...}`."""

BROKEN = 500  # what the client hears of a handler that raised or answered nonsense
TIMED_OUT = 504


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """Be what handlers and their logger read of a Lambda's context."""

    function_name: str
    deadline: float
    memory_limit_in_mb: int = 256
    function_version: str = "$LATEST"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def invoked_function_arn(self) -> str:
        """Give an ARN of the usual shape."""
        return f"arn:aws:lambda:us-east-1:000000000000:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Give the time that is left to the handler."""
        return max(0, round((self.deadline - time.monotonic()) * 1000))


class LambdaFunctions:
    """Invoke handlers on threads of their own; the caller awaits the status."""

    def __init__(self, threads: int, timeout_s: float) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="lambda")
        self._timeout_s = timeout_s

    async def invoke(self, name: str, handler: LambdaHandler, event: dict[str, Any]) -> int:
        """Run a handler and give its status: 500 if it raised, 504 if it took too long."""
        context = LambdaContext(name, time.monotonic() + self._timeout_s)
        running = asyncio.get_running_loop().run_in_executor(self._threads, handler, event, context)
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await running
        except TimeoutError:
            logger.error("Lambda timed out", extra={"function": name})  # noqa: TRY400 - says enough
            return TIMED_OUT
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is that handler's failure
            kind = type(error).__name__  # its text may hold what a log must not
            logger.error("Lambda raised", extra={"function": name, "error": kind})  # noqa: TRY400
            return BROKEN
        status = answer.get("statusCode") if isinstance(answer, dict) else None
        return status if isinstance(status, int) and 200 <= status <= 599 else BROKEN

    def close(self) -> None:
        """Take no more work; a handler that is running is left to end by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)
