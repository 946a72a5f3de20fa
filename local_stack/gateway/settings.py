"""What the gateway is told when it is built: addresses, limits, header mapping. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

FRAME_LIMIT_BYTES = 32 * 1024  # API Gateway's quotas, not to be raised
MESSAGE_LIMIT_BYTES = 128 * 1024

DEFAULT_REQUEST_PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "integration.request.header.x-connection-id": "context.connectionId",
        "integration.request.header.x-message-id": "context.messageId",
        "integration.request.header.x-request-id": "context.requestId",
    }
)


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Say where the gateway listens, where messages go, and which limits hold.

    `port` 0 takes a free one. `balancer_host` and `balancer_port` are where `$default` sends messages.
    `request_parameters` maps headers as the template's integration does.
    """

    balancer_port: int
    port: int = 0
    host: str = "127.0.0.1"
    balancer_host: str = "127.0.0.1"
    region: str = "us-east-1"
    api_id: str = "local"
    stage: str = "local"
    domain_name: str = "localhost"
    request_parameters: Mapping[str, str] = field(default_factory=lambda: DEFAULT_REQUEST_PARAMETERS)
    integration_path: str = "/messages"
    integration_timeout_s: float = 29.0
    connection_idle_s: float = 600.0
    connection_max_s: float = 7200.0
    requests_per_s: float = 10_000.0  # a region's account, messages and callbacks together
    request_burst: float = 5_000.0
    receive_buffer_bytes: int = 128 * 1024  # owed to a client that does not read, before pushes get 429
    in_flight_bytes: int = 4 * 1024 * 1024  # of one connection, unanswered, before its socket is not read
    pool_connections: int = 16  # opened before any is reused, so that messages meet every task
    pool_connections_max: int = 256
    pool_connection_max_age_s: float = 60.0  # so that a task that joins gets its share
    http_idle_s: float = 75.0  # a kept-alive connection without a request, or with slow headers
    lambda_threads: int = 16
