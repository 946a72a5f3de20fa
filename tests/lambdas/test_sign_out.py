"""`POST /sign-out-everywhere`: whatever a user was given until now is good for nothing any more."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from contract.metrics import Origin
from contract.records import CONNECTION_KEPT_S, REVOKED, REVOKED_KEPT_S, user_key
from lambdas.api.handler import App, handle
from lambdas.api.sign_out import EndsSessions, sign_out_everywhere
from lambdas.errors import Unavailable
from lambdas.identity import Identity
from lambdas.sign_outs import SignOuts
from lambdas.user_pool import UserPool
from tests.fakes.observer import RecordingObserver
from tests.lambdas.events import http_event
from tests.lambdas.table import DOCTOR, NOW, TABLE, Table
from tests.lambdas.test_tickets import CLAIMS, make_app

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

MY_CLAIMS = CLAIMS | {"username": DOCTOR.username}
MARK = {"at": str(int(NOW)), "ttl": str(int(NOW) + REVOKED_KEPT_S)}
LONGEST_TOKEN_S = 24 * 3600  # Cognito allows no longer
LONGEST_SESSION_S = 4 * 3600


class Pool:
    """A user pool that remembers whose sessions it ended, and fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.ended: list[str] = []
        self._failures = failures

    def end_sessions(self, username: str) -> None:
        """End them."""
        if self._failures:
            self._failures -= 1
            raise Unavailable("TooManyRequestsException")
        self.ended.append(username)


def ask(app: App, claims: dict[str, str] | None) -> tuple[int, Any]:
    answer = handle(http_event("POST", "/sign-out-everywhere", claims=claims), app)
    assert answer["headers"] == {"content-type": "application/json", "cache-control": "no-store"}
    return answer["statusCode"], json.loads(answer["body"])


def app_with(table: Table, pool: EndsSessions, observer: RecordingObserver | None = None) -> App:
    return replace(make_app(table, observer), user_pool=pool)


def mark_of(table: Table) -> dict[str, str] | None:
    return table.item(user_key("doctor-1"), REVOKED)


def test_the_user_is_marked_and_the_pool_ends_the_sessions(table: Table) -> None:
    """Both halves: our own tickets, connections and sessions, and Cognito's refresh tokens."""
    pool = Pool()

    status, answer = ask(app_with(table, pool), MY_CLAIMS)

    assert (status, answer) == (200, {"status": "signed_out"})
    assert mark_of(table) == MARK
    assert pool.ended == [DOCTOR.username]


def test_the_mark_outlives_all_that_it_refuses() -> None:
    """A mark that went first would let the old in again."""
    assert LONGEST_TOKEN_S + CONNECTION_KEPT_S + LONGEST_SESSION_S < REVOKED_KEPT_S


def test_the_mark_is_there_before_the_pool_is_asked(table: Table) -> None:
    """Half-way there is no moment at which the user believes in a sign-out that the task knows nothing of."""
    app = app_with(table, Pool(failures=1))

    status, answer = ask(app, MY_CLAIMS)

    assert status == 503
    assert "try again" in answer["message"]
    assert mark_of(table) == MARK


def test_a_repeat_finishes_what_was_left_half_way(table: Table) -> None:
    """The page says it again with the same token, which opens nothing else any more."""
    pool = Pool(failures=1)
    app = app_with(table, pool)
    ask(app, MY_CLAIMS)

    status, _ = ask(replace(app, now=lambda: NOW + 60), MY_CLAIMS)

    assert status == 200
    assert mark_of(table) == MARK
    assert pool.ended == [DOCTOR.username]


def test_an_old_token_cannot_end_what_was_begun_since(table: Table) -> None:
    """Whoever has the stolen token that the user signed out because of may not move the mark."""
    app = app_with(table, Pool())
    ask(app, MY_CLAIMS)

    ask(replace(app, now=lambda: NOW + 300), MY_CLAIMS)

    assert mark_of(table) == MARK


def test_a_later_sign_in_can_sign_out_again(table: Table) -> None:
    """The mark moves on with a token that is newer than it."""
    app = app_with(table, Pool())
    ask(app, MY_CLAIMS)
    later = {"iat": str(int(NOW) + 1), "exp": str(int(NOW) + 900)}

    ask(replace(app, now=lambda: NOW + 300), MY_CLAIMS | later)

    mark = mark_of(table)
    assert mark is not None
    assert mark["at"] == str(int(NOW) + 300)


@pytest.mark.parametrize("claims", [None, {}, MY_CLAIMS | {"exp": str(int(NOW))}])
def test_nobody_is_signed_out_by_nobody(table: Table, claims: dict[str, str] | None) -> None:
    """Without a whole and present identity nothing is touched."""
    pool = Pool()

    status, answer = ask(app_with(table, pool), claims)

    assert (status, answer) == (401, {"message": "Please sign in again."})
    assert (table.everything(), pool.ended) == ("[]", [])


def test_a_table_in_trouble_is_503_and_the_pool_is_not_asked(table: Table) -> None:
    """Signed out in Cognito alone, the user would be told less than the truth."""
    pool, observer = Pool(), RecordingObserver()
    app = replace(make_app(table, observer, table_name="no-such-table"), user_pool=pool)

    status, _ = ask(app, MY_CLAIMS)

    assert status == 503
    assert pool.ended == []
    assert observer.failures == [
        ("Sign-out not finished", Origin.HTTP, {"code": "ResourceNotFoundException"})
    ]


def test_what_is_said_names_nobody(table: Table) -> None:
    """The id of the user and nothing else."""
    observer = RecordingObserver()

    ask(app_with(table, Pool(), observer), MY_CLAIMS)

    assert "doctor-1" in observer.everything
    assert DOCTOR.username not in observer.everything
    assert DOCTOR.username not in repr(DOCTOR)


def test_the_order_holds_without_any_sdk() -> None:
    """The decision is one function of two collaborators."""
    done: list[str] = []

    class Notes:
        def mark(self, identity: Identity, *, now: float) -> None:
            done.append(f"mark {identity.user_id} {now:.0f}")

        def end_sessions(self, username: str) -> None:
            done.append(f"end {username}")

    sign_out_everywhere(DOCTOR, Notes(), Notes(), now=7.0)

    assert done == ["mark doctor-1 7", f"end {DOCTOR.username}"]


class SignedIn:
    """A real sign-in at moto's user pool."""

    def __init__(self) -> None:
        self.cognito: CognitoIdentityProviderClient = boto3.client("cognito-idp")
        self.pool_id = self.cognito.create_user_pool(PoolName="p")["UserPool"]["Id"]
        client = self.cognito.create_user_pool_client(
            UserPoolId=self.pool_id, ClientName="page", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )
        self._client_id = client["UserPoolClient"].get("ClientId", "")
        self.cognito.admin_create_user(UserPoolId=self.pool_id, Username=DOCTOR.username)
        self.cognito.admin_set_user_password(
            UserPoolId=self.pool_id, Username=DOCTOR.username, Password="Aa1!aaaa", Permanent=True
        )

    def refresh_token(self) -> str:
        """Sign in."""
        answer = self.cognito.initiate_auth(
            ClientId=self._client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": DOCTOR.username, "PASSWORD": "Aa1!aaaa"},
        )
        return str(answer["AuthenticationResult"].get("RefreshToken"))

    def refresh(self, token: str) -> object:
        """Ask for a new access token."""
        return self.cognito.initiate_auth(
            ClientId=self._client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": token},
        )


@pytest.fixture
def signed_in(aws: None) -> SignedIn:
    """Give a pool with one user."""
    return SignedIn()


def pool_of(signed_in: SignedIn, pool_id: str | None = None) -> UserPool:
    client: Callable[[], CognitoIdentityProviderClient] = partial(boto3.client, "cognito-idp")
    return UserPool(client, pool_id or signed_in.pool_id)


def test_the_pool_refuses_the_old_refresh_tokens_and_takes_new_sign_ins(signed_in: SignedIn) -> None:
    """Every browser must ask the user again; the user may answer."""
    tokens = [signed_in.refresh_token() for _ in range(2)]
    assert signed_in.refresh(tokens[0])

    for _ in range(2):  # a repeat is harmless
        pool_of(signed_in).end_sessions(DOCTOR.username)

    for token in tokens:
        with pytest.raises(signed_in.cognito.exceptions.NotAuthorizedException):
            signed_in.refresh(token)
    assert signed_in.refresh(signed_in.refresh_token())


def test_who_is_no_longer_in_the_pool_has_nothing_to_end(signed_in: SignedIn) -> None:
    """The token of a deleted user is good for a while; the mark then does all there is to do."""
    pool_of(signed_in).end_sessions("gone")


def test_a_pool_in_trouble_is_told_by_its_code(signed_in: SignedIn) -> None:
    """Never by its sentence, which may name the user."""
    with pytest.raises(Unavailable) as told:
        pool_of(signed_in, "us-east-1_none").end_sessions(DOCTOR.username)

    assert told.value.code == "ResourceNotFoundException"


def test_a_mark_of_before_the_token_lets_it_in(table: Table) -> None:
    """Signed in again, the user is as welcome as ever."""
    sign_outs = SignOuts(table.client, TABLE)
    sign_outs.mark(DOCTOR, now=DOCTOR.issued_at - 1)

    assert not sign_outs.has_signed_out(DOCTOR)
    assert sign_outs.has_signed_out(replace(DOCTOR, issued_at=DOCTOR.issued_at - 1))
