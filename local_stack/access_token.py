"""Get tokens from a running stack, through its sign-in, as a browser would."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from local_stack.sign_in_challenge import challenge_of

PATIENCE_S: Final = 10.0


class NoToken(Exception):
    """There is no token to be had; the text is a sentence for a person."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Leave a redirect to whoever asked."""


def access_token(user: str, state_dir: Path) -> str:
    """Sign a built-in user in at the stack that runs on that folder.

    Raises:
        NoToken: no stack runs there, or it does not answer.
    """
    return tokens(user, state_dir)["access_token"]


def tokens(user: str, state_dir: Path) -> dict[str, str]:
    """Sign a built-in user in and give the tokens by OAuth's names.

    Raises:
        NoToken: as `access_token`.
    """
    try:
        stack = json.loads((state_dir / "stack.json").read_text())
    except (OSError, ValueError):
        raise NoToken(
            f"No local stack is running on {state_dir}: start one, or name its --state-dir."
        ) from None
    try:
        config = json.loads(_fetch(f"{stack['api_url']}/config.json"))["sign_in"]
        verifier = secrets.token_urlsafe(48)
        code = _code(config, user, verifier)
        form = {
            "grant_type": "authorization_code",
            "client_id": config["client_id"],
            "redirect_uri": config["redirect_uri"],
            "code": code,
            "code_verifier": verifier,
        }
        given = json.loads(_fetch(config["token_url"], form))
        return {name: str(given[name]) for name in ("access_token", "id_token", "refresh_token")}
    except (OSError, ValueError, KeyError):
        raise NoToken(f"The local stack at {stack.get('api_url')} does not answer as it should.") from None


def _code(config: dict[str, Any], user: str, verifier: str) -> str:
    form = {
        "response_type": "code",
        "client_id": config["client_id"],
        "redirect_uri": config["redirect_uri"],
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
        "username": user,
    }
    try:
        _fetch(config["authorize_url"], form)
    except urllib.error.HTTPError as answer:
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    raise ValueError("no redirect")


def _fetch(url: str, form: dict[str, str] | None = None) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    data = None if form is None else urlencode(form).encode()
    with opener.open(url, data, timeout=PATIENCE_S) as answer:
        content: bytes = answer.read()
        return content
