"""API Gateway's WebSocket API on one loopback port: sockets, `@connections`, and controls for faults.

`core` decides and has no port; the other modules are what it decides with (pure) and the thin shell that
performs it. Only `server` builds things.
"""

from __future__ import annotations

from local_stack.gateway.admin import AdminAnswer, AdminHandler, AdminRequest
from local_stack.gateway.functions import LambdaHandler
from local_stack.gateway.server import Gateway
from local_stack.gateway.settings import GatewaySettings
from local_stack.gateway.signature import Credential, CredentialLookup

__all__ = [
    "AdminAnswer",
    "AdminHandler",
    "AdminRequest",
    "Credential",
    "CredentialLookup",
    "Gateway",
    "GatewaySettings",
    "LambdaHandler",
]
