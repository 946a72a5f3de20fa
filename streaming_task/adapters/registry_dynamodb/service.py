"""Speak DynamoDB's JSON protocol: sign, send, try again when that may help. It knows no table and no item.

What boto3 does in ten times the CPU: attributes come as DynamoDB takes them, so nothing is left to serialise.
Every write is conditional, but one that deletes, so that a second attempt after a lost answer is harmless.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

from streaming_task.adapters.registry_dynamodb.retries import RetryBudget, may_pass
from streaming_task.http_client import Answer, HttpClient, HttpFailed
from streaming_task.ports import Credentials
from streaming_task.signing import Signer

TARGET = "DynamoDB_20120810."
CONTENT_TYPE = "application/x-amz-json-1.0"
OK = 200
KEEP_S = 15.0  # an idle connection; DynamoDB itself ends one after a longer while
MOST_ANSWER_BYTES = 32 * 1024 * 1024  # it gives 16 MB at most
BAD_ANSWER = "bad_answer"  # the code of what DynamoDB would not say


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may take, in seconds, and how many are made at once."""

    at_once: int
    connect_s: float
    answer_s: float  # for one attempt, in which the connection is made if there is none
    attempts: int
    turn_s: float  # until others have ended; a call that starts later is one more that nobody waits for
    call_s: float  # all in all


class CallFailed(Exception):
    """A call got no good answer: its code, and of a transaction each write's. Never leaves this package."""

    def __init__(self, code: str, *, may_pass: bool, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.may_pass = may_pass  # the same again may fare better
        self.reasons = reasons


class DynamoService:
    """Build it inside a running loop; `now` gives Unix seconds."""

    def __init__(
        self,
        *,
        url: str,
        region: str,
        credentials: Credentials,
        patience: Patience,
        now: Callable[[], float],
        random: Random,
    ) -> None:
        """Use DynamoDB at that address (see `dynamodb_url`)."""
        self._credentials = credentials
        self._patience = patience
        self._now = now
        self._budget = RetryBudget(random)
        self._signer = Signer("dynamodb", region)
        self._http = HttpClient(
            url,
            connections=patience.at_once,
            connect_s=patience.connect_s,
            keep_s=KEEP_S,
            most_answer_bytes=MOST_ANSWER_BYTES,
        )

    async def call(self, operation: str, request: Mapping[str, object]) -> dict[str, Any]:
        """Make a call and give DynamoDB's answer.

        Raises:
            CallFailed: there is none. Unless a condition is named, whether it was done is unknown.
            Unavailable: there are no credentials.
        """
        body = json.dumps(request, separators=(",", ":")).encode()
        spent = retries = 0
        while True:
            try:
                content = await self._attempt(operation, body)
            except CallFailed as failed:
                retries += 1
                cost = None
                if failed.may_pass and retries < self._patience.attempts:
                    cost = self._budget.spend(failed.code)
                if cost is None:
                    raise
                spent, pause_s = cost, self._budget.pause_s(failed.code, retries)
            else:
                self._budget.succeeded(spent)
                return content
            await asyncio.sleep(pause_s)

    async def close(self) -> None:
        """End every connection."""
        self._http.close()

    async def _attempt(self, operation: str, body: bytes) -> dict[str, Any]:
        headers = self._signer.sign(
            await self._credentials.current(),
            "POST",
            "/",
            "",
            {"host": self._http.host, "content-type": CONTENT_TYPE, "x-amz-target": TARGET + operation},
            sha256(body).hexdigest(),
            self._now(),
        )
        try:
            answer = await self._http.ask("POST", "/", headers, body, within_s=self._patience.answer_s)
        except HttpFailed as failed:
            raise CallFailed(failed.code, may_pass=True) from failed
        content = _content_of(answer)
        if answer.status == OK:
            if content is None:
                raise CallFailed(BAD_ANSWER, may_pass=True)
            return content
        code, reasons = _told(content or {}, f"http_{answer.status}")
        raise CallFailed(code, may_pass=may_pass(answer.status, code), reasons=reasons)


def dynamodb_url(region: str, endpoint_url: str | None) -> str:
    """Give DynamoDB's address: the region's own unless another endpoint is given."""
    return endpoint_url or f"https://dynamodb.{region}.amazonaws.com"


def _content_of(answer: Answer) -> dict[str, Any] | None:
    """Read an answer's JSON; None: it is not what was sent, or not what DynamoDB says."""
    checksum = answer.headers.get(b"x-amz-crc32")
    if checksum is not None and checksum != b"%d" % zlib.crc32(answer.body):
        return None
    try:
        content = json.loads(answer.body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _told(content: dict[str, Any], otherwise: str) -> tuple[str, tuple[str, ...]]:
    kind = content.get("__type")
    reasons = content.get("CancellationReasons")
    return (
        kind.rpartition("#")[2] if isinstance(kind, str) else otherwise,
        tuple(_reason_code(reason) for reason in reasons) if isinstance(reasons, list) else (),
    )


def _reason_code(reason: object) -> str:
    code = reason.get("Code", "None") if isinstance(reason, dict) else None
    return code if isinstance(code, str) else BAD_ANSWER
