"""Keep audio in the bucket. Every object is written once (`If-None-Match: *`); nothing is retried here.

Our own client with our own signature for all of it: parts are written for every session every two seconds, at
a fraction of an SDK's price, and the rare calls then need no second way. No encryption is asked for by
header: naming `aws:kms` without a key would replace the bucket's own default key by the account's.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from urllib.parse import quote, urlsplit

from contract.audio import BYTES_PER_SAMPLE, TRANSCRIBE_MAX_RATE_HZ
from contract.object_keys import parse_part_key
from contract.wire import DURATION_LIMIT_S
from streaming_task.adapters.recording_s3.documents import (
    Listing,
    delete_request,
    deletion_failures,
    read_listing,
)
from streaming_task.http_client import Answer, HttpClient, HttpFailed
from streaming_task.ports import Credentials, StoredPart, Unavailable
from streaming_task.signing import Signer

CONNECTIONS = 64  # 100 sessions write 50 parts a second, at some 50 ms each
CONNECT_S = 3.0
ANSWER_S = 10.0  # for anything of a part's size ...
SLOWEST_BYTES_PER_S = 1024 * 1024  # ... and so much longer for what is larger
LARGEST_RECORDING_BYTES = int(DURATION_LIMIT_S) * TRANSCRIBE_MAX_RATE_HZ * BYTES_PER_SAMPLE  # not coded
KEEP_ALIVE_S = 15.0  # S3 closes idle connections after some 20 s
MOST_ANSWER_BYTES = 512 * 1024 * 1024  # the largest recording has a third of that
LARGE_BYTES = 1024 * 1024  # hashing more than this would hold up the loop
KEYS_AT_ONCE = 1000  # the most that a page of a listing gives and that one deletion takes


def bucket_url(bucket: str, region: str, endpoint_url: str | None) -> str:
    """Give a bucket's address: its own host at AWS, a path below any other endpoint."""
    if endpoint_url is None:
        return f"https://{bucket}.s3.{region}.amazonaws.com"
    return f"{endpoint_url.rstrip('/')}/{bucket}"


class RecordingBucket:
    """Implements `AudioStore`. Build it inside a running loop; `clock` gives Unix seconds."""

    def __init__(
        self,
        *,
        url: str,
        region: str,
        credentials: Credentials,
        clock: Callable[[], float] = time.time,
        answer_s: float = ANSWER_S,
        keys_at_once: int = KEYS_AT_ONCE,
    ) -> None:
        """Use the bucket at that address (see `bucket_url`)."""
        self._root = f"{urlsplit(url).path}/"
        self._credentials = credentials
        self._clock = clock
        self._answer_s = answer_s
        self._keys_at_once = keys_at_once
        self._signer = Signer("s3", region)
        self._http = HttpClient(
            url,
            connections=CONNECTIONS,
            connect_s=CONNECT_S,
            keep_s=KEEP_ALIVE_S,
            most_answer_bytes=MOST_ANSWER_BYTES,
        )

    async def put(self, key: str, body: bytes, content_type: str) -> None:
        """Write an object unless it is there; return when it is durable.

        Raises:
            Unavailable: it may or may not be there.
        """
        digest = await _sha256(body)
        headers = {
            "content-type": content_type,
            "if-none-match": "*",
            # Kept with the object, and refused if the bytes on arrival have another.
            "x-amz-checksum-sha256": base64.b64encode(digest).decode(),
        }
        answer = await self._ask("PUT", key, "", headers, body, digest)
        if answer.status not in (200, 412):
            raise Unavailable(f"http_{answer.status}")

    async def list_parts(self, prefix: str) -> list[StoredPart]:
        """List the parts under a prefix, by start.

        Raises:
            Unavailable: the listing failed.
        """
        parts: list[StoredPart] = []
        token: str | None = None
        while True:
            page = await self._list_page(prefix, token)
            parts.extend(part for key in page.keys if (part := _stored_part(key)) is not None)
            token = page.next_token
            if token is None:
                return sorted(parts, key=lambda part: (part.start, part.end))

    async def read(self, key: str) -> bytes | None:
        """Read an object; None if there is none. What is no part has the time of the largest recording.

        Raises:
            Unavailable: it could not be read.
        """
        expected_bytes = LARGEST_RECORDING_BYTES if _stored_part(key) is None else 0
        answer = await self._ask("GET", key, "", {}, expected_bytes=expected_bytes)
        match answer.status:
            case 200:
                return answer.body
            case 404:
                return None
            case status:
                raise Unavailable(f"http_{status}")

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; absent ones are no error.

        Raises:
            Unavailable: some may be left.
        """
        for first in range(0, len(keys), self._keys_at_once):
            document = delete_request(keys[first : first + self._keys_at_once])
            digest = sha256(document).digest()
            headers = {
                "content-type": "application/xml",
                "x-amz-checksum-sha256": base64.b64encode(digest).decode(),
            }
            answer = await self._ask("POST", "", "delete=", headers, document, digest)
            if answer.status != 200:
                raise Unavailable(f"http_{answer.status}")
            failures = deletion_failures(answer.body)
            if failures:
                raise Unavailable(failures[0])

    async def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    async def _list_page(self, prefix: str, token: str | None) -> Listing:
        query = f"list-type=2&max-keys={self._keys_at_once}&prefix={quote(prefix, safe='')}"
        if token is not None:
            query = f"continuation-token={quote(token, safe='')}&{query}"
        answer = await self._ask("GET", "", query, {})
        if answer.status != 200:
            raise Unavailable(f"http_{answer.status}")
        return read_listing(answer.body)

    async def _ask(
        self,
        method: str,
        key: str,
        query: str,
        headers: dict[str, str],
        body: bytes = b"",
        digest: bytes | None = None,
        *,
        expected_bytes: int = 0,
    ) -> Answer:
        credentials = await self._credentials.current()
        path = self._root + quote(key, safe="/~")
        payload_sha256 = (digest or sha256(body).digest()).hex()
        signed = self._signer.sign(
            credentials,
            method,
            path,
            query,
            {"host": self._http.host, "x-amz-content-sha256": payload_sha256, **headers},
            payload_sha256,
            self._clock(),
        )
        try:
            return await self._http.ask(
                method,
                f"{path}?{query}" if query else path,
                signed,
                body,
                within_s=self._answer_s + (len(body) + expected_bytes) / SLOWEST_BYTES_PER_S,
                may_repeat=True,  # written once, read, or deleted: none of it does harm a second time
            )
        except HttpFailed as failed:
            raise Unavailable(failed.code) from failed


def _stored_part(key: str) -> StoredPart | None:
    try:
        name = parse_part_key(key)
    except ValueError:
        return None  # not ours to judge
    return StoredPart(key, name.start, name.end, name.sha256_head)


async def _sha256(body: bytes) -> bytes:
    if len(body) > LARGE_BYTES:
        return await asyncio.to_thread(lambda: sha256(body).digest())
    return sha256(body).digest()
