"""One slip of the pen that breaks a promise, and the tests that must notice. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """`text`, which stands exactly once in `file`, replaced by `instead`."""

    name: str  # what the code does then, in a few words
    breaks: str  # the invariant, or the promise in words
    file: str
    text: str
    instead: str
    tests: tuple[str, ...]  # pytest's node ids, or files of the page's tests

    def apply(self, source: str) -> str:
        """Give the source with the slip in it.

        Raises:
            ValueError: the text does not stand there exactly once.
        """
        found = source.count(self.text)
        if found != 1:
            raise ValueError(f"stands there {found} times")
        return source.replace(self.text, self.instead)
