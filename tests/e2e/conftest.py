"""A browser that the tests of a file share; each has a window of its own, which knows of no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.e2e.browser import browser_with_microphone
from tests.e2e.recording_page import spoken_file


@pytest.fixture(scope="module")
def listening_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Give a browser that hears someone speak all the time; while it runs, no event loop but its own may."""
    wav = spoken_file(tmp_path_factory.mktemp("microphone"))
    with browser_with_microphone(wav, loops=True) as browser:
        yield browser


@pytest.fixture
def context(listening_browser: Browser) -> Iterator[BrowserContext]:
    """Give a window of a browser that hears someone speak all the time."""
    with listening_browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        yield context
