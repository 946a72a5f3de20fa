"""How soon the page sends sound, and that it goes on unconnected and in the background."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.accessibility import assert_accessible
from tests.e2e.pictures import FOLDER
from tests.e2e.recording_page import (
    WITHIN_MS,
    open_page,
    recorded,
    stop_and_read_receipt,
    wait_until_recorded,
    wait_until_saved,
)
from tests.stack import RunningStack

MARKS = """
window.marks = {};
const mark = (name) => { window.marks[name] ??= performance.now() - window.clickedAt; };
addEventListener("click", () => { window.clickedAt ??= performance.now(); }, true);
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wish) => {
  const stream = await open(wish);
  mark("microphone");
  return stream;
};
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (text) {
  mark(JSON.parse(text).type);
  send.call(this, text);
};
"""
# A browser lets the timers of a page in the background fire once a minute at worst.
TIMERS_OF_THE_BACKGROUND = """
const every = window.setInterval.bind(window);
window.setInterval = (act, ms) => every(act, Math.max(ms, 60_000));
"""


def write_report(page: Page) -> dict[str, Any]:
    """Keep the milliseconds from the click to each step."""
    marks: dict[str, Any] = page.evaluate("marks")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "first-audio.json").write_text(json.dumps({name: round(ms) for name, ms in marks.items()}))
    return marks


def test_the_first_sound_is_on_its_way_soon_after_the_click(
    scripted_stack: RunningStack, context: BrowserContext, record_property: Any
) -> None:
    """The steps are reported; how long they take on a busy machine is no guarantee."""
    page = open_page(context, scripted_stack, MARKS)

    page.click("#start")
    wait_until_recorded(page, 1)
    page.wait_for_function("() => marks.audio !== undefined", timeout=WITHIN_MS)
    marks = write_report(page)
    record_property("first_audio_ms", round(marks["audio"]))
    receipt = stop_and_read_receipt(page)

    assert marks["microphone"] < marks["audio"]
    assert receipt["Stored as captured"] == "Yes"


def test_a_lost_connection_interrupts_the_text_and_not_the_recording(
    scripted_stack: RunningStack, context: BrowserContext
) -> None:
    """While the page cannot connect it says so and records on; then it catches up, and nothing is missing."""
    page = open_page(context, scripted_stack)
    state = page.locator("#state")
    page.click("#start")
    wait_until_saved(page, 1)

    page.route("**/tickets", lambda route: route.abort())
    scripted_stack.gateway_faults(cut_connections_every_s=0.1)
    expect(state).to_have_text("Reconnecting: nothing is lost", timeout=WITHIN_MS)
    scripted_stack.gateway_faults()
    wait_until_recorded(page, 6)
    assert_accessible(page, "reconnecting")
    page.unroute("**/tickets")
    expect(state).to_have_text("Recording", timeout=WITHIN_MS)
    wait_until_recorded(page, 8)
    assert_accessible(page, "recording")
    receipt = stop_and_read_receipt(page)
    assert_accessible(page, "saved")

    _, samples = recorded(scripted_stack, receipt)
    assert (receipt["Stored as captured"], receipt["Missing sound"]) == ("Yes", "0 gaps")
    assert receipt["Samples sent"] == receipt["Samples stored"] == f"{len(samples):,}"


def test_a_page_in_the_background_records_and_sends_without_its_timers(
    scripted_stack: RunningStack, context: BrowserContext
) -> None:
    """The sound itself keeps the time, so that slowed timers delay nothing."""
    page = open_page(context, scripted_stack, TIMERS_OF_THE_BACKGROUND)

    page.click("#start")
    wait_until_saved(page, 4)
    receipt = stop_and_read_receipt(page)

    _, samples = recorded(scripted_stack, receipt)
    assert receipt["Stored as captured"] == "Yes"
    assert len(samples) >= 4 * 16_000
