"""Words that are planted where a user can put words, and looked for where none may be found. Pure."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterator, Mapping

SPOKEN = re.compile(r"\bw\d{6}\b")  # what the scripted recogniser hears


class Canaries:
    """Every word that was planted, and where."""

    def __init__(self) -> None:
        self._places: dict[str, str] = {}

    def word(self, place: str) -> str:
        """Plant a plain word: letters and digits, so that no escaping changes it."""
        return self.keep(place, f"zq{secrets.token_hex(8)}")

    def hostile(self, place: str) -> str:
        """Plant a word in a text that breaks lines, terminals, pages and SQL where it is not quoted."""
        word = self.word(place)
        return f"\r\n\x1b[31m<img src=x onerror=alert(1)>{{{word}}}%s'; DROP TABLE transcriptions; --"

    def keep(self, place: str, secret: str) -> str:
        """Take a secret that has come about by itself for a word that was planted; give it back."""
        self._places[secret] = place
        return secret

    def leaks(self, texts: Mapping[str, str]) -> list[str]:
        """Say which planted words, and whether any spoken ones, are in which texts."""
        found = []
        for name, text in texts.items():
            found += [
                f"{place} in {name}"
                for word, place in self._places.items()
                if any(form in text for form in _forms(word))
            ]
            if SPOKEN.search(text):
                found.append(f"what was spoken in {name}")
        return found


def _forms(word: str) -> Iterator[str]:
    """Give a word as it is, in hex, and as base64 would write it within a longer text."""
    data = word.encode()
    yield word
    yield data.hex()
    for before in range(3):
        # The first and the last characters also hold bits of what stands around the word.
        coded = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        yield coded[before + (before > 0) : -1]
