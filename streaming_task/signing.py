"""Sign requests to AWS (Signature Version 4) at the price of three hashes. Pure: no clock, no I/O.

The day's signing key is kept, so a request costs two SHA-256 and one HMAC. A path is given as it travels,
encoded once; every service but S3 signs it encoded a second time. Paths must be absolute and hold no empty
or dot segments, which S3 keeps and the other services would fold.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote

from streaming_task.ports import AwsCredentials

EMPTY_PAYLOAD_SHA256 = sha256(b"").hexdigest()
KEYS_KEPT = 8  # a rotation overlaps two secrets, midnight two days


class Signer:
    """Signs the requests to one service in one region."""

    def __init__(self, service: str, region: str) -> None:
        self._service = service
        self._region = region
        self._encodes_path_again = service != "s3"
        self._keys: dict[tuple[str, str], bytes] = {}
        self._second = -1
        self._timestamp = ""

    def sign(
        self,
        credentials: AwsCredentials,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        payload_sha256: str,
        now: float,
    ) -> dict[str, str]:
        """Give the headers to send: those given, signed, and the signature's own.

        `path` and `query` are as they travel (percent-encoded), header names in lower case with `host` among
        them, values without spaces at their ends; `payload_sha256` is in hex; `now` is Unix seconds.
        """
        timestamp = self._timestamp_at(now)
        scope = f"{timestamp[:8]}/{self._region}/{self._service}/aws4_request"
        signed = {**headers, "x-amz-date": timestamp}
        if credentials.session_token is not None:
            signed["x-amz-security-token"] = credentials.session_token
        names = sorted(signed)
        signed_names = ";".join(names)
        canonical_headers = "".join([f"{name}:{signed[name]}\n" for name in names])
        canonical_path = quote(path, safe="/~") if self._encodes_path_again else path
        canonical = (
            f"{method}\n{canonical_path}\n{_canonical_query(query)}\n"
            f"{canonical_headers}\n{signed_names}\n{payload_sha256}"
        )
        to_sign = f"AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        key = self._key(credentials.secret_access_key, timestamp[:8])
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        signed["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={credentials.access_key_id}/{scope}, "
            f"SignedHeaders={signed_names}, Signature={signature}"
        )
        return signed

    def _timestamp_at(self, now: float) -> str:
        second = int(now)
        if second != self._second:
            self._timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
            self._second = second
        return self._timestamp

    def _key(self, secret: str, day: str) -> bytes:
        key = self._keys.get((secret, day))
        if key is None:
            key = b"AWS4" + secret.encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            while len(self._keys) >= KEYS_KEPT:
                del self._keys[next(iter(self._keys))]
            self._keys[secret, day] = key
        return key


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&"))
    return "&".join(f"{name}={value}" for name, value in pairs)
