"""The bytes of answers. Pure; those without a body are made once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus


@cache
def bare(status: int, *, last: bool, allow: str | None = None) -> bytes:
    """Write an answer without a body; `last` tells the peer that the connection ends with it."""
    return _head(status, 0, last, "" if allow is None else f"allow: {allow}\r\n")


def with_json(status: int, body: Mapping[str, object], *, last: bool) -> bytes:
    """Write an answer with a JSON body."""
    content = json.dumps(body, separators=(",", ":")).encode()
    extra = "content-type: application/json\r\ncache-control: no-store\r\n"
    return _head(status, len(content), last, extra) + content


def _head(status: int, length: int, last: bool, extra: str) -> bytes:
    closing = "connection: close\r\n" if last else ""
    phrase = HTTPStatus(status).phrase
    return f"HTTP/1.1 {status} {phrase}\r\ncontent-length: {length}\r\n{extra}{closing}\r\n".encode()
