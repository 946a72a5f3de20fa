"""The AWS credentials of whoever starts the stack, for the one service that may be the real one: Transcribe.

A task has one set of credentials for everything. So it is handed the caller's own, and the stand-ins, which
know a key by the issuer's file, take them as they take any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import botocore.session
from botocore.exceptions import BotoCoreError

from local_stack.credentials import Issued, NotIssued
from local_stack.settings import REGION
from local_stack.start_failed import StartFailed

DOLLARS_A_MINUTE: Final = 0.075  # list price of US East; each stream counts 15 s at least
NOTHING_FOUND: Final = (
    "`--recognizer aws` needs your AWS credentials, and none were found: "
    "run `aws configure` or `aws sso login`, or set AWS_PROFILE."
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose credentials the tasks get, and where their Transcribe is."""

    region: str
    found: Any  # botocore's credentials, which renew themselves if they can

    def mint(self, expires_at: float, task: str | None) -> Issued:
        """Give the set that holds now, until `expires_at` or its own end.

        Raises:
            NotIssued: it has ended and cannot be renewed.
        """
        try:
            held = self.found.get_frozen_credentials()
        except (BotoCoreError, RuntimeError) as error:
            raise NotIssued(type(error).__name__) from None  # its text may quote an answer
        own_end: datetime | None = getattr(self.found, "_expiry_time", None)  # botocore tells it nowhere else
        ends_at = expires_at if own_end is None else min(expires_at, own_end.timestamp())
        return Issued(held.access_key, held.secret_key, held.token, ends_at, task)


def find_caller(session: Callable[[], Any] = botocore.session.Session) -> Caller:
    """Walk botocore's chain, as the AWS command line does.

    Raises:
        StartFailed: there are no credentials.
    """
    chain = session()
    try:
        found = chain.get_credentials()
        held = None if found is None else found.get_frozen_credentials()
    except (BotoCoreError, RuntimeError):
        raise StartFailed(NOTHING_FOUND) from None
    if held is None or not held.access_key or not held.secret_key:
        raise StartFailed(NOTHING_FOUND)
    return Caller(str(chain.get_config_variable("region") or REGION), found)
