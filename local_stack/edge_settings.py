"""What the edge is told. Pure: cheap to import for who only starts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """Ports, limits, functions, and where the admin requests go that others answer."""

    gateway_port: int
    balancer_port: int
    region: str
    nlb_probe_s: float | None
    connection_idle_s: float | None
    connection_max_s: float | None
    credentials_file: str
    functions: dict[str, dict[str, Any]]  # "connect" and "disconnect": FunctionSettings as JSON
    aws_admin_url: str
    postgres_admin_url: str
    control_password: str
