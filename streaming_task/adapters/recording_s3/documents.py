"""The XML that S3 speaks in listings and deletions. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from streaming_task.ports import Unavailable

_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a listing; `next_token` asks for the next one, None: it was the last."""

    keys: tuple[str, ...]
    next_token: str | None


def read_listing(answer: bytes) -> Listing:
    """Read an answer to ListObjectsV2.

    Raises:
        Unavailable: it is none.
    """
    root = _parse(answer)
    keys = tuple(
        contents.findtext(f"{_NAMESPACE}Key", "") for contents in root.findall(f"{_NAMESPACE}Contents")
    )
    is_cut_off = root.findtext(f"{_NAMESPACE}IsTruncated") == "true"
    token = root.findtext(f"{_NAMESPACE}NextContinuationToken")
    if is_cut_off and token is None:
        raise Unavailable("ListingCutOff")  # the rest would silently be missing
    return Listing(keys, token if is_cut_off else None)


def delete_request(keys: Sequence[str]) -> bytes:
    """Write a request to DeleteObjects that asks to hear of failures only."""
    objects = "".join(f"<Object><Key>{escape(key)}</Key></Object>" for key in keys)
    return f'<Delete xmlns="{_NAMESPACE[1:-1]}">{objects}<Quiet>true</Quiet></Delete>'.encode()


def deletion_failures(answer: bytes) -> list[str]:
    """Read the codes of what could not be deleted.

    Raises:
        Unavailable: it is no answer to DeleteObjects.
    """
    return [
        error.findtext(f"{_NAMESPACE}Code", "Unknown") for error in _parse(answer).iter(f"{_NAMESPACE}Error")
    ]


def _parse(answer: bytes) -> ET.Element:
    try:
        return ET.fromstring(answer)  # noqa: S314 - the answer of the bucket's own service, over TLS
    except ET.ParseError as error:
        raise Unavailable("MalformedAnswer") from error
