"""Requests to Transcribe Medical signed by botocore: a second opinion on what a good signature is."""

from __future__ import annotations

from uuid import uuid4

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PATH = "/medical-stream-transcription"


def signed_headers(
    *,
    access_key_id: str = "AKIDLOCAL",
    secret: str = "secret",
    token: str | None = "token",
    region: str = "us-east-1",
    service: str = "transcribe",
    **parameters: str | None,
) -> dict[str, str]:
    """Give good headers but for the changes: `sample_rate="8000"` replaces, None leaves out."""
    values: dict[str, str | None] = {
        "language_code": "en-US",
        "sample_rate": "16000",
        "media_encoding": "pcm",
        "specialty": "PRIMARYCARE",
        "type": "DICTATION",
        "session_id": str(uuid4()),
        **parameters,
    }
    headers = {
        f"x-amzn-transcribe-{name.replace('_', '-')}": value
        for name, value in values.items()
        if value is not None
    }
    request = AWSRequest("POST", f"https://localhost{PATH}", data=b"", headers=headers)
    SigV4Auth(Credentials(access_key_id, secret, token), service, region).add_auth(request)
    return {
        ":method": "POST",
        ":path": PATH,
        ":authority": "localhost",
        **{name.lower(): value for name, value in request.headers.items()},
    }
