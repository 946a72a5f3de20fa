"""Work that nobody waits for is held on to, heard of when it breaks, and called off when its owner leaves."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref

import pytest

from streaming_task.errands import Errands

LONG_S = 30.0


@pytest.fixture
def errands() -> Errands:
    return Errands("Step broke")


async def test_work_is_held_on_to_until_it_is_done(errands: Errands) -> None:
    """The event loop refers to a task but weakly: one that waits for a thing nobody holds would vanish."""
    heard: list[bool] = []

    async def wait_for_what_only_this_holds(told: asyncio.Future[bool]) -> None:
        heard.append(await told)

    def start() -> weakref.ref[asyncio.Future[bool]]:
        told = asyncio.get_running_loop().create_future()
        errands.run(wait_for_what_only_this_holds(told), "wait")
        return weakref.ref(told)

    told = start()
    await asyncio.sleep(0)
    gc.collect()
    held = told()
    assert held is not None
    held.set_result(True)
    await errands.settle(LONG_S)

    assert heard == [True]


async def test_what_breaks_is_told_by_its_name_and_code_and_ends_alone(
    errands: Errands, caplog: pytest.LogCaptureFixture
) -> None:
    """An error of nobody's would be told to nobody; what it says may be a patient's words."""
    done: list[str] = []

    async def breaks() -> None:
        raise LookupError("canary")

    async def goes_on() -> None:
        await asyncio.sleep(0)
        done.append("goes on")

    errands.run(breaks(), "compact s1")
    errands.run(goes_on(), "expire s1")
    await errands.settle(LONG_S)

    (line,) = caplog.records
    assert (line.levelno, line.message) == (logging.ERROR, "Step broke")
    assert (line.__dict__["step"], line.__dict__["code"]) == ("compact s1", "LookupError")
    assert "canary" not in caplog.text
    assert done == ["goes on"]


async def test_what_takes_too_long_is_called_off_without_a_word(
    errands: Errands, caplog: pytest.LogCaptureFixture
) -> None:
    """An owner that leaves does not wait for ever, and to be called off is no defect."""
    is_over = asyncio.Event()

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            is_over.set()

    errands.run(waits(), "wait")
    await asyncio.sleep(0)
    await errands.settle(0.0)
    await is_over.wait()

    assert caplog.records == []


async def test_no_work_is_settled_at_once(errands: Errands) -> None:
    """A session that did nothing in the background closes like any other."""
    await errands.settle(LONG_S)
    errands.call_off()
