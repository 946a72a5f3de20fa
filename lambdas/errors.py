"""What the Lambdas' collaborators raise: a code, never a message that may hold content. No SDK."""

from __future__ import annotations


class Unavailable(Exception):
    """A service did not do what was asked, or its outcome is unknown; asking again may help."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
