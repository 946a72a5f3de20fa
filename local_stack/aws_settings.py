"""What the AWS endpoint is told and what it tells back. Pure: cheap to import for who only starts it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final

PASSWORD_HEAD: Final = "Aa1!"  # noqa: S105 - what Cognito's default policy asks for; the rest is random


@dataclass(frozen=True, slots=True)
class ResourceNames:
    """What the resources are called, the database owner's credentials for its secret, users' password."""

    region: str
    bucket: str
    table: str
    database_secret: str
    application_secret: str
    forwarding_secret: str
    users: tuple[str, ...]
    database_user: str
    database_password: str = field(repr=False)
    user_password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """Where to listen, what to create, how long a token lives, where the issued credentials are listed."""

    port: int
    token_s: int
    user_pool_id: str
    credentials_file: str
    names: ResourceNames


@dataclass(frozen=True, slots=True)
class SignInResources:
    """What the sign-in needs to know of the user pool."""

    user_pool_id: str
    client_id: str


def new_user_password() -> str:
    """Make a password that the user pool's policy takes."""
    return PASSWORD_HEAD + secrets.token_urlsafe(24)
