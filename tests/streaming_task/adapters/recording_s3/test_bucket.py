"""The bucket keeps what it is given once, and says so only when it is so; against moto's S3."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

import boto3
import pytest
from aiohttp import web

from contract.audio import Encoding
from contract.object_keys import part_key, parts_prefix, recording_key
from streaming_task.adapters.recording_s3 import RecordingBucket, bucket_url
from streaming_task.ports import Credentials, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"
USER = "auth0|o'neil & <co> é/="


class Lossy(Protocol):
    """The proxy that cuts answers."""

    url: str
    losses: int


@pytest.fixture
def s3(aws_url: str) -> S3Client:
    """Look at the bucket behind the adapter's back."""
    client: S3Client = boto3.client(
        "s3", endpoint_url=aws_url, region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b"
    )
    return client


@pytest.fixture
def bucket(s3: S3Client) -> str:
    """Make a bucket."""
    name = f"audio-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
async def store(aws_url: str, bucket: str, credentials: Credentials) -> AsyncIterator[RecordingBucket]:
    """Open the bucket by the adapter."""
    opened = RecordingBucket(url=bucket_url(bucket, REGION, aws_url), region=REGION, credentials=credentials)
    yield opened
    await opened.close()


def key_of(start: int, end: int, body: bytes) -> str:
    """Name a part of the test's session."""
    return part_key(USER, "s-1", start, end, sha256(body).hexdigest(), Encoding.PCM)


async def test_what_is_put_is_read(store: RecordingBucket, s3: S3Client, bucket: str) -> None:
    """Bytes and type are kept, under exactly the key, whatever characters a user's id has."""
    body = bytes(range(256)) * 500
    key = key_of(0, 64_000, body)

    await store.put(key, body, "application/octet-stream")

    found = s3.get_object(Bucket=bucket, Key=key)
    assert await store.read(key) == body == found["Body"].read()
    assert found["ContentType"] == "application/octet-stream"


async def test_a_second_put_is_a_success_that_changes_nothing(store: RecordingBucket) -> None:
    """The first owner's bytes stand; the second owner hears that the part is durable."""
    await store.put("recordings/u/s/manifest.json", b"first", "application/json")

    await store.put("recordings/u/s/manifest.json", b"second", "application/json")

    assert await store.read("recordings/u/s/manifest.json") == b"first"


@pytest.mark.parametrize("size", [4, 3_000_000])
async def test_a_put_whose_answer_was_lost_is_unavailable_and_then_durable(
    lossy: Lossy, bucket: str, credentials: Credentials, size: int
) -> None:
    """The outcome is unknown; the same put again settles it, with one object."""
    store = RecordingBucket(url=bucket_url(bucket, REGION, lossy.url), region=REGION, credentials=credentials)
    body = bytes(size)
    key = key_of(0, 2, body)
    lossy.losses = 2  # a lost connection is made good once

    with pytest.raises(Unavailable):
        await store.put(key, body, "audio/pcm")
    still_to_lose, lossy.losses = lossy.losses, 0
    await store.put(key, body, "audio/pcm")

    assert still_to_lose == 0
    assert [part.key for part in await store.list_parts(parts_prefix(USER, "s-1"))] == [key]
    assert await store.read(key) == body
    await store.close()


@pytest.mark.parametrize("size", [4, 3_000_000])
async def test_one_lost_answer_is_made_good_within_the_put(
    lossy: Lossy, bucket: str, credentials: Credentials, size: int
) -> None:
    """A connection that broke is no news to the caller if the second try finds the object there."""
    store = RecordingBucket(url=bucket_url(bucket, REGION, lossy.url), region=REGION, credentials=credentials)
    body = bytes(size)
    lossy.losses = 1

    await store.put(key_of(0, 2, body), body, "audio/pcm")

    assert await store.read(key_of(0, 2, body)) == body
    await store.close()


async def test_a_large_object_goes_through(store: RecordingBucket) -> None:
    """A finished recording is tens of megabytes."""
    body = bytes(9 * 1024 * 1024) + b"end"

    await store.put("recordings/u/s/recording.flac", body, "audio/flac")

    assert await store.read("recordings/u/s/recording.flac") == body


async def test_parts_are_listed_in_order_and_others_left_out(store: RecordingBucket) -> None:
    """A new owner rebuilds the recording from the names alone."""
    bodies = {(200, 300): b"c", (0, 100): b"a", (100, 200): b"b"}
    for (start, end), body in bodies.items():
        await store.put(key_of(start, end, body), body, "audio/pcm")
    await store.put(parts_prefix(USER, "s-1") + "stray.txt", b"x", "text/plain")
    await store.put(parts_prefix(USER, "s-11") + "x", b"x", "text/plain")

    parts = await store.list_parts(parts_prefix(USER, "s-1"))

    assert [(part.start, part.end) for part in parts] == [(0, 100), (100, 200), (200, 300)]
    assert parts[0].key == key_of(0, 100, b"a")
    assert parts[0].sha256_head == sha256(b"a").hexdigest()[:16]
    assert await store.list_parts("parts/nobody/") == []


async def test_listing_and_deleting_go_on_over_pages(
    aws_url: str, bucket: str, credentials: Credentials
) -> None:
    """A session of half an hour has more parts than a page of a listing."""
    store = RecordingBucket(
        url=bucket_url(bucket, REGION, aws_url), region=REGION, credentials=credentials, keys_at_once=3
    )
    for start in range(10):
        await store.put(key_of(start, start + 1, b""), b"", "audio/pcm")

    parts = await store.list_parts(parts_prefix(USER, "s-1"))
    await store.delete([part.key for part in parts])
    left = await store.list_parts(parts_prefix(USER, "s-1"))
    await store.close()

    assert [part.start for part in parts] == list(range(10))
    assert left == []


async def test_what_is_not_there_reads_as_none_and_is_deleted_in_peace(store: RecordingBucket) -> None:
    """Absence is an answer."""
    await store.delete(["recordings/u/s/absent & <gone>"])
    await store.delete([])

    assert await store.read("recordings/u/s/absent") is None


async def test_no_bucket_is_unavailable_never_silence(aws_url: str, credentials: Credentials) -> None:
    """A misnamed bucket must not look like an empty one."""
    store = RecordingBucket(
        url=bucket_url("no-such", REGION, aws_url), region=REGION, credentials=credentials
    )

    with pytest.raises(Unavailable):
        await store.put("parts/x", b"", "audio/pcm")
    with pytest.raises(Unavailable):
        await store.list_parts("parts/")
    with pytest.raises(Unavailable):
        await store.delete(["x"])
    await store.close()


@pytest.mark.parametrize("status", [409, 500, 503, 403, 301])
async def test_any_other_answer_to_a_put_is_unavailable(status: int, credentials: Credentials) -> None:
    """Only 200 and 412 mean durable. A conflict of two puts under way (409) means nothing yet."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"location": "/elsewhere"}, text="<Error/>")

    async with asyncio.timeout(5):
        application = web.Application()
        application.router.add_route("*", "/{key:.*}", answer)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        store = RecordingBucket(
            url=f"http://127.0.0.1:{runner.addresses[0][1]}/b", region=REGION, credentials=credentials
        )

        with pytest.raises(Unavailable) as unavailable:
            await store.put("parts/x", b"x", "audio/pcm")

        await store.close()
        await runner.cleanup()
    assert unavailable.value.code == f"http_{status}"


async def test_a_bucket_that_hangs_is_a_timeout(credentials: Credentials) -> None:
    """A slow S3 stalls acknowledgements, not the task."""

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    store = RecordingBucket(
        url=f"http://127.0.0.1:{port}/b", region=REGION, credentials=credentials, answer_s=0.1
    )

    with pytest.raises(Unavailable) as unavailable:
        await store.read(key_of(0, 1, b"x"))

    assert unavailable.value.code == "timeout"
    await store.close()
    server.close()


async def test_a_recording_has_more_time_to_come_than_a_part(
    aws_url: str, bucket: str, credentials: Credentials
) -> None:
    """A busy link takes minutes for half an hour of audio; a part that takes as long is lost on its way."""
    store = RecordingBucket(
        url=bucket_url(bucket, REGION, aws_url), region=REGION, credentials=credentials, answer_s=0.0
    )

    assert await store.read(recording_key(USER, "s-1", Encoding.PCM)) is None
    with pytest.raises(Unavailable, match="timeout"):
        await store.read(key_of(0, 1, b"x"))
    await store.close()


def test_the_bucket_has_its_own_host_at_aws_and_a_path_elsewhere() -> None:
    """AWS wants the bucket in the host name; an endpoint of one's own cannot have that."""
    assert bucket_url("b", "eu-west-1", None) == "https://b.s3.eu-west-1.amazonaws.com"
    assert bucket_url("b", "eu-west-1", "http://localhost:5002/") == "http://localhost:5002/b"
