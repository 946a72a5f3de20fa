"""Sign a message for its one hop between two tasks, and check that it is signed. Pure: the key is passed in.

The signature is for one target: a task that hears it cannot use it on another. A replay to that target is
harmless, since a message taken twice is a message taken once.
"""

from __future__ import annotations

import hmac

from contract.records import TaskId
from streaming_task.ports import Forwarded

PURPOSE = b"seva-arogya-hop-1"  # the same key signs nothing else that could be taken for a hop
LENGTH_BYTES = 8


def sign_hop(key: bytes, message: Forwarded, target: TaskId) -> str:
    """Give the hex HMAC-SHA256 of a message and everything that goes beside it to a target."""
    fields = (
        PURPOSE,
        message.body,
        message.connection_id.encode(),
        message.session_id.encode(),
        str(message.epoch).encode(),
        target.encode(),
    )
    # Each after its length: no field can be lengthened at another's cost.
    signed = b"".join([part for field in fields for part in (len(field).to_bytes(LENGTH_BYTES), field)])
    return hmac.digest(key, signed, "sha256").hex()


def is_good_hop(key: bytes, message: Forwarded, target: TaskId, signature: str) -> bool:
    """Tell whether a signature is this message's, to this target; takes the same time whatever is wrong."""
    return hmac.compare_digest(sign_hop(key, message, target).encode(), signature.encode())
