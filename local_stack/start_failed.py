"""Why the stack could not start or go on, for a person."""

from __future__ import annotations


class StartFailed(Exception):
    """The stack cannot start or go on; the text is one clear sentence."""
