"""What the task says of itself: JSON log lines with fixed messages, and counts. Never a user's words."""

from __future__ import annotations

import asyncio
import logging
import sys
import traceback
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_log = logging.getLogger(__name__)

SERVICE = "streaming_task"


def set_up_logging(level: int, task_id: str) -> None:
    """Send every log line to standard output as JSON, with the task's id."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(LambdaPowertoolsFormatter(service=SERVICE, task_id=task_id, utc=True))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Libraries may put addresses, headers or bodies into their debug lines.
    for library in ("asyncio", "boto3", "botocore", "urllib3", "h2", "hpack", "pg8000"):
        logging.getLogger(library).setLevel(max(level, logging.WARNING))


def log_defect(_: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """Log what nobody caught: its kind and place, never its message, which may quote what it failed on."""
    error = context.get("exception")
    frames = traceback.extract_tb(error.__traceback__) if isinstance(error, BaseException) else []
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    _log.error("Defect", extra={"code": type(error).__name__, "place": place})


class Counts:
    """Counts of what is worth an operator's eye, since the start."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, name: str, value: float) -> None:
        """Count something."""
        self._counts[name] += round(value)

    def as_dict(self) -> dict[str, int]:
        """Give every count so far."""
        return dict(self._counts)
