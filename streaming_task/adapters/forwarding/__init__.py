"""The other tasks, over HTTP: each message signed with a key that all tasks share."""

from streaming_task.adapters.forwarding.key import ForwardingKey
from streaming_task.adapters.forwarding.peers import HttpPeers
from streaming_task.adapters.forwarding.secret import forwarding_secret

__all__ = ["ForwardingKey", "HttpPeers", "forwarding_secret"]
