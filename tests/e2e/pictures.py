"""Where pictures of the page are kept for the eye, and whether it fits its window."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

FOLDER: Final = Path(__file__).parent.parent.parent / "build" / "screenshots"
HEIGHT_PX: Final = 900


def overflows(page: Page) -> bool:
    """Tell whether the page is wider than its window, so that it must be scrolled sideways."""
    wider: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wider
