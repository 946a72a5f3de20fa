"""The page's port: files, sign-in, authoriser, routes, credentials."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import aiohttp
import jwt
import pytest
import yarl
from cryptography.hazmat.primitives.asymmetric import rsa

from local_stack.credentials import CredentialIssuer
from local_stack.http_api import HttpApi, HttpApiParts
from local_stack.jwt_authoriser import JwtAuthoriser
from local_stack.lambdas import FunctionFailed
from local_stack.settings import USERS, Ports
from local_stack.sign_in import SignIn
from local_stack.sign_in_challenge import challenge_of
from local_stack.user_pool import Tokens, UserPool

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool"
CLIENT = "page-client"
RETURN_TO = "http://localhost:5000/live-transcription"
KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)
PORTS = Ports(5000)
CONTROL_PASSWORD = "between the parts"


def token(key: rsa.RSAPrivateKey = KEY, **changed: object) -> str:
    claims: dict[str, object] = {
        "iss": ISSUER,
        "sub": "user-1",
        "client_id": CLIENT,
        "token_use": "access",
        "iat": int(time.time()),
        "exp": int(time.time()) + 60,
    }
    return jwt.encode(claims | changed, key, algorithm="RS256", headers={"kid": "dummy"})


class FakePool(UserPool):
    """A user pool that needs no endpoint; refresh tokens are good until revoked."""

    def __init__(self) -> None:
        super().__init__("http://nowhere", "us-east-1_pool", CLIENT, "password")

    async def sign_in(self, user: str) -> Tokens:
        return Tokens(token(sub=user), "identity", f"refresh-{user}", 900)

    async def refresh(self, refresh_token: str) -> Tokens:
        return Tokens(token(sub=refresh_token.removeprefix("refresh-")), "identity", None, 900)


@dataclass
class FakeApi:
    """The api Lambda: answers what the test sets and keeps what it was asked."""

    answer: Any = field(default_factory=lambda: {"statusCode": 201, "body": '{"ok": true}'})
    events: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, event: dict[str, Any]) -> Any:
        self.events.append(event)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class Site:
    """A running port and a browser's likeness before it."""

    url: str
    browser: aiohttp.ClientSession
    api: FakeApi
    issuer: CredentialIssuer

    async def sign_in(self, **changed: str) -> str:
        """Choose doctor2 and give the code."""
        form = AUTHORISE | {"username": "doctor2"} | changed
        async with self.browser.post(
            f"{self.url}/oauth2/authorize", data=form, allow_redirects=False
        ) as answer:
            assert answer.status == 302, await answer.text()
            location = urlparse(answer.headers["Location"])
        assert f"{location.scheme}://{location.netloc}{location.path}" == RETURN_TO
        query = parse_qs(location.query)
        assert query["state"] == ["a&b"]
        return query["code"][0]

    async def exchange(self, **form: str) -> tuple[int, dict[str, Any]]:
        async with self.browser.post(f"{self.url}/oauth2/token", data=form) as answer:
            return answer.status, await answer.json()


VERIFIER = "v" * 64
AUTHORISE = {
    "response_type": "code",
    "client_id": CLIENT,
    "redirect_uri": RETURN_TO,
    "scope": "openid",
    "state": "a&b",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}
GRANT = {
    "grant_type": "authorization_code",
    "client_id": CLIENT,
    "redirect_uri": RETURN_TO,
    "code_verifier": VERIFIER,
}


async def show_control(what: str, method: str, body: bytes) -> tuple[int, object]:
    return 200, [what, method, body.decode()]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    frontend = tmp_path / "frontend"
    (frontend / "js").mkdir(parents=True)
    (frontend / "tests").mkdir()
    (frontend / "live_transcription.html").write_text("<title>page</title>")
    (frontend / "js" / "main.js").write_text("export {};")
    (frontend / "tests" / "main.test.js").write_text("secret")
    (tmp_path / "outside.js").write_text("secret")
    issuer = CredentialIssuer(tmp_path / "credentials.json", rotate_s=3600)
    api = FakeApi()
    numbers = {"n": KEY.public_key()}
    listed = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(numbers["n"]))
    keys = {"keys": [listed | {"kid": "dummy", "alg": "RS256", "use": "sig"}]}
    server = HttpApi(0, issuer, CONTROL_PASSWORD, show_control)
    await server.start()
    server.open(
        HttpApiParts(
            ports=PORTS,
            frontend=frontend,
            authoriser=JwtAuthoriser(ISSUER, CLIENT, keys),
            sign_in=SignIn(FakePool(), USERS, [RETURN_TO]),
            client_id=CLIENT,
            api=api,
            history=api,
        )
    )
    async with aiohttp.ClientSession() as browser:
        yield Site(f"http://127.0.0.1:{server.port}", browser, api, issuer)
    await server.stop()


@pytest.mark.parametrize("path", ["/live-transcription", "/live-transcription/", "/"])
async def test_the_page_comes_with_a_policy_that_allows_no_inline_script(site: Site, path: str) -> None:
    """What CloudFront forbids in a deployment must fail here first, at each address it knows the page by."""
    async with site.browser.get(f"{site.url}{path}") as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.status == 200
        assert answer.content_type == "text/html"

    assert "default-src 'self'" in policy
    assert "connect-src 'self' ws://localhost:5001 http://localhost:5000" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/js/main.js", 200),
        ("/tests/main.test.js", 404),
        ("/js/../../outside.js", 404),
        ("/js/%2e%2e/%2e%2e/outside.js", 404),
        ("/nothing", 404),
    ],
)
async def test_only_the_pages_own_files_are_served(site: Site, path: str, status: int) -> None:
    """Tests, and what lies outside the folder, are nobody's to read."""
    async with site.browser.get(yarl.URL(f"{site.url}{path}", encoded=True)) as answer:
        assert answer.status == status


async def test_the_page_is_told_where_everything_is(site: Site) -> None:
    """`config.json` is all that differs between deployments."""
    async with site.browser.get(f"{site.url}/config.json") as answer:
        config = await answer.json()

    assert config == {
        "api_url": "http://localhost:5000",
        "sign_in": {
            "authorize_url": "http://localhost:5000/oauth2/authorize",
            "token_url": "http://localhost:5000/oauth2/token",
            "logout_url": "http://localhost:5000/logout",
            "client_id": CLIENT,
            "redirect_uri": RETURN_TO,
            "scopes": ["openid"],
        },
    }


async def test_the_sign_in_page_offers_the_built_in_users(site: Site) -> None:
    """The page takes everything it was asked with along, and escapes it."""
    query = AUTHORISE | {"state": '"><script>'}
    async with site.browser.get(f"{site.url}/oauth2/authorize", params=query) as answer:
        text = await answer.text()

    assert "Sign in as doctor1" in text
    assert "Sign in as doctor2" in text
    assert "<script>" not in text
    assert "<style" not in text
    assert "style=" not in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "someone"},
        {"redirect_uri": "https://evil.example/"},
        {"code_challenge_method": "plain"},
        {"response_type": "token"},
    ],
)
async def test_a_wrong_request_to_sign_in_redirects_nowhere(site: Site, wrong: dict[str, str]) -> None:
    """A code must never leave for an address that is not the page's."""
    form = AUTHORISE | {"username": "doctor1"} | wrong
    async with site.browser.post(f"{site.url}/oauth2/authorize", data=form, allow_redirects=False) as answer:
        assert answer.status == 400


async def test_a_code_is_exchanged_once_by_who_asked_for_it(site: Site) -> None:
    """PKCE: a stolen code is worth nothing, a used one neither."""
    code = await site.sign_in()

    status, tokens = await site.exchange(**GRANT, code=code)
    again, refused = await site.exchange(**GRANT, code=code)

    assert status == 200
    assert tokens["expires_in"] == 900
    assert jwt.decode(tokens["access_token"], options={"verify_signature": False})["sub"] == "doctor2"
    assert (again, refused) == (400, {"error": "invalid_grant"})


async def test_a_wrong_verifier_spends_the_code(site: Site) -> None:
    """There is one guess."""
    code = await site.sign_in()

    guessed, _ = await site.exchange(**GRANT | {"code_verifier": "guess"}, code=code)
    status, _ = await site.exchange(**GRANT, code=code)

    assert (guessed, status) == (400, 400)


async def test_tokens_are_refreshed(site: Site) -> None:
    """The page asks again before its access token expires."""
    status, tokens = await site.exchange(
        grant_type="refresh_token", client_id=CLIENT, refresh_token="refresh-doctor1"
    )

    assert status == 200
    assert "refresh_token" not in tokens
    assert jwt.decode(tokens["access_token"], options={"verify_signature": False})["sub"] == "doctor1"


async def test_a_ticket_is_asked_for_with_the_claims_of_the_token(site: Site) -> None:
    """The event is an HTTP API's, payload format 2.0."""
    async with site.browser.post(
        f"{site.url}/tickets?a=1&a=2", headers={"Authorization": f"Bearer {token()}"}, data=b""
    ) as answer:
        assert (answer.status, await answer.text()) == (201, '{"ok": true}')

    event = site.api.events[0]
    assert event["version"] == "2.0"
    assert event["routeKey"] == event["requestContext"]["routeKey"] == "POST /tickets"
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] == "user-1"
    assert event["requestContext"]["authorizer"]["jwt"]["claims"]["exp"].isdigit()
    assert event["queryStringParameters"] == {"a": "1,2"}


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "Bearer nonsense",
        f"Bearer {token(OTHER_KEY)}",
        f"Bearer {token(exp=int(time.time()) - 1)}",
        f"Bearer {token(iss='https://elsewhere')}",
        f"Bearer {token(client_id='other')}",
        f"Bearer {token(token_use='id')}",
        f"Bearer {jwt.encode({'iss': ISSUER}, '', algorithm='none', headers={'kid': 'dummy'})}",
    ],
)
async def test_without_a_good_token_the_function_is_not_called(site: Site, bad: str | None) -> None:
    """The authoriser answers for itself, in API Gateway's words."""
    headers = {} if bad is None else {"Authorization": bad}
    async with site.browser.post(f"{site.url}/tickets", headers=headers) as answer:
        assert (answer.status, await answer.json()) == (401, {"message": "Unauthorized"})

    assert site.api.events == []


async def test_health_needs_no_token(site: Site) -> None:
    """A load balancer has none."""
    async with site.browser.get(f"{site.url}/health") as answer:
        assert answer.status == 201

    assert "authorizer" not in site.api.events[0]["requestContext"]


@pytest.mark.parametrize(
    ("given", "status"),
    [(FunctionFailed("TimedOut"), 503), (FunctionFailed("KeyError"), 500), ({"statusCode": "x"}, 500)],
)
async def test_a_failed_function_is_answered_as_api_gateway_does(
    site: Site, given: object, status: int
) -> None:
    """The client hears that it failed and nothing else."""
    site.api.answer = given

    async with site.browser.get(f"{site.url}/health") as answer:
        assert answer.status == status
        assert set(await answer.json()) == {"message"}


async def test_a_task_gets_its_credentials_and_nobody_else_does(site: Site) -> None:
    """As on ECS: an address and a header that only the task knows."""
    password = site.issuer.admit("slot-1")
    url = f"{site.url}/_credentials/slot-1"

    async with site.browser.get(url, headers={"Authorization": password}) as answer:
        given = await answer.json()
        assert answer.status == 200
    async with site.browser.get(url, headers={"Authorization": "guess"}) as answer:
        assert answer.status == 403

    assert given["AccessKeyId"].startswith("ASIA")
    assert given["Expiration"].endswith("Z")


async def test_only_the_stacks_own_parts_control_it(site: Site) -> None:
    """The gateway passes fault requests on with a password that nobody else knows."""
    url = f"{site.url}/_control/postgres"

    async with site.browser.put(url, data="{}", headers={"Authorization": CONTROL_PASSWORD}) as answer:
        assert await answer.json() == ["postgres", "PUT", "{}"]
    async with site.browser.put(url, data="{}") as answer:
        assert answer.status == 403
