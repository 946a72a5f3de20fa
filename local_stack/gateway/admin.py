"""The admin interface under `/_admin/`: this gateway's faults, and what other parts mount beside them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from local_stack.gateway.core import GatewayCore
from local_stack.gateway.faults import NO_FAULTS, parse_faults

PREFIX = "/_admin/"


@dataclass(frozen=True, slots=True)
class AdminRequest:
    """A request to the admin interface; `path` without `/_admin/` and without a query."""

    method: str
    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class AdminAnswer:
    """A status and the JSON value of the body."""

    status: int
    body: object


AdminHandler = Callable[[AdminRequest], Awaitable[AdminAnswer]]


class FaultsAdmin:
    """Serve `faults`: PUT replaces the set, DELETE clears it, GET shows it with the counts."""

    def __init__(self, core: GatewayCore) -> None:
        self._core = core

    async def __call__(self, request: AdminRequest) -> AdminAnswer:
        """Answer one request."""
        match request.method:
            case "GET":
                pass
            case "PUT":
                try:
                    self._core.set_faults(parse_faults(request.body))
                except ValueError as error:
                    return AdminAnswer(400, {"message": str(error)})
            case "DELETE":
                self._core.set_faults(NO_FAULTS)
            case _:
                return AdminAnswer(405, {"message": "faults take GET, PUT and DELETE"})
        return AdminAnswer(
            200, {"faults": self._core.faults.as_json(), "counts": self._core.counts.as_json()}
        )


def encode(answer: AdminAnswer) -> bytes:
    """Write an answer's body."""
    return json.dumps(answer.body).encode()
