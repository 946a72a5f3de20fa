"""Which of the HTTP API's routes a request takes, and what of its path is a parameter. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """A route as it was written, `GET /things/{id}`, and what stood in the place of its parameters."""

    key: str
    parameters: Mapping[str, str]


def find_route(keys: Iterable[str], method: str, path: str) -> Route | None:
    """Find the route of a decoded path; None: there is none. A parameter is one step, and not empty."""
    steps = path.split("/")
    for key in keys:
        its_method, _, its_path = key.partition(" ")
        pattern = its_path.split("/")
        if its_method != method or len(pattern) != len(steps):
            continue
        parameters = {
            wanted[1:-1]: given
            for wanted, given in zip(pattern, steps, strict=True)
            if wanted.startswith("{") and given
        }
        if all(
            wanted == given or wanted[1:-1] in parameters
            for wanted, given in zip(pattern, steps, strict=True)
        ):
            return Route(key, parameters)
    return None
