"""Task credentials that rotate: who issued which, until when, and a file that the other parts read them from.

What ECS and STS do between them. The file is the one source for every part that verifies a signature.
It may not serve anything: `http_api` answers the tasks.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import secrets
import string
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

logger = logging.getLogger(__name__)

VALID_PER_ROTATION: Final = 1.5  # ECS hands out the next set well before the last one expires
REMEMBERED_S: Final = 3600.0  # an expired key is refused by name for so long, then unknown
KEY_CHARACTERS: Final = string.ascii_uppercase + string.digits[2:8]


@dataclass(frozen=True, slots=True)
class Issued:
    """One set of credentials; `expires_at` is Unix seconds, None for ever; `task` names its holder."""

    access_key_id: str
    secret: str
    token: str | None
    expires_at: float | None
    task: str | None

    def __repr__(self) -> str:
        """Name the key, never the secret."""
        return f"Issued({self.access_key_id})"


class NotIssued(Exception):
    """There is no new set to be had now; the text is a code."""


Mint = Callable[[float, str | None], Issued]
"""Makes a set that is good until then, at the most, for the task of that id; may raise `NotIssued`."""


def mint_credentials(expires_at: float, task: str | None) -> Issued:
    """Make a set that nobody had before, as STS does."""
    return Issued(_key_id("ASIA"), secrets.token_urlsafe(30), secrets.token_urlsafe(96), expires_at, task)


class CredentialIssuer:
    """Issue credentials to holders, and write what is issued to a file whenever it changes."""

    def __init__(
        self,
        file: Path,
        rotate_s: float,
        clock: Callable[[], float] = time.time,
        mint: Mint = mint_credentials,
    ) -> None:
        """Begin with no holder; `rotate_s` is how long a holder is given the same set."""
        self._file = file
        self._rotate_s = rotate_s
        self._clock = clock
        self._mint = mint
        self._current: dict[str, Issued] = {}
        self._rotates_at: dict[str, float] = {}
        self._passwords: dict[str, str] = {}
        self._issued: dict[str, Issued] = {}

    def admit(self, holder: str) -> str:
        """Let a task ask for credentials; gives the Authorization header that it must show."""
        self._passwords[holder] = secrets.token_urlsafe(32)
        self._rotate(holder, None)
        return self._passwords[holder]

    def issue_permanent(self, holder: str) -> Issued:
        """Issue a set that never expires, as a Lambda function's looks for as long as it lives here."""
        issued = Issued(_key_id("AKIA"), secrets.token_urlsafe(30), None, None, holder)
        self._current[holder] = issued
        self._issued[issued.access_key_id] = issued
        self._write()
        return issued

    def name(self, holder: str, task_id: str) -> None:
        """Say which task a holder turned out to be."""
        for key, issued in list(self._issued.items()):
            if issued is self._current[holder]:
                named = Issued(key, issued.secret, issued.token, issued.expires_at, task_id)
                self._issued[key] = self._current[holder] = named
        self._write()

    def dismiss(self, holder: str) -> None:
        """Refuse a holder from now on; what it holds stays good to its end."""
        self._passwords.pop(holder, None)

    def current(self, holder: str, authorisation: str | None) -> Issued | None:
        """Give a holder its set, a fresh one when it is due; None: not a holder, or it did not prove it."""
        password = self._passwords.get(holder)
        given = (authorisation or "").encode("utf-8", "surrogateescape")
        if password is None or not hmac.compare_digest(given, password.encode()):
            return None
        if self._clock() >= self._rotates_at[holder]:
            try:
                self._rotate(holder, self._current[holder].task)
            except NotIssued as reason:  # the set at hand is good to its end
                logger.warning("no new credentials", extra={"reason": str(reason)})
        return self._current[holder]

    def _rotate(self, holder: str, task: str | None) -> None:
        now = self._clock()
        issued = self._mint(now + self._rotate_s * VALID_PER_ROTATION, task)
        good_for_s = self._rotate_s if issued.expires_at is None else issued.expires_at - now
        self._rotates_at[holder] = now + good_for_s / VALID_PER_ROTATION
        self._current[holder] = issued
        self._issued[issued.access_key_id] = issued
        for key, old in list(self._issued.items()):
            if old.expires_at is not None and old.expires_at + REMEMBERED_S < now:
                del self._issued[key]
        self._write()

    def _write(self) -> None:
        known = {
            key: {name: value for name, value in asdict(issued).items() if name != "access_key_id"}
            for key, issued in self._issued.items()
        }
        write_private(self._file, json.dumps(known))


class CredentialsFile:
    """Look credentials up in the issuer's file, read again whenever it changes."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        """Look into that file, which need not be there yet."""
        self._file = file
        self._clock = clock
        self._read_at: tuple[int, int] | None = None
        self._known: dict[str, Issued] = {}

    def find(self, access_key_id: str) -> Issued | None:
        """Give what was issued under that key, expired or not."""
        try:
            status = self._file.stat()
        except FileNotFoundError:
            return None
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._read_at:
            stored: dict[str, dict[str, Any]] = json.loads(self._file.read_text())
            self._known = {key: Issued(key, **fields) for key, fields in stored.items()}
            self._read_at = stamp
        return self._known.get(access_key_id)

    def has_expired(self, issued: Issued) -> bool:
        """Say whether a set is past its time."""
        return issued.expires_at is not None and issued.expires_at <= self._clock()

    def lookup(self, access_key_id: str) -> tuple[str, str | None, float | None] | None:
        """Give secret, session token and Unix expiry of a key, None if it was never issued."""
        issued = self.find(access_key_id)
        return None if issued is None else (issued.secret, issued.token, issued.expires_at)


def write_private(file: Path, text: str) -> None:
    """Replace a file's content in one step; only its owner may read it."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as writer:
        writer.write(text)
    fresh.replace(file)


def _key_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(KEY_CHARACTERS) for _ in range(16))
