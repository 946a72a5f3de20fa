"""The running stand-in: what only shows on the wire, over HTTP/2 and over its admin."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from uuid import uuid4

import pytest

from local_stack.transcribe.limits import Limits
from streaming_task.adapters.transcribe_medical.framing import EventFramer
from streaming_task.adapters.transcribe_medical.http2_exchange import Http2Exchange, Http2Head, Http2Limits
from streaming_task.adapters.transcribe_medical.http2_transport import Http2Transport
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.ports import StreamRefused
from tests.fakes.signed_request import PATH, signed_headers
from tests.fakes.transcribe import FakeRecognisers, Rig, read_all, running, settings

CHUNK = bytes(6_400)


async def ask(rig: Rig, headers: dict[str, str], path: str = PATH, method: str = "POST") -> Http2Exchange:
    transport = Http2Transport(
        ca_file=str(rig.server.ca_file), connect_s=2.0, limits=Http2Limits(2.0, 2.0, 5.0, 100_000)
    )
    fields = [(name, value) for name, value in headers.items() if not name.startswith(":")]
    return await transport.make_request(
        f"{rig.server.endpoint_url}{path}", method, [("host", "localhost"), *fields]
    )


async def answer(exchange: Http2Exchange) -> tuple[int, str, bytes]:
    head = await exchange.head()
    assert isinstance(head, Http2Head)
    body = b""
    while not isinstance(chunk := await exchange.chunk(), Ended):
        body += chunk
    return head.status, head.headers.get("x-amzn-errortype", "").split(":")[0], body


# -- the request --------------------------------------------------------------------------------------


async def test_a_good_request_is_answered_before_any_audio_and_echoed(rig: Rig) -> None:
    """A client may wait for the headers before it speaks."""
    session_id = str(uuid4())
    exchange = await ask(rig, signed_headers(session_id=session_id))

    head = await exchange.head()

    assert isinstance(head, Http2Head)
    assert head.status == 200
    assert head.headers["x-amzn-transcribe-session-id"] == session_id
    assert head.headers["x-amzn-transcribe-specialty"] == "PRIMARYCARE"
    assert head.headers["x-amzn-request-id"]
    exchange.abort()


@pytest.mark.parametrize(
    ("changes", "status", "name"),
    [
        ({"sample_rate": "8000"}, 400, "BadRequestException"),
        ({"language_code": "en-AU"}, 400, "BadRequestException"),
        ({"type": None}, 400, "BadRequestException"),
        ({"media_encoding": "flac"}, 400, "BadRequestException"),
        ({"secret": "guessed"}, 403, "InvalidSignatureException"),
        ({"access_key_id": "AKIDSTRANGER"}, 403, "UnrecognizedClientException"),
    ],
)
async def test_a_bad_request_is_answered_with_its_exception(
    rig: Rig, changes: dict[str, str], status: int, name: str
) -> None:
    """Status, error type and a JSON body with a sentence, as the service answers."""
    exchange = await ask(rig, signed_headers(**changes))

    got_status, got_name, body = await answer(exchange)

    assert (got_status, got_name) == (status, name)
    assert body.startswith(b'{"Message": "')


@pytest.mark.parametrize(
    ("path", "method"), [("/stream-transcription", "POST"), (PATH, "GET"), (PATH + "?a=1", "POST")]
)
async def test_there_is_one_operation(rig: Rig, path: str, method: str) -> None:
    """Everything else is unknown."""
    exchange = await ask(rig, signed_headers(), path=path, method=method)

    assert (await answer(exchange))[:2] == (404, "UnknownOperationException")


async def test_the_quota_counts_open_streams(certificates: Path) -> None:
    """One over it is LimitExceededException; an ended stream makes room; a takeover needs none."""
    async with running(
        certificates, recognisers=FakeRecognisers(), limits=Limits(transcribe_streams=1)
    ) as rig:
        first_settings = settings()
        first = await rig.client.open(first_settings)
        with pytest.raises(StreamRefused) as refused:
            await rig.client.open(settings())
        assert refused.value.ended.end is StreamEnd.LIMIT_EXCEEDED

        second = await rig.client.open(first_settings)
        assert (await read_all(first))[1].end is StreamEnd.CONFLICT
        second.end()
        await read_all(second)

        (await rig.client.open(settings())).abort()


async def test_keys_that_cannot_be_read_are_the_services_own_failure(rig: Rig) -> None:
    """Not the client's: it is told so, and may come again."""
    rig.keys.is_readable = False

    with pytest.raises(StreamRefused) as refused:
        await rig.client.open(settings())

    assert refused.value.ended.end is StreamEnd.INTERNAL


async def test_rubbish_on_one_connection_is_nothing_to_another(rig: Rig) -> None:
    """A client that speaks no HTTP/2 is hung up on; streams go on."""
    stream = await rig.client.open(settings())
    trust = ssl.create_default_context(cafile=str(rig.server.ca_file))
    trust.set_alpn_protocols(["h2"])
    reader, writer = await asyncio.open_connection("localhost", rig.server.port, ssl=trust)

    writer.write(b"GET / HTTP/1.1\r\n\r\n" * 3)
    await reader.read()

    writer.transport.abort()
    stream.send_audio(CHUNK)
    stream.end()
    assert (await read_all(stream))[1].end is StreamEnd.CLEAN


# -- the events ---------------------------------------------------------------------------------------


def framer_for(headers: dict[str, str]) -> EventFramer:
    seed = bytes.fromhex(headers["authorization"].split("Signature=")[1])
    return EventFramer(secret_access_key="secret", region="us-east-1", seed=seed)


@pytest.mark.parametrize("part", ["prelude", "signature", "audio", "checksum"])
async def test_a_flipped_byte_ends_the_stream(rig: Rig, part: str) -> None:
    """Wherever it is, nothing of that event is heard."""
    headers = signed_headers()
    frame = bytearray(framer_for(headers).audio(bytes(1_000)))
    frame[{"prelude": 3, "signature": 60, "audio": 600, "checksum": -1}[part]] ^= 1
    exchange = await ask(rig, headers)
    await exchange.head()

    exchange.write(bytes(frame))
    _, _, body = await answer(exchange)

    assert b"BadRequestException" in body
    assert rig.server.account.counts["audio_events"] == 0


async def test_a_good_frame_with_a_signature_of_another_chain_ends_the_stream(rig: Rig) -> None:
    """Well-formed and checksummed, but signed from another request's seed."""
    headers = signed_headers()
    exchange = await ask(rig, headers)
    await exchange.head()

    exchange.write(framer_for(signed_headers(specialty="UROLOGY")).audio(CHUNK))
    _, _, body = await answer(exchange)

    assert b"signature we calculated does not match" in body


@pytest.mark.parametrize(("rate_hz", "size"), [(16_000, 32_002), (48_000, 32_770)])
async def test_a_chunk_over_32_kb_or_a_second_is_too_big(rig: Rig, rate_hz: int, size: int) -> None:
    """The service's own words for it."""
    headers = signed_headers(sample_rate=str(rate_hz))
    exchange = await ask(rig, headers)
    await exchange.head()

    exchange.write(framer_for(headers).audio(bytes(size)))
    _, _, body = await answer(exchange)

    assert b"Your stream is too big" in body


async def test_a_stream_ends_at_its_longest(certificates: Path) -> None:
    """Four hours there, less here."""
    async with running(certificates, recognisers=FakeRecognisers(), limits=Limits(stream_s=0.05)) as rig:
        stream = await rig.client.open(settings())

        assert (await read_all(stream))[1].end is StreamEnd.LIMIT_EXCEEDED


async def test_silence_is_called_by_its_name(certificates: Path) -> None:
    """The message names the limit, as the service's does."""
    async with running(certificates, recognisers=FakeRecognisers(), limits=Limits(silence_s=0.05)) as rig:
        exchange = await ask(rig, signed_headers())

        _, _, body = await answer(exchange)

    assert b"no new audio was received for 0.05 seconds" in body


async def test_audio_puts_the_silence_off(certificates: Path) -> None:
    """The limit counts from the last audio, not from the start."""
    async with running(certificates, recognisers=FakeRecognisers(), limits=Limits(silence_s=0.1)) as rig:
        loop = asyncio.get_running_loop()
        stream = await rig.client.open(settings())
        spoken_at_s = loop.time()
        stream.send_audio(CHUNK)

        _, ended = await read_all(stream)

    assert ended.end is StreamEnd.BAD_REQUEST
    assert loop.time() - spoken_at_s >= 0.1


async def test_a_reset_that_comes_with_the_last_audio_closes_the_stream(rig: Rig) -> None:
    """Both in one read: the answer to the audio finds the stream closed. It must not be counted as open."""
    for _ in range(3):
        stream = await rig.client.open(settings())
        stream.send_audio(CHUNK)
        stream.abort()
    last = await rig.client.open(settings())
    last.end()
    await read_all(last)

    assert not any(each["open"] for each in rig.server.account.describe_streams())


async def test_a_client_that_leaves_frees_its_recogniser(certificates: Path) -> None:
    """Reset or gone, the stream is closed and listed as such."""
    recognisers = FakeRecognisers()
    async with running(certificates, recognisers=recognisers) as rig:
        stream = await rig.client.open(settings())
        stream.send_audio(CHUNK)
        await stream.read()
        stream.abort()
        other = await rig.client.open(settings())
        other.end()
        await read_all(other)

        assert [each.is_closed for each in recognisers.opened] == [True, True]
        assert [each["open"] for each in rig.server.account.describe_streams()] == [False, False]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_only_http2_is_spoken(rig: Rig, host: str) -> None:
    """ALPN settles on h2, under either name of this machine."""
    trust = ssl.create_default_context(cafile=str(rig.server.ca_file))
    trust.set_alpn_protocols(["h2", "http/1.1"])

    _, writer = await asyncio.open_connection(host, rig.server.port, ssl=trust)

    assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
    writer.transport.abort()
