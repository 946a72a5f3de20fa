"""Cognito's hosted sign-in: OAuth's authorisation code flow with PKCE, for users that need no password.

Decides and words; it holds no port. The tokens are the user pool's.
"""

from __future__ import annotations

import hmac
import html
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from local_stack.sign_in_challenge import challenge_of
from local_stack.user_pool import NotAuthorised, Tokens, UserPool

CODE_GOOD_FOR_S: Final = 300.0  # as Cognito's
MOST_CODES: Final = 1000  # unused ones; the oldest go first
SCOPES: Final = ("openid",)
USER_FIELD: Final = "username"


class BadRequest(Exception):
    """The request cannot be answered by a redirect; the text is a sentence for a person."""


class TokenRefused(Exception):
    """The token endpoint refuses; `error` is OAuth's word for why."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True)
class _Asked:
    redirect_uri: str
    state: str | None
    challenge: str


@dataclass(frozen=True, slots=True)
class _Granted:
    user: str
    redirect_uri: str
    challenge: str
    good_until: float


class SignIn:
    """One client's sign-in."""

    def __init__(
        self,
        pool: UserPool,
        users: Collection[str],
        redirect_uris: Collection[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the pool, who may be chosen and where a browser may be sent back to."""
        self._pool = pool
        self._users = users
        self._redirect_uris = redirect_uris
        self._clock = clock
        self._granted: dict[str, _Granted] = {}

    def page(self, query: Mapping[str, str]) -> str:
        """Give the page on which a user is chosen.

        Raises:
            BadRequest: the client, the place to return to, or the challenge is not right.
        """
        self._read(query)
        hidden = "\n".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in query.items()
        )
        buttons = "\n".join(
            f'<p><button type="submit" name="{USER_FIELD}" value="{user}">Sign in as {user}</button></p>'
            for user in self._users
        )
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            '<link rel="icon" href="/icon.svg" type="image/svg+xml">'
            '<link rel="stylesheet" href="/styles.css">'
            "<title>Sign in</title></head><body><main>\n<h1>Sign in</h1>\n"
            "<p>This is the sign-in of the local stack: its users need no password.</p>\n"
            f'<form method="post" action="/oauth2/authorize">\n{hidden}\n{buttons}\n</form>\n'
            "</main></body></html>\n"
        )

    def choose(self, form: Mapping[str, str]) -> str:
        """Sign the chosen user in and give the address to send the browser back to.

        Raises:
            BadRequest: as `page`, or there is no such user.
        """
        asked = self._read(form)
        user = form.get(USER_FIELD, "")
        if user not in self._users:
            raise BadRequest("There is no such user.")
        code = secrets.token_urlsafe(32)
        self._granted[code] = _Granted(
            user, asked.redirect_uri, asked.challenge, self._clock() + CODE_GOOD_FOR_S
        )
        while len(self._granted) > MOST_CODES:
            del self._granted[next(iter(self._granted))]
        answer = {"code": code} if asked.state is None else {"code": code, "state": asked.state}
        return f"{asked.redirect_uri}?{urlencode(answer)}"

    def place_after_logout(self, query: Mapping[str, str]) -> str:
        """Give the address to send the browser back to; it has no cookie of ours that could be forgotten.

        Raises:
            BadRequest: the client or the place to return to is not right.
        """
        if query.get("client_id") != self._pool.client_id:
            raise BadRequest("The client is unknown: reload the page.")
        place = query.get("logout_uri", "")
        if place not in self._redirect_uris:
            raise BadRequest("The address to return to is not this stack's.")
        return place

    async def tokens(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Exchange a code or a refresh token.

        Raises:
            TokenRefused: the grant is not good.
        """
        if form.get("client_id") != self._pool.client_id:
            raise TokenRefused("invalid_client")
        match form.get("grant_type"):
            case "authorization_code":
                tokens = await self._exchange(form)
            case "refresh_token":
                tokens = await self._refresh(form.get("refresh_token", ""))
            case _:
                raise TokenRefused("unsupported_grant_type")
        answer = {
            "access_token": tokens.access,
            "id_token": tokens.identity,
            "token_type": "Bearer",
            "expires_in": tokens.expires_in_s,
        }
        return answer if tokens.refresh is None else answer | {"refresh_token": tokens.refresh}

    async def _exchange(self, form: Mapping[str, str]) -> Tokens:
        granted = self._granted.pop(form.get("code", ""), None)  # spent, whatever comes of it
        if granted is None or granted.good_until < self._clock():
            raise TokenRefused("invalid_grant")
        proof = challenge_of(form.get("code_verifier", ""))
        is_proved = hmac.compare_digest(proof.encode(), granted.challenge.encode())
        if not is_proved or form.get("redirect_uri") != granted.redirect_uri:
            raise TokenRefused("invalid_grant")
        try:
            return await self._pool.sign_in(granted.user)
        except NotAuthorised:
            raise TokenRefused("invalid_grant") from None

    async def _refresh(self, refresh_token: str) -> Tokens:
        try:
            return await self._pool.refresh(refresh_token)
        except NotAuthorised:
            raise TokenRefused("invalid_grant") from None

    def _read(self, given: Mapping[str, str]) -> _Asked:
        if given.get("client_id") != self._pool.client_id:
            raise BadRequest("The client is unknown: reload the page.")
        redirect_uri = given.get("redirect_uri", "")
        if redirect_uri not in self._redirect_uris:
            raise BadRequest("The address to return to is not this stack's.")
        if given.get("response_type") != "code":
            raise BadRequest("response_type must be code.")
        challenge = given.get("code_challenge", "")
        if given.get("code_challenge_method") != "S256" or not challenge:
            raise BadRequest("A code challenge (S256) is required.")
        return _Asked(redirect_uri, given.get("state"), challenge)
