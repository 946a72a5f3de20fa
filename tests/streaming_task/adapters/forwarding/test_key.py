"""The common key: read once, again when tasks disagree, and never at a forger's pace."""

from __future__ import annotations

import asyncio
import threading

import pytest

from contract.records import ConnectionId, SessionId, TaskId
from streaming_task.adapters.forwarding import ForwardingKey
from streaming_task.hop import sign_hop
from streaming_task.ports import Forwarded, Unavailable

OLD, NEW = b"o" * 64, b"n" * 64
ME = TaskId("me")
MESSAGE = Forwarded(ConnectionId("c"), SessionId("s"), 1, b"{}")


class Vault:
    """Holds the key, or none; counts the readings, and lets them wait."""

    def __init__(self) -> None:
        self.held: bytes | None = OLD
        self.readings = 0
        self.is_open = threading.Event()
        self.is_open.set()

    def read(self) -> bytes:
        """Give the key."""
        self.readings += 1
        assert self.is_open.wait(5)
        if self.held is None:
            raise Unavailable("AccessDeniedException")
        return self.held


@pytest.fixture
def vault() -> Vault:
    """Hold the old key."""
    return Vault()


async def until_read(key: ForwardingKey) -> None:
    """Wait for the reading that is under way."""
    while key._reading is not None:
        await asyncio.wait([key._reading])


async def test_the_key_is_read_once(vault: Vault) -> None:
    """However many need it at the same time, and ever after."""
    key = ForwardingKey(vault.read)

    first = await asyncio.gather(*(key.current() for _ in range(5)))
    later = await key.current()

    assert ({*first, later}, vault.readings) == ({OLD}, 1)


async def test_one_who_gives_up_does_not_end_the_reading(vault: Vault) -> None:
    """Another still waits for it."""
    key = ForwardingKey(vault.read)
    vault.is_open.clear()
    hasty = asyncio.create_task(key.current())
    patient = asyncio.create_task(key.current())
    await asyncio.sleep(0)

    hasty.cancel()
    await asyncio.wait([hasty])
    vault.is_open.set()

    assert (await patient, vault.readings) == (OLD, 1)


async def test_a_key_that_cannot_be_read_is_asked_for_again(vault: Vault) -> None:
    """A failure is told to who asked, and does not last."""
    key = ForwardingKey(vault.read)
    vault.held = None
    with pytest.raises(Unavailable) as unavailable:
        await key.current()

    vault.held = OLD

    assert unavailable.value.code == "AccessDeniedException"
    assert await key.current() == OLD


async def test_a_refused_key_is_read_again(vault: Vault) -> None:
    """The other task may have the newer one."""
    key = ForwardingKey(vault.read, reread_after_s=0.0)
    await key.current()
    vault.held = NEW

    newer = await key.newer_than(OLD)

    assert (newer, await key.current(), vault.readings) == (NEW, NEW, 2)
    assert await key.newer_than(OLD) == NEW
    assert vault.readings == 2


async def test_a_refused_key_that_is_the_newest_stays(vault: Vault) -> None:
    """Then it is the other task that has to learn."""
    key = ForwardingKey(vault.read, reread_after_s=0.0)
    await key.current()

    assert await key.newer_than(OLD) is None


async def test_a_bad_signature_makes_the_next_one_good_after_a_rotation(vault: Vault) -> None:
    """Nobody waits for Secrets Manager where messages come in."""
    key = ForwardingKey(vault.read, reread_after_s=0.0)
    await key.current()
    vault.held = NEW
    signature = sign_hop(NEW, MESSAGE, ME)

    at_once = key.is_good(MESSAGE, ME, signature)
    await until_read(key)

    assert not at_once
    assert key.is_good(MESSAGE, ME, signature)
    assert not key.is_good(MESSAGE, ME, sign_hop(OLD, MESSAGE, ME))
    await key.close()


async def test_forgeries_do_not_become_readings(vault: Vault) -> None:
    """At most one in so many seconds, however many come; neither do refusals."""
    key = ForwardingKey(vault.read, reread_after_s=3600.0)
    await key.current()

    for _ in range(100):
        assert not key.is_good(MESSAGE, ME, "0" * 64)
        assert await key.newer_than(OLD) is None
    await until_read(key)

    assert vault.readings == 1


async def test_without_a_key_nothing_is_good(vault: Vault) -> None:
    """Neither before it was read nor when it cannot be."""
    vault.held = None
    key = ForwardingKey(vault.read)

    before = key.is_good(MESSAGE, ME, sign_hop(OLD, MESSAGE, ME))
    await until_read(key)

    assert not before
    assert not key.is_good(MESSAGE, ME, sign_hop(b"", MESSAGE, ME))


async def test_closing_leaves_nothing_behind(vault: Vault) -> None:
    """A reading under way is for nobody."""
    key = ForwardingKey(vault.read)
    vault.is_open.clear()
    key.is_good(MESSAGE, ME, "0" * 64)

    await key.close()
    vault.is_open.set()

    assert len(asyncio.all_tasks()) == 1
