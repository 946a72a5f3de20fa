"""The access keys that the stand-in knows, from a file that is replaced as they rotate."""

from __future__ import annotations

import json
from pathlib import Path

from local_stack.transcribe.signature import KnownKey


class KeyFile:
    """Look keys up in a JSON file, read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_version: tuple[int, int] | None = None
        self._keys: dict[str, KnownKey] = {}

    def lookup(self, access_key_id: str) -> KnownKey | None:
        """Give what is known of a key.

        Raises:
            OSError: the file is not there.
            ValueError: it is not `{id: {"secret", "token", "expires_at"}}`.
        """
        status = self._path.stat()
        version = (status.st_mtime_ns, status.st_ino)
        if version != self._read_version:
            self._keys = _parse(self._path.read_text())
            self._read_version = version
        return self._keys.get(access_key_id)


def _parse(text: str) -> dict[str, KnownKey]:
    try:
        return {
            access_key_id: KnownKey(
                secret=str(entry["secret"]),
                token=entry.get("token"),
                expires_at=None if entry.get("expires_at") is None else float(entry["expires_at"]),
            )
            for access_key_id, entry in json.loads(text).items()
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("the credentials file is not of the expected shape") from error
