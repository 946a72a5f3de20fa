"""Where other tasks reach this one: told, or asked of ECS."""

from __future__ import annotations

import http.client
import json
import os
import urllib.request

METADATA_VARIABLE = "ECS_CONTAINER_METADATA_URI_V4"  # set by ECS in every container
METADATA_TIMEOUT_S = 2.0


class NoAddress(Exception):
    """The task cannot say where it is."""


def listening_host(told: str | None) -> str:
    """Give where to listen: the one address that others are told, else every address of the container."""
    return "0.0.0.0" if told is None else told.rpartition(":")[0]  # noqa: S104


def task_address(told: str | None, port: int) -> str:
    """Give host:port; blocking.

    Raises:
        NoAddress: nothing was told, and ECS did not say.
    """
    if told is not None:
        return told
    metadata = os.environ.get(METADATA_VARIABLE, "")
    if not metadata.startswith("http://"):
        raise NoAddress(f"set TASK_ADDRESS, or run on ECS, which sets {METADATA_VARIABLE}")
    try:
        with urllib.request.urlopen(metadata, timeout=METADATA_TIMEOUT_S) as answer:  # noqa: S310 - ECS's own
            networks = json.load(answer)["Networks"]
        return f"{networks[0]['IPv4Addresses'][0]}:{port}"
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as error:
        raise NoAddress("the ECS metadata name no address") from error
