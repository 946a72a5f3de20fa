"""Which route of the HTTP API a request takes."""

from __future__ import annotations

import pytest

from local_stack.http_routes import Route, find_route

KEYS = ("GET /health", "GET /things", "GET /things/{id}", "PATCH /things/{id}", "GET /things/{id}/sound")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/health", Route("GET /health", {})),
        ("GET", "/things", Route("GET /things", {})),
        ("GET", "/things/7", Route("GET /things/{id}", {"id": "7"})),
        ("PATCH", "/things/7", Route("PATCH /things/{id}", {"id": "7"})),
        ("GET", "/things/a b/sound", Route("GET /things/{id}/sound", {"id": "a b"})),
        ("POST", "/things/7", None),
        ("GET", "/things/", None),
        ("GET", "/things//sound", None),
        ("GET", "/things/7/sound/more", None),
        ("GET", "/things/7/picture", None),
        ("GET", "/", None),
    ],
)
def test_a_route_is_found_by_method_and_steps(method: str, path: str, expected: Route | None) -> None:
    """As API Gateway does; a parameter is one step and no less."""
    assert find_route(KEYS, method, path) == expected
