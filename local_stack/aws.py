"""The AWS endpoint: moto behind a thin front that keeps connections alive and makes faults.

Run as a process of its own (`python -m local_stack.aws`), so that moto's work starves nobody. Its settings
come as JSON on stdin; it says `ready {...}` on stdout when everything is created. It may not write to the
disk: moto keeps all in memory, or spools it to TMPDIR.
"""

from __future__ import annotations

import asyncio
import functools
import io
import json
import logging
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import uvloop
from aiohttp import web
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from multidict import CIMultiDict

from local_stack.aws_calls import CallLog
from local_stack.aws_faults import AwsFaults, Call, error_body, expired_body, parse_rules, read_call
from local_stack.aws_resources import create_resources
from local_stack.aws_settings import AwsSettings, ResourceNames, SignInResources
from local_stack.credentials import CredentialsFile
from local_stack.http_port import HOST, HttpPort
from local_stack.logs import log_json_lines
from local_stack.moto_adjustments import (
    make_answers_cheap,
    make_index_queries_cheap,
    make_listings_cheap,
    make_lookups_cheap,
    make_transactions_cheap,
    set_token_lifetime,
    set_user_pool_id,
)

logger = logging.getLogger(__name__)

ADMIN_PATH: Final = "/_admin/aws"
CALLS_PATH: Final = "/_admin/aws/calls"
WHEN_EXPIRED: Final = "a call came with an expired key"
BUSY: Final = ("dynamodb", "s3")  # the services that get a thread of their own
OTHERS: Final = "others"
HOP_BY_HOP: Final = frozenset({"connection", "transfer-encoding", "keep-alive", "date", "server"})

WsgiApp = Callable[[dict[str, Any], Callable[..., object]], Any]


class AwsEndpoint:
    """Serve AWS on one port: every service moto has, `/_admin/aws` for faults, and who called what."""

    def __init__(self, port: int, credentials: CredentialsFile) -> None:
        """Prepare; port 0 takes a free one."""
        self._credentials = credentials
        self._faults = AwsFaults()
        self._calls = CallLog()
        self._moto: WsgiApp = DomainDispatcherApplication(create_backend_app)
        # moto checks a condition and then writes, with no lock between: one thread a service makes it atomic.
        self._threads = {name: ThreadPoolExecutor(1, thread_name_prefix=name) for name in (*BUSY, OTHERS)}
        self._http = HttpPort(self._serve, port, body_limit_bytes=0)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._http.number

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the port is taken.
        """
        make_transactions_cheap()
        make_answers_cheap()
        make_listings_cheap()
        make_index_queries_cheap()
        make_lookups_cheap()
        await self._http.open()

    async def stop(self) -> None:
        """Close the port and the threads."""
        await self._http.close()
        for threads in self._threads.values():
            threads.shutdown(wait=False, cancel_futures=True)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == ADMIN_PATH:
            return await self._admin(request)
        if request.path == CALLS_PATH:
            return web.json_response(self._calls.as_json())
        call = read_call(request.method, request.path, request.query, request.headers)
        issued = None if call.access_key_id is None else self._credentials.find(call.access_key_id)
        if issued is not None and self._credentials.has_expired(issued):
            logger.warning(WHEN_EXPIRED, extra={"service": call.service, "action": call.action})
            await request.read()
            status, content_type, body = expired_body(call)
            return web.Response(status=status, body=body, content_type=content_type)
        rule = self._faults.meet(call, None if issued is None else issued.task)
        body = await request.read()
        if issued is not None:
            self._calls.note(issued, call, request.path, body)
        if rule.delay_ms:
            await asyncio.sleep(rule.delay_ms / 1000)
        if rule.status is None:
            answer = await self._ask_moto(call, request, body)
        else:
            content_type, text = error_body(call, rule.status)
            answer = web.Response(status=rule.status, body=text, content_type=content_type)
        if rule.lose_answer and request.transport is not None:
            request.transport.abort()
        return answer

    async def _ask_moto(self, call: Call, request: web.BaseRequest, body: bytes) -> web.Response:
        environ = wsgi_environ(request, body, self.port)
        threads = self._threads[call.service if call.service in BUSY else OTHERS]
        ask = functools.partial(_call_wsgi, self._moto, environ)
        status, headers, content = await asyncio.get_running_loop().run_in_executor(threads, ask)
        return web.Response(status=status, headers=headers, body=content)

    async def _admin(self, request: web.BaseRequest) -> web.Response:
        match request.method:
            case "GET":
                pass
            case "PUT":
                try:
                    self._faults.replace(parse_rules(await request.read()))
                except ValueError as error:
                    return web.json_response({"message": str(error)}, status=400)
            case "DELETE":
                self._faults.replace(())
            case _:
                return web.json_response({"message": "aws takes GET, PUT and DELETE"}, status=405)
        return web.json_response(self._faults.as_json())


def wsgi_environ(request: web.BaseRequest, body: bytes, port: int) -> dict[str, Any]:
    """Give a request as WSGI has it, path and query untouched."""
    target = request.raw_path
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": HOST,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ[key] = value
        elif key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING", "EXPECT") and "_" not in name:
            joined = f"HTTP_{key}"
            environ[joined] = f"{environ[joined]},{value}" if joined in environ else value
    return environ


def _call_wsgi(app: WsgiApp, environ: dict[str, Any]) -> tuple[int, CIMultiDict[str], bytes]:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
        started.append((status, headers))

    answer = app(environ, start_response)
    try:
        content = b"".join(answer)
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()
    status, headers = started[-1]
    kept = CIMultiDict((name, value) for name, value in headers if name.lower() not in HOP_BY_HOP)
    if environ["REQUEST_METHOD"] != "HEAD":
        kept.popall("Content-Length", None)  # counted again from the content
    return int(status.split(" ", 1)[0]), kept, content


async def _run(settings: AwsSettings) -> None:
    stopping = asyncio.Event()
    for how in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(how, stopping.set)
    set_token_lifetime(settings.token_s)
    set_user_pool_id(settings.user_pool_id)
    endpoint = AwsEndpoint(settings.port, CredentialsFile(Path(settings.credentials_file)))
    await endpoint.start()
    url = f"http://{HOST}:{endpoint.port}"
    made: SignInResources = await asyncio.to_thread(create_resources, url, settings.names)
    sys.stdout.write(f"ready {json.dumps(asdict(made))}\n")
    sys.stdout.flush()
    await stopping.wait()
    await endpoint.stop()


def main() -> None:
    """Serve until told to stop."""
    given = json.load(sys.stdin)
    log_json_lines("INFO")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    names = given.pop("names")
    names["users"] = tuple(names["users"])
    uvloop.run(_run(AwsSettings(**given, names=ResourceNames(**names))))


if __name__ == "__main__":
    main()
