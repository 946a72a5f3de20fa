"""Keys rotate while the stand-in runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from local_stack.transcribe.known_keys import KeyFile
from local_stack.transcribe.signature import KnownKey


def write(path: Path, keys: object) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(keys))
    os.replace(fresh, path)  # noqa: PTH105 - as whoever rotates them does it


def test_a_replaced_file_is_read_again(tmp_path: Path) -> None:
    """The new key is known at once, the old one no more."""
    path = tmp_path / "keys.json"
    write(path, {"A": {"secret": "a", "token": "t", "expires_at": 12.5}})
    keys = KeyFile(path)
    assert keys.lookup("A") == KnownKey("a", "t", 12.5)

    write(path, {"B": {"secret": "b", "token": None, "expires_at": None}})

    assert keys.lookup("A") is None
    assert keys.lookup("B") == KnownKey("b", None, None)


@pytest.mark.parametrize("keys", [[], {"A": {}}, {"A": "secret"}, {"A": {"secret": "s", "expires_at": []}}])
def test_a_file_of_another_shape_is_an_error(tmp_path: Path, keys: object) -> None:
    """Not a key that nobody has."""
    path = tmp_path / "keys.json"
    write(path, keys)

    with pytest.raises(ValueError):
        KeyFile(path).lookup("A")
