"""Pictures of the page as people have it: wide and narrow, light and dark. They are kept for the eye."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Page

FOLDER: Final = Path(__file__).parent.parent.parent / "build" / "screenshots"
WIDTHS_PX: Final = (1280, 360)
HEIGHT_PX: Final = 900
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


def take_pictures(page: Page, state: str) -> None:
    """Keep the page as it is now in every width and scheme, and leave it as it was."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    for width_px in WIDTHS_PX:
        page.set_viewport_size({"width": width_px, "height": HEIGHT_PX})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=FOLDER / f"{state}-{width_px}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    if before is not None:
        page.set_viewport_size(before)


def overflows(page: Page) -> bool:
    """Tell whether the page is wider than its window, so that it must be scrolled sideways."""
    wider: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wider
