"""When a handler makes what it works with: while Lambda starts the instance. Knows no handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

STARTED_BY_LAMBDA: Final = "AWS_LAMBDA_INITIALIZATION_TYPE"  # Lambda sets it, and nothing else does


def build_early(build: Callable[[], object], environment: Mapping[str, str]) -> None:
    """Build now if this is Lambda starting an instance: with whole processors, and before anybody waits.

    At 512 MiB a request has a third of one processor, and clients alone would take most of a second of it.
    """
    if STARTED_BY_LAMBDA in environment:
        build()
