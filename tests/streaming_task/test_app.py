"""The task's own clients find the endpoints that the environment names."""

from __future__ import annotations

import pytest

from streaming_task.app import endpoint_url


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, None),
        ({"AWS_ENDPOINT_URL": ""}, None),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ({"AWS_ENDPOINT_URL": "http://x:1", "AWS_ENDPOINT_URL_DYNAMODB": "http://y:2"}, "http://y:2"),
        ({"AWS_ENDPOINT_URL_S3": "http://x:1"}, None),
    ],
)
def test_an_endpoint_is_the_services_own_or_that_of_all(environ: dict[str, str], url: str | None) -> None:
    """The same two variables, in the same order, as the SDKs read."""
    assert endpoint_url("DYNAMODB", environ) == url
