"""What an HTTP API answered, as tests read it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """What the HTTP API answered."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        """Read it as JSON."""
        read: dict[str, Any] = json.loads(self.content)
        return read
