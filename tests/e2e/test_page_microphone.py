"""The microphone in a real browser: denied, checked, chosen, lost and found again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, BrowserContext, expect

from tests.e2e.accessibility import assert_accessible
from tests.e2e.browser import browser_with_microphone
from tests.e2e.recording_page import (
    REACHABLE_TRACKS,
    WITHIN_MS,
    open_page,
    recorded,
    spoken_file,
    stop_and_read_receipt,
    wait_until_recorded,
)
from tests.stack import RunningStack

TONE_HZ = 1_000
# What Firefox did: a context has the rate of the device, and a microphone joins no other.
ONLY_THE_RATE_OF_THE_DEVICE = """
const DEVICE_HZ = 44_100;
const Plain = window.AudioContext;
window.AudioContext = class extends Plain {
  constructor(options) { super({ sampleRate: DEVICE_HZ, ...options }); }
  createMediaStreamSource(stream) {
    if (this.sampleRate !== DEVICE_HZ) throw new DOMException("other rates", "NotSupportedError");
    window.joinedAt = this.sampleRate;
    return super.createMediaStreamSource(stream);
  }
};
"""
MICROPHONES = ("Fake Audio Input 1", "Fake Audio Input 2")


@pytest.fixture(scope="module")
def _browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    wav = spoken_file(tmp_path_factory.mktemp("microphones"))
    with browser_with_microphone(wav, loops=True, devices=2) as browser:
        yield browser


@pytest.fixture
def two_microphones(_browser: Browser) -> Iterator[BrowserContext]:
    """Give a window of a browser with two microphones, both of which hear someone speak all the time."""
    with _browser.new_context() as context:
        yield context


def test_who_has_denied_the_microphone_is_told_where_to_allow_it(
    scripted_stack: RunningStack, tmp_path: Path
) -> None:
    """Nothing is begun without a microphone; allowed after all, the same page records."""
    with browser_with_microphone(spoken_file(tmp_path), loops=True, is_allowed=False) as browser:
        context = browser.new_context()
        context.grant_permissions(["geolocation"])  # and no other
        page = open_page(context, scripted_stack)

        page.click("#start")
        expect(page.locator("#message")).to_contain_text("blocked for this page", timeout=WITHIN_MS)
        assert_accessible(page, "microphone-denied")
        state = page.locator("#state").inner_text()
        context.grant_permissions(["microphone"])
        page.click("#start")
        expect(page.locator("#message")).to_be_hidden(timeout=WITHIN_MS)
        wait_until_recorded(page, 1)
        receipt = stop_and_read_receipt(page)

    assert state == "Ready"
    assert receipt["Stored as captured"] == "Yes"


def test_a_microphone_is_checked_and_chosen_before_it_is_needed(
    scripted_stack: RunningStack, two_microphones: BrowserContext
) -> None:
    """The check hears her without recording; her choice is remembered by the browser."""
    page = open_page(two_microphones, scripted_stack)

    page.click("#check")
    expect(page.locator("#hearing")).to_have_text("We hear you.", timeout=WITHIN_MS)
    assert_accessible(page, "microphone-check")
    offered = page.locator("#microphone option").all_inner_texts()
    page.select_option("#microphone", label=MICROPHONES[1])
    expect(page.locator("#hearing")).to_have_text("We hear you.", timeout=WITHIN_MS)
    timer = page.locator("#timer").inner_text()
    page.click("#check")
    expect(page.locator("#hearing")).to_be_empty()
    later = open_page(two_microphones, scripted_stack)
    later.click("#check")
    expect(later.locator("#microphone option:checked")).to_have_text(MICROPHONES[1], timeout=WITHIN_MS)

    assert offered[1:] == list(MICROPHONES)
    assert timer == "00:00"


def test_a_recording_survives_the_loss_of_its_microphone(
    scripted_stack: RunningStack, two_microphones: BrowserContext
) -> None:
    """It goes on with the other one and says so; with none left it pauses until there is one again."""
    page = open_page(two_microphones, scripted_stack, REACHABLE_TRACKS)
    message, pause = page.locator("#message"), page.locator("#pause")
    page.click("#start")
    wait_until_recorded(page, 1)

    page.evaluate("unplug()")
    expect(message).to_contain_text(re.compile(r"is gone.*is used instead.*at 00:\d\d"), timeout=WITHIN_MS)
    wait_until_recorded(page, 3)
    assert_accessible(page, "microphone-moved")
    page.evaluate("unplugged.add('all'), unplug()")
    expect(message).to_contain_text(re.compile(r"paused at 00:\d\d"), timeout=WITHIN_MS)
    expect(pause).to_have_text("Resume")
    assert_accessible(page, "microphone-lost")
    page.click("#pause")
    expect(message).to_contain_text("No microphone was found", timeout=WITHIN_MS)
    page.evaluate("unplugged.clear()")
    page.click("#pause")
    expect(pause).to_have_text("Pause", timeout=WITHIN_MS)
    wait_until_recorded(page, 6)
    receipt = stop_and_read_receipt(page)

    _, samples = recorded(scripted_stack, receipt)
    assert (receipt["Stored as captured"], receipt["Missing sound"]) == ("Yes", "0 gaps")
    assert receipt["Samples sent"] == receipt["Samples stored"] == f"{len(samples):,}"
    assert len(samples) >= 6 * 16_000


def test_a_device_whose_rate_cannot_be_changed_is_resampled_as_it_is_heard(
    scripted_stack: RunningStack, tmp_path: Path
) -> None:
    """A tone through a 44.1 kHz device is stored at the session's rate, at its own pitch."""
    seconds = np.arange(3 * 48_000) / 48_000
    tone = tmp_path / "tone.wav"
    soundfile.write(tone, 0.4 * np.sin(2 * np.pi * TONE_HZ * seconds), 48_000, subtype="PCM_16")
    with browser_with_microphone(tone, loops=True) as browser:
        page = open_page(browser.new_context(), scripted_stack, ONLY_THE_RATE_OF_THE_DEVICE)
        page.click("#start")
        wait_until_recorded(page, 3)
        joined_at = page.evaluate("joinedAt")
        receipt = stop_and_read_receipt(page)

    row, samples = recorded(scripted_stack, receipt)
    heard = samples[16_000 : 2 * 16_000].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert (joined_at, row.sample_rate_hz) == (44_100, 16_000)
    assert receipt["Stored as captured"] == "Yes"
    assert abs(int(np.argmax(spectrum)) - TONE_HZ) <= 1  # a second: a line a hertz


def test_a_microphone_that_gives_no_sound_is_told_of(scripted_stack: RunningStack, tmp_path: Path) -> None:
    """Silence of the device is not mistaken for silence in the room."""
    muted = tmp_path / "muted.wav"
    soundfile.write(muted, np.zeros(48_000, dtype=np.int16), 48_000, subtype="PCM_16")
    with browser_with_microphone(muted, loops=True) as browser:
        page = open_page(browser.new_context(), scripted_stack)
        page.click("#start")
        expect(page.locator("#message")).to_contain_text("no sound at all. Is it muted", timeout=WITHIN_MS)
        assert_accessible(page, "microphone-dead")
        receipt = stop_and_read_receipt(page)

    assert receipt["Stored as captured"] == "Yes"


def test_speech_without_text_is_told_of(
    scripted_stack: RunningStack, two_microphones: BrowserContext
) -> None:
    """Who speaks to a recogniser that finds no words must not think that all is well."""
    page = open_page(two_microphones, scripted_stack)
    page.click("#start")
    expect(page.locator("#message")).to_contain_text("hear speech but get no text", timeout=WITHIN_MS)
    assert_accessible(page, "no-text")
    receipt = stop_and_read_receipt(page)

    assert receipt["Stored as captured"] == "Yes"
