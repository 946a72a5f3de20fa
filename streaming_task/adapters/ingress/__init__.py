"""The HTTP/1.1 server that messages come in by. It decides nothing: a `Handler` does.

asyncio's own protocol class and the `httptools` parser, because a message costs a third of what it costs
under a web framework (benchmarks/ingress.py).
"""

from streaming_task.adapters.ingress.handler import Handler, IngressLimits, IsGoodHop
from streaming_task.adapters.ingress.server import Ingress

__all__ = ["Handler", "Ingress", "IngressLimits", "IsGoodHop"]
