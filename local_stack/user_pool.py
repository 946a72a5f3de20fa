"""The user pool at the AWS endpoint, spoken to as a browser would: unsigned. Knows nothing of OAuth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

TARGET: Final = "AWSCognitoIdentityProviderService.InitiateAuth"
PATIENCE: Final = aiohttp.ClientTimeout(total=10)


class NotAuthorised(Exception):
    """The user pool refuses."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in yields; a refreshed set has no refresh token."""

    access: str = field(repr=False)
    identity: str = field(repr=False)
    refresh: str | None = field(repr=False)
    expires_in_s: int


class UserPool:
    """Sign built-in users in, refresh their tokens, and read the pool's public keys."""

    def __init__(self, endpoint_url: str, pool_id: str, client_id: str, password: str) -> None:
        """Take where the pool is and the password that every built-in user has."""
        self._endpoint_url = endpoint_url
        self._pool_id = pool_id
        self._client_id = client_id
        self._password = password

    @property
    def client_id(self) -> str:
        """The page's client."""
        return self._client_id

    async def sign_in(self, user: str) -> Tokens:
        """Give fresh tokens of a built-in user.

        Raises:
            NotAuthorised: there is no such user.
        """
        return await self._initiate(
            "USER_PASSWORD_AUTH", {"USERNAME": user, "PASSWORD": self._password}, refresh_token=None
        )

    async def refresh(self, refresh_token: str) -> Tokens:
        """Give new access and identity tokens.

        Raises:
            NotAuthorised: the refresh token is unknown or was revoked.
        """
        return await self._initiate(
            "REFRESH_TOKEN_AUTH", {"REFRESH_TOKEN": refresh_token}, refresh_token=refresh_token
        )

    async def keys(self) -> Mapping[str, Any]:
        """Give the pool's `jwks.json`."""
        url = f"{self._endpoint_url}/{self._pool_id}/.well-known/jwks.json"
        async with aiohttp.ClientSession(timeout=PATIENCE) as session, session.get(url) as answer:
            answer.raise_for_status()
            listed: dict[str, Any] = json.loads(await answer.read())
            return listed

    async def _initiate(self, flow: str, given: dict[str, str], *, refresh_token: str | None) -> Tokens:
        body = {"ClientId": self._client_id, "AuthFlow": flow, "AuthParameters": given}
        headers = {"X-Amz-Target": TARGET, "Content-Type": "application/x-amz-json-1.1"}
        async with (
            aiohttp.ClientSession(timeout=PATIENCE) as session,
            session.post(self._endpoint_url, data=json.dumps(body), headers=headers) as answer,
        ):
            if answer.status != 200:
                raise NotAuthorised
            result = json.loads(await answer.read()).get("AuthenticationResult") or {}
        try:
            return Tokens(
                access=result["AccessToken"],
                identity=result["IdToken"],
                refresh=None if refresh_token else result["RefreshToken"],
                expires_in_s=int(result["ExpiresIn"]),
            )
        except KeyError as missing:
            raise NotAuthorised from missing
