"""Hold a state of the page to WCAG 2.2 AA, as axe judges it, and keep pictures of it for the eye.

Axe is put into the page through the devtools: nothing of it is served, and the page's own policy stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Page

from tests.e2e.pictures import FOLDER, HEIGHT_PX, overflows

AXE: Final = Path(__file__).parent.parent.parent / "node_modules" / "axe-core" / "axe.min.js"
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
ZOOMED_PX: Final = (640, 320)  # a window of 1280 px at 200 % and at 400 %


@dataclass(frozen=True, slots=True)
class Look:
    """One way in which people have the page."""

    width_px: int
    scheme: Literal["light", "dark"]
    language: Literal["en", "hi"]

    @property
    def name(self) -> str:
        """Name it, for a file or a complaint."""
        return f"{self.width_px}-{self.scheme}-{self.language}"


LOOKS: Final = (Look(1280, "light", "en"), Look(360, "dark", "hi"))  # each width, scheme and language once


def assert_accessible(page: Page, state: str) -> None:
    """See the state in every look, find nothing to complain of, and leave the page as it was."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    spoken = language_of(page)
    complaints: list[str] = []
    for look in LOOKS:
        page.set_viewport_size({"width": look.width_px, "height": HEIGHT_PX})
        page.emulate_media(color_scheme=look.scheme)
        speak(page, look.language)
        page.screenshot(path=FOLDER / f"{state}-{look.name}.png", full_page=True)
        complaints += [f"{look.name}: {violation}" for violation in violations(page)]
        for width_px in ZOOMED_PX:
            page.set_viewport_size({"width": width_px, "height": HEIGHT_PX})
            complaints += [f"{look.name}: scrolls sideways at {width_px} px"] if overflows(page) else []
    page.emulate_media(color_scheme="light")
    speak(page, spoken)
    if before is not None:
        page.set_viewport_size(before)
    assert complaints == [], "\n".join([state, *complaints])


def language_of(page: Page) -> str:
    """Give the language that the page speaks."""
    return str(page.evaluate("document.documentElement.lang"))


def speak(page: Page, language: str) -> None:
    """Have the page speak a language; the focus stays where it is, and nothing is remembered."""
    if language_of(page) != language:
        page.evaluate("document.getElementById('language').click()")
    page.wait_for_function("language => document.documentElement.lang === language", arg=language)


def violations(page: Page) -> list[str]:
    """Give what axe finds wrong, each with the rule and the place."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    found: list[dict[str, Any]] = page.evaluate(
        "async (tags) => (await axe.run({ runOnly: tags, resultTypes: ['violations'] })).violations",
        list(RULES),
    )
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]
    ]


@cache
def _axe() -> str:
    return AXE.read_text() + "; undefined"
