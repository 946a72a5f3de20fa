"""Frame and sign audio events: the same bytes as amazon-transcribe's own, at a fifth of the cost.

Pure but for the clock it is given. One framer belongs to one stream: each signature covers the one before.
"""

from __future__ import annotations

import hmac
import struct
import time
from collections.abc import Callable
from hashlib import sha256
from zlib import crc32

SERVICE = "transcribe"
ALGORITHM = "AWS4-HMAC-SHA256-PAYLOAD"

# Event stream header value types (the wire format's numbers).
BYTES_TYPE = 6
STRING_TYPE = 7
TIMESTAMP_TYPE = 8

_OVERHEAD_BYTES = 16  # prelude (8), its CRC (4), the message's CRC (4)
_LENGTHS = struct.Struct("!II")
_CRC = struct.Struct("!I")
_MILLISECONDS = struct.Struct("!q")
_SIGNATURE_BYTES = 32


def _string_header(name: str, value: str) -> bytes:
    encoded = value.encode()
    return bytes([len(name)]) + name.encode() + struct.pack("!BH", STRING_TYPE, len(encoded)) + encoded


_AUDIO_HEADERS = (
    _string_header(":message-type", "event")
    + _string_header(":event-type", "AudioEvent")
    + _string_header(":content-type", "application/octet-stream")
)
_DATE_PREFIX = b"\x05:date" + bytes([TIMESTAMP_TYPE])
_SIGNATURE_PREFIX = b"\x10:chunk-signature" + struct.pack("!BH", BYTES_TYPE, _SIGNATURE_BYTES)
_SIGNED_HEADERS_BYTES = len(_DATE_PREFIX) + _MILLISECONDS.size + len(_SIGNATURE_PREFIX) + _SIGNATURE_BYTES


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class EventFramer:
    """Turn audio into signed messages, in order."""

    def __init__(
        self, *, secret_access_key: str, region: str, seed: bytes, now_ms: Callable[[], int] = _now_ms
    ) -> None:
        """Start the chain at the request's own signature, `seed`; `now_ms` is Unix milliseconds."""
        self._secret = b"AWS4" + secret_access_key.encode()
        self._region = region
        self._prior = seed
        self._now_ms = now_ms
        self._second = -1
        self._day = ""
        self._key = b""
        self._scope_lines = ""  # the lines of the string to sign that change once a second

    def audio(self, data: bytes) -> bytes:
        """Frame one audio event; `data` must not be empty (nothing is how a stream ends)."""
        headers_bytes = len(_AUDIO_HEADERS)
        prelude = _LENGTHS.pack(_OVERHEAD_BYTES + headers_bytes + len(data), headers_bytes)
        unchecked = b"".join((prelude, _CRC.pack(crc32(prelude)), _AUDIO_HEADERS, data))
        return self._signed(unchecked + _CRC.pack(crc32(unchecked)))

    def end(self) -> bytes:
        """Frame the signed nothing that ends the audio."""
        return self._signed(b"")

    def _signed(self, payload: bytes) -> bytes:
        now_ms = self._now_ms()
        if now_ms // 1000 != self._second:
            self._turn_to(now_ms // 1000)
        date_header = _DATE_PREFIX + _MILLISECONDS.pack(now_ms)
        to_sign = (
            f"{self._scope_lines}{self._prior.hex()}\n"
            f"{sha256(date_header).hexdigest()}\n{sha256(payload).hexdigest()}"
        )
        self._prior = signature = hmac.digest(self._key, to_sign.encode(), "sha256")
        prelude = _LENGTHS.pack(_OVERHEAD_BYTES + _SIGNED_HEADERS_BYTES + len(payload), _SIGNED_HEADERS_BYTES)
        unchecked = b"".join(
            (prelude, _CRC.pack(crc32(prelude)), date_header, _SIGNATURE_PREFIX, signature, payload)
        )
        return unchecked + _CRC.pack(crc32(unchecked))

    def _turn_to(self, second: int) -> None:
        """Make what is the same for every event of this second, and of this day the key."""
        parts = time.gmtime(second)
        day = f"{parts.tm_year:04d}{parts.tm_mon:02d}{parts.tm_mday:02d}"
        if day != self._day:
            key = self._secret
            for part in (day, self._region, SERVICE, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key = key
            self._day = day
        timestamp = f"{day}T{parts.tm_hour:02d}{parts.tm_min:02d}{parts.tm_sec:02d}Z"
        self._scope_lines = f"{ALGORITHM}\n{timestamp}\n{day}/{self._region}/{SERVICE}/aws4_request\n"
        self._second = second
