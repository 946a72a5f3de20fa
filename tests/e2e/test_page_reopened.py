"""A page that crashes, or is opened twice: the recording is found again, and no loss is hidden."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect

from tests.e2e.accessibility import assert_accessible
from tests.e2e.recording_page import (
    WITHIN_MS,
    open_page,
    read_receipt,
    recorded,
    seconds_on,
    stop_and_read_receipt,
    wait_until_recorded,
    wait_until_saved,
)
from tests.stack import RunningStack

KNOWN_KEYS = {"sessionId", "recorded", "rateHz", "quality", "encoding", "isClosed", "at"}


def crash(page: Page) -> None:
    """Kill the process behind a page; nothing in it can say goodbye."""
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash", timeout=5_000)


def notes(page: Page) -> list[dict[str, Any]]:
    """Read what the browser keeps of open recordings."""
    found: list[str] = page.evaluate(
        "Object.keys(localStorage).filter((key) => key.includes('.open.')).map((key) => localStorage[key])"
    )
    return [json.loads(note) for note in found]


@pytest.mark.parametrize("is_lossless", [True, False], ids=["pcm", "opus"])
def test_a_recording_goes_on_after_its_page_has_crashed(
    scripted_stack: RunningStack, context: BrowserContext, is_lossless: bool
) -> None:
    """The next page offers to resume, names what had not arrived, and the record is one."""
    page = open_page(context, scripted_stack, is_lossless=is_lossless)
    page.click("#start")
    wait_until_saved(page, 2)
    scripted_stack.gateway_faults(drop=1.0)
    wait_until_recorded(page, seconds_on(page) + 3)
    crash(page)
    scripted_stack.gateway_faults()

    later = open_page(context, scripted_stack)
    offer = later.locator("#left-behind")
    [note] = notes(later)
    crashed_at_s = note["recorded"] / note["rateHz"]
    crashed_at = f"closed during a recording, at 00:{math.floor(crashed_at_s):02d}"
    expect(offer).to_contain_text(crashed_at, timeout=WITHIN_MS)
    assert_accessible(later, "left-behind")
    later.click("#reopen")
    expect(later.locator("#state")).to_have_text("Recording", timeout=WITHIN_MS)
    expect(offer).to_be_hidden()
    expect(later.locator("#message")).to_contain_text("did not reach the server and are lost")
    assert_accessible(later, "resumed-with-loss")
    wait_until_recorded(later, 5)
    receipt = stop_and_read_receipt(later)
    assert_accessible(later, "saved-with-loss")
    left = notes(later)

    row, samples = recorded(scripted_stack, receipt)
    assert set(note) == KNOWN_KEYS
    assert note["sessionId"] == row.session_id
    lost_from, lost_to = receipt["Lost before it was sent"].split(" to ")
    assert "00:02" <= lost_from < lost_to == f"00:{math.ceil(crashed_at_s):02d}"
    assert receipt["Missing sound"] == "0 gaps"
    assert len(samples) >= 5 * row.sample_rate_hz
    assert not is_lossless or receipt["Samples stored"] == f"{len(samples):,}"
    assert note["encoding"] == ("pcm" if is_lossless else "opus")
    assert left == []


def test_a_recording_is_finished_after_its_page_has_crashed(
    scripted_stack: RunningStack, context: BrowserContext
) -> None:
    """Finishing needs no microphone; all that had arrived is in the record."""
    page = open_page(context, scripted_stack)
    page.click("#start")
    wait_until_saved(page, 2)
    crash(page)

    later = open_page(context, scripted_stack)
    expect(later.locator("#left-behind")).to_contain_text("closed during a recording", timeout=WITHIN_MS)
    later.click("#finish")
    receipt = read_receipt(later)

    row, samples = recorded(scripted_stack, receipt)
    assert row.status == "COMPLETED"
    assert len(samples) >= 2 * 16_000
    assert receipt["Samples stored"] == receipt["Samples transcribed"] == f"{len(samples):,}"


def test_of_two_tabs_the_later_one_records_and_the_earlier_one_says_so(
    scripted_stack: RunningStack, context: BrowserContext
) -> None:
    """The session moves to the second tab and back again; one of them records at any time."""
    first = open_page(context, scripted_stack)
    first.click("#start")
    wait_until_saved(first, 1)

    second = open_page(context, scripted_stack)
    expect(second.locator("#left-behind")).to_contain_text("runs in another tab", timeout=WITHIN_MS)
    assert_accessible(second, "another-tab")
    second.click("#reopen")
    expect(first.locator("#state")).to_have_text("Open in another page", timeout=WITHIN_MS)
    expect(second.locator("#state")).to_have_text("Recording", timeout=WITHIN_MS)
    assert_accessible(first, "superseded")
    wait_until_saved(second, 4)
    first.click("#take-over")
    expect(second.locator("#state")).to_have_text("Open in another page", timeout=WITHIN_MS)
    expect(first.locator("#state")).to_have_text("Recording", timeout=WITHIN_MS)
    wait_until_recorded(first, 6)
    receipt = stop_and_read_receipt(first)

    row, samples = recorded(scripted_stack, receipt)
    assert row.status == "COMPLETED"
    assert receipt["Stored as captured"] == "Recorded in part elsewhere"
    assert (receipt["Missing sound"], receipt["Samples stored"]) == ("0 gaps", f"{len(samples):,}")
    assert len(samples) >= 6 * 16_000
