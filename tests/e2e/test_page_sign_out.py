"""Signing out everywhere in a real browser: one press, and the page asks who is there."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.browser import browser_with_microphone, microphone_file, sign_in
from tests.e2e.dictation import AUDIO
from tests.e2e.test_sign_out import new_ticket
from tests.stack import RunningStack

WITHIN_MS = 30_000
SENTENCE = "real_austen_0880"


def test_one_press_signs_out_and_a_recording_is_safe_from_it(
    scripted_stack: RunningStack, tmp_path: Path
) -> None:
    """While something is recorded the button is not there; pressed, it leaves nothing signed in."""
    with browser_with_microphone(microphone_file(AUDIO / f"{SENTENCE}.wav", tmp_path)) as browser:
        page = browser.new_page()
        sign_in(page, scripted_stack.info["frontend_url"], "doctor2")
        expect(page.get_by_role("button", name="Sign out everywhere")).to_be_visible()

        page.click("#start")
        expect(page.locator("#sign-out")).to_be_hidden(timeout=WITHIN_MS)
        page.click("#stop")
        expect(page.locator("#receipt")).to_be_visible(timeout=WITHIN_MS)
        with page.expect_response("**/sign-out-everywhere") as answered:
            page.click("#sign-out")
        expect(page.locator("#sign-in")).to_be_visible(timeout=WITHIN_MS)
        status, url = answered.value.status, page.url

    assert (status, url) == (200, scripted_stack.info["frontend_url"])
    assert new_ticket(scripted_stack, "doctor2")  # others use this stack, and this user
