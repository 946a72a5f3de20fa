"""A task knows where it can be reached, or says in a sentence why it does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from streaming_task.address import METADATA_VARIABLE, NoAddress, listening_host, task_address

METADATA = {"Networks": [{"NetworkMode": "awsvpc", "IPv4Addresses": ["10.0.7.8"]}]}


@contextmanager
def metadata_server(body: bytes) -> Iterator[str]:
    """Answer every request with some bytes, as the whole response if they begin so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not body.startswith(b"garbage"):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v4/abc"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def test_what_is_told_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No question is asked when the answer was given."""
    monkeypatch.setenv(METADATA_VARIABLE, "http://127.0.0.1:9/never-asked")

    assert task_address("127.0.0.1:5010", 8080) == "127.0.0.1:5010"


def test_ecs_is_asked_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """The container's own address, with the port the task listens on."""
    with metadata_server(json.dumps(METADATA).encode()) as url:
        monkeypatch.setenv(METADATA_VARIABLE, url)

        assert task_address(None, 8080) == "10.0.7.8:8080"


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b"null", b"{}", b'{"Networks": []}', b'{"Networks": null}', b"garbage\r\n\r\n"],
)
def test_metadata_without_an_address_are_told_in_a_sentence(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the endpoint answers, the task ends with one reason and no traceback of a parser."""
    with metadata_server(body) as url:
        monkeypatch.setenv(METADATA_VARIABLE, url)

        with pytest.raises(NoAddress, match="name no address"):
            task_address(None, 8080)


@pytest.mark.parametrize("value", ["", "file:///etc/passwd", "ftp://127.0.0.1/"])
def test_only_http_is_asked(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable comes from outside: it opens no file."""
    monkeypatch.setenv(METADATA_VARIABLE, value)

    with pytest.raises(NoAddress, match="TASK_ADDRESS"):
        task_address(None, 8080)


@pytest.mark.parametrize(("told", "host"), [(None, "0.0.0.0"), ("127.0.0.1:5010", "127.0.0.1")])
def test_a_task_listens_where_it_was_told_that_it_is(told: str | None, host: str) -> None:
    """On a laptop in a shared network nobody else may speak to it; a container has no other interface."""
    assert listening_host(told) == host
