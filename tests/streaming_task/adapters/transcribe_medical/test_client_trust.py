"""Whom the client is to the service, and whom it takes for it: a wrong one is refused, told by its code."""

from __future__ import annotations

import pytest

from local_stack.transcribe.signature import KnownKey
from streaming_task.adapters.transcribe_medical import TranscribeMedical
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.ports import AwsCredentials, StreamRefused, Unavailable
from tests.fakes.transcribe import (
    KEY,
    FakeCredentials,
    Rig,
    read_all,
    settings,
)

CHUNK = bytes(6_400)  # 200 ms at 16 kHz


async def test_credentials_are_pinned_to_the_stream(rig: Rig) -> None:
    """They rotate in mid-stream: it goes on with its own, the next one has the new."""
    rig.credentials.now = AwsCredentials("AKIDOLD", "old", "old-token", 5_000_000_000.0)
    rig.keys.keys = {"AKIDOLD": KnownKey("old", "old-token", None)}
    old = await rig.client.open(settings())
    rig.credentials.now = AwsCredentials("AKIDNEW", "new", "new-token", None)
    rig.keys.keys = {"AKIDNEW": KnownKey("new", "new-token", None)}

    new = await rig.client.open(settings())
    for stream in (old, new):
        stream.send_audio(CHUNK)
        stream.send_audio(CHUNK)
        stream.end()

    assert [(await read_all(stream))[1].end for stream in (old, new)] == [StreamEnd.CLEAN] * 2
    assert (old.expires_at, new.expires_at) == (5_000_000_000.0, None)


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        (AwsCredentials("AKIDNOBODY", "secret", "token", None), "UnrecognizedClientException"),
        (AwsCredentials(KEY.access_key_id, "wrong", "token", None), "InvalidSignatureException"),
        (AwsCredentials(KEY.access_key_id, "secret", "stale", None), "UnrecognizedClientException"),
        (AwsCredentials(KEY.access_key_id, "secret", None, None), "UnrecognizedClientException"),
    ],
)
async def test_bad_credentials_are_refused_not_retried_as_trouble(
    rig: Rig, credentials: AwsCredentials, code: str
) -> None:
    """An operator must see this apart from an outage."""
    rig.credentials.now = credentials

    with pytest.raises(StreamRefused) as refused:
        await rig.client.open(settings())

    assert refused.value.ended == Ended(StreamEnd.REFUSED, code)


async def test_no_credentials_are_a_refusal_with_their_own_code(rig: Rig) -> None:
    """Their source failed; the service was not asked."""

    class NoCredentials(FakeCredentials):
        async def current(self) -> AwsCredentials:
            raise Unavailable("CredentialsEndpoint")

    client = TranscribeMedical(
        region="us-east-1",
        endpoint_url=rig.server.endpoint_url,
        ca_file=str(rig.server.ca_file),
        credentials=NoCredentials(),
    )

    with pytest.raises(StreamRefused) as refused:
        await client.open(settings())

    assert refused.value.ended == Ended(StreamEnd.UNAVAILABLE, "CredentialsEndpoint")


@pytest.mark.parametrize("url", ["http://transcribe.example", "http://10.0.0.1:5003", "ftp://localhost", ""])
def test_speech_does_not_leave_the_machine_unencrypted(url: str) -> None:
    """A slip in the settings stops the task at its start."""
    with pytest.raises(ValueError, match="https"):
        TranscribeMedical(region="us-east-1", endpoint_url=url, ca_file=None, credentials=FakeCredentials())


async def test_a_server_that_cannot_prove_who_it_is_gets_nothing(rig: Rig) -> None:
    """Without the stand-in's own authority the system's trust holds, and it is not in it."""
    client = TranscribeMedical(
        region="us-east-1",
        endpoint_url=rig.server.endpoint_url,
        ca_file=None,
        credentials=FakeCredentials(),
    )

    with pytest.raises(StreamRefused) as refused:
        await client.open(settings())

    assert refused.value.ended == Ended(StreamEnd.LOST, "Tls")
