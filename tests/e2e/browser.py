"""Headless Chromium with a sound file as its microphone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
SILENCE_S = 1.5  # before and after the speech, as in a room


def find_chromium() -> str:
    """Give the browser's path.

    Raises:
        FileNotFoundError: there is none.
    """
    for name in NAMES:
        if (found := shutil.which(name)) is not None:
            return found
    raise FileNotFoundError("Chromium is needed for the browser tests: `make browser` installs it")


def microphone_file(source: Path, folder: Path) -> Path:
    """Copy a sound file with silence around it, as Chromium wants it: 48 kHz would do too, WAV it must be."""
    samples, rate_hz = soundfile.read(source, dtype="int16")
    silence = np.zeros(round(SILENCE_S * rate_hz), dtype=np.int16)
    target = folder / f"microphone-{source.stem}.wav"
    soundfile.write(target, np.concatenate([silence, samples, silence]), rate_hz, subtype="PCM_16")
    return target


@contextmanager
def browser_with_microphone(
    wav: Path, *, loops: bool = False, devices: int = 1, is_allowed: bool = True
) -> Iterator[Browser]:
    """Start a browser whose microphones hear the file once, or again and again.

    Without `is_allowed` the browser has yet to be told that a page may use them.
    """
    arguments = [
        *(["--use-fake-ui-for-media-stream"] if is_allowed else []),
        f"--use-fake-device-for-media-stream=device-count={devices}",
        f"--use-file-for-fake-audio-capture={wav}{'' if loops else '%noloop'}",
        "--autoplay-policy=no-user-gesture-required",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-quic",
        "--disable-sync",
        "--no-first-run",
    ]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium's sandbox refuses root
    with _playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), headless=True, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _playwright() -> Iterator[Playwright]:
    """Give the driver that runs, or start one: a second one beside it is refused."""
    if _drivers:
        yield _drivers[0]
        return
    with sync_playwright() as playwright:
        _drivers.append(playwright)
        try:
            yield playwright
        finally:
            _drivers.clear()


_drivers: list[Playwright] = []


REMEMBER_LOSSLESS = """
const known = JSON.parse(localStorage.getItem("seva-arogya.choices") ?? "{}");
localStorage.setItem("seva-arogya.choices", JSON.stringify({ lossless: "yes", ...known }));
"""


def sign_in(page: Page, frontend_url: str, user: str, *, is_lossless: bool = True) -> None:
    """Open the page and sign a built-in user in, as a person would.

    `is_lossless`: as somebody who chose that before, so that what was recorded can be held to what was heard.
    """
    if is_lossless:
        page.add_init_script(REMEMBER_LOSSLESS)
    page.goto(frontend_url)
    page.click("#sign-in")
    page.click(f"text=Sign in as {user}")
    page.wait_for_selector("#start:not([disabled])")
    if not is_lossless:
        page.wait_for_selector("#lossless")  # shown once the browser has said that it can encode
