"""Credentials are at hand whenever a request needs them, and fetching them stops nobody."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web

from streaming_task.adapters.credentials import ChainCredentials, load_from_chain
from streaming_task.ports import AwsCredentials, Unavailable


class Issuer:
    """Issues numbered sets that live for `life_s`; can fail, and can be held up."""

    def __init__(self, life_s: float | None) -> None:
        self.now = 1_000.0
        self.life_s = life_s
        self.issued = 0
        self.fails = False
        self.may_answer = threading.Event()
        self.may_answer.set()

    def __call__(self) -> AwsCredentials:
        """Issue the next set."""
        self.may_answer.wait(timeout=5)
        if self.fails:
            raise Unavailable("CredentialRetrievalError")
        self.issued += 1
        expires_at = None if self.life_s is None else self.now + self.life_s
        return AwsCredentials(f"key-{self.issued}", "secret", "token", expires_at)

    def clock(self) -> float:
        """Tell the time."""
        return self.now


async def settled(credentials: ChainCredentials) -> None:
    """Wait for the fetch that is under way, if any."""
    await credentials._wait()


async def test_many_askers_cause_one_fetch() -> None:
    """A hundred sessions starting together must not throttle the endpoint."""
    issuer = Issuer(life_s=6 * 3600)
    credentials = ChainCredentials(issuer, issuer.clock)

    given = await asyncio.gather(*(credentials.current() for _ in range(100)))

    assert {one.access_key_id for one in given} == {"key-1"}
    assert issuer.issued == 1


async def test_the_next_set_is_fetched_15_minutes_before_and_nobody_waits_for_it() -> None:
    """Requests go on under the old set while the new one is on its way."""
    issuer = Issuer(life_s=6 * 3600)
    credentials = ChainCredentials(issuer, issuer.clock)
    await credentials.current()
    issuer.now += 6 * 3600 - 15 * 60
    issuer.may_answer.clear()

    during = await credentials.current()
    issuer.may_answer.set()
    await settled(credentials)
    after = await credentials.current()

    assert (during.access_key_id, after.access_key_id) == ("key-1", "key-2")


async def test_a_short_lived_set_is_replaced_at_half_its_time() -> None:
    """Credentials that rotate every 20 seconds are followed as well."""
    issuer = Issuer(life_s=30)
    credentials = ChainCredentials(issuer, issuer.clock)
    given = []
    for _ in range(10):
        given.append(await credentials.current())
        await settled(credentials)
        issuer.now += 7.5

    assert [one.access_key_id for one in given[:6]] == ["key-1", "key-1", "key-1", "key-2", "key-2", "key-3"]
    assert all(one.expires_at is not None for one in given)


async def test_a_failing_endpoint_is_asked_again_and_the_held_set_used_to_its_end() -> None:
    """An endpoint's outage is noticed only when the last good set has expired."""
    issuer = Issuer(life_s=100)
    credentials = ChainCredentials(issuer, issuer.clock)
    await credentials.current()
    issuer.fails = True
    issuer.now += 90

    still_good = await credentials.current()
    await settled(credentials)
    issuer.now += 10
    with pytest.raises(Unavailable):
        await credentials.current()
    issuer.fails = False
    issuer.now += 1
    back = await credentials.current()

    assert (still_good.access_key_id, back.access_key_id) == ("key-1", "key-2")


async def test_lasting_credentials_are_fetched_once() -> None:
    """Keys from the environment have no end."""
    issuer = Issuer(life_s=None)
    credentials = ChainCredentials(issuer, issuer.clock)
    await credentials.current()
    issuer.now += 1e9

    assert (await credentials.current()).access_key_id == "key-1"


async def test_a_cancelled_asker_does_not_take_the_fetch_with_it() -> None:
    """The others are waiting for the same one."""
    issuer = Issuer(life_s=3600)
    issuer.may_answer.clear()
    credentials = ChainCredentials(issuer, issuer.clock)
    impatient = asyncio.create_task(credentials.current())
    patient = asyncio.create_task(credentials.current())
    await asyncio.sleep(0)

    impatient.cancel()
    issuer.may_answer.set()

    assert (await patient).access_key_id == "key-1"


@pytest.fixture
async def container(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[datetime]]:
    """Serve credentials as ECS does, and point the environment at it; give the expiry to tell."""
    expiry = [datetime(2099, 1, 1, tzinfo=UTC)]

    async def give(request: web.Request) -> web.Response:
        return web.json_response(
            {
                "AccessKeyId": "ASIA1",
                "SecretAccessKey": "secret",
                "Token": "token",
                "Expiration": expiry[0].strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        )

    application = web.Application()
    application.router.add_get("/credentials", give)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    uri = f"http://127.0.0.1:{runner.addresses[0][1]}/credentials"
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri)
    yield expiry
    await runner.cleanup()


async def test_the_chain_finds_the_containers_credentials_and_their_end(container: list[datetime]) -> None:
    """On Fargate they come from the container's endpoint, and say when they expire."""
    credentials = ChainCredentials()

    given = await credentials.current()
    await credentials.close()

    assert given == AwsCredentials("ASIA1", "secret", "token", container[0].timestamp())


async def test_expired_credentials_are_none(container: list[datetime]) -> None:
    """An endpoint that hands out what has expired has nothing to give."""
    container[0] = datetime(2020, 1, 1, tzinfo=UTC)

    with pytest.raises(Unavailable) as unavailable:
        await asyncio.to_thread(load_from_chain)

    assert unavailable.value.code == "ExpiredCredentials"


async def test_no_credentials_anywhere_is_unavailable(
    container: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chain ends; the code says so."""
    monkeypatch.delenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")

    with pytest.raises(Unavailable) as unavailable:
        await asyncio.to_thread(load_from_chain)

    assert unavailable.value.code == "NoCredentials"
