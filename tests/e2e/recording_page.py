"""What tests of the page while recording do again and again: open, wait, read the receipt."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import numpy as np
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.browser import microphone_file, sign_in
from tests.e2e.dictation import AUDIO
from tests.e2e.records import Row, find_row, read_recording
from tests.stack import RunningStack

WITHIN_MS: Final = 45_000
SENTENCE: Final = "real_austen_0880"
USER: Final = "doctor1"

# Chromium's stand-in microphones cannot be unplugged: the track is ended by hand, and the page is told so as
# the browser would. What the page does then is its own.
REACHABLE_TRACKS: Final = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
window.tracks = [];
window.unplugged = new Set();
navigator.mediaDevices.enumerateDevices = async () =>
  (await list()).filter(({ kind, label }) => kind !== "audioinput" || !window.unplugged.has(label));
navigator.mediaDevices.getUserMedia = async (wish) => {
  if (window.unplugged.has("all")) throw new DOMException("none", "NotFoundError");
  const stream = await open(wish);
  window.tracks.push(...stream.getAudioTracks());
  return stream;
};
window.unplug = () => {
  const track = window.tracks.at(-1);
  window.unplugged.add(track.label);
  track.stop();
  track.dispatchEvent(new Event("ended"));
};
"""


def spoken_file(folder: Path) -> Path:
    """Give a short sentence for a microphone that hears it again and again."""
    return microphone_file(AUDIO / f"{SENTENCE}.wav", folder)


def open_page(
    context: BrowserContext, stack: RunningStack, *scripts: str, user: str = USER, is_lossless: bool = True
) -> Page:
    """Open a page with scripts in it, signed in; it sends every sample as it is, or packets of Opus."""
    page = context.new_page()
    for script in scripts:
        page.add_init_script(script)
    sign_in(page, stack.info["frontend_url"], user, is_lossless=is_lossless)
    return page


def wait_until_recorded(page: Page, seconds: int) -> None:
    """Wait until the timer stands at so many seconds, less than a minute, or later."""
    page.wait_for_function(
        "least => Number(document.querySelector('#timer').textContent.split(':')[1]) >= least",
        arg=seconds,
        timeout=WITHIN_MS,
    )


def seconds_on(page: Page) -> int:
    """Read the timer, which stands at less than a minute."""
    return int(page.locator("#timer").inner_text().split(":")[1])


def wait_until_saved(page: Page, seconds: int) -> None:
    """Wait until the server has stored so many seconds, less than a minute, or more."""
    stored = "/saved \\d+:(\\d+)/.exec(document.querySelector('#progress').textContent)?.[1]"
    page.wait_for_function(
        f"least => Number({stored}) >= least",
        arg=seconds,
        timeout=WITHIN_MS,
    )


def stop_and_read_receipt(page: Page) -> dict[str, str]:
    """Stop, and give the receipt's facts by their names."""
    page.click("#stop")
    return read_receipt(page)


def read_receipt(page: Page) -> dict[str, str]:
    """Wait for the receipt, and give its facts by their names."""
    expect(page.locator("#receipt")).to_have_attribute("data-transcript", re.compile("."), timeout=WITHIN_MS)
    names = page.locator("#receipt dt").all_inner_texts()
    return dict(zip(names, page.locator("#receipt dd").all_inner_texts(), strict=True))


def recorded(stack: RunningStack, receipt: dict[str, str]) -> tuple[Row, np.ndarray[Any, Any]]:
    """Give the record that a receipt names, and its samples as stored."""
    row = find_row(stack, int(receipt["Record"]))
    samples, _ = read_recording(stack, row)
    return row, samples
