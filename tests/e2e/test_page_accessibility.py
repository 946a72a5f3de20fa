"""The page for everybody: by keyboard, by ear, enlarged, in the states that no other test of it reaches."""

from __future__ import annotations

import json
import re

from playwright.sync_api import BrowserContext, Page, Route, WebSocketRoute, expect

from tests.e2e.accessibility import assert_accessible
from tests.e2e.browser import sign_in
from tests.e2e.recording_page import USER, WITHIN_MS, open_page, wait_until_recorded
from tests.stack import RunningStack

RING_BYTES = "RING_BYTES = 60 * 1024 * 1024"  # as ring.js says it
MOST_TABS = 20
LEFT_BEHIND = {
    "sessionId": "00000000-0000-4000-8000-000000000000",
    "recorded": 160_000,
    "rateHz": 16_000,
    "quality": "medium",
    "encoding": "pcm",
    "isClosed": True,
}
FULL = {
    "type": "error",
    "session_id": None,
    "retryable": True,
    "code": "busy",
    "message": "No room at the moment.",
    "retry_after_s": 1,
}
FOCUS = """() => {
  const focus = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(focus);
  return [focus.id, outlineStyle !== "none" && parseFloat(outlineWidth) >= 2];
}"""
ANNOUNCED = """(id) => {
  const live = document.getElementById(id).closest("[aria-live]");
  return live === null ? "off" : live.getAttribute("aria-live");
}"""


def test_every_state_of_a_recording_is_for_everybody(
    scripted_stack: RunningStack, context: BrowserContext
) -> None:
    """From signed out to saved; finals are announced, the changing text is not, and nothing need move."""
    page = context.new_page()
    page.goto(scripted_stack.info["frontend_url"])
    page.wait_for_selector("#sign-in")
    assert_accessible(page, "signed-out")
    page.close()

    page = open_page(context, scripted_stack)
    assert_accessible(page, "ready")
    page.click("#start")
    wait_until_recorded(page, 1)
    announced = {part: page.evaluate(ANNOUNCED, part) for part in ("partial", "hearing", "progress")}
    expect(page.locator("[role=log][aria-live=polite]")).to_have_count(1)
    page.emulate_media(reduced_motion="reduce")
    motion = page.evaluate("getComputedStyle(document.querySelector('#state'), '::before').animationName")
    page.click("#pause")
    expect(page.locator("#state")).to_have_text("Paused", timeout=WITHIN_MS)
    assert_accessible(page, "paused")
    scripted_stack.gateway_faults(drop=1.0)
    page.click("#stop")
    expect(page.locator("#state")).to_have_text("Finishing", timeout=WITHIN_MS)
    assert_accessible(page, "finishing")
    scripted_stack.gateway_faults()
    expect(page.locator("#receipt")).to_be_visible(timeout=WITHIN_MS)

    assert set(announced.values()) == {"off"}
    assert motion == "none"


def with_little_memory(route: Route) -> None:
    """Serve ring.js with room for eight seconds, so that a test need not record for half an hour."""
    answer = route.fetch()
    assert RING_BYTES in answer.text()
    route.fulfill(response=answer, body=answer.text().replace(RING_BYTES, "RING_BYTES = 256 * 1024"))


def test_a_page_that_runs_out_of_room_says_so_to_everybody(
    scripted_stack: RunningStack, context: BrowserContext
) -> None:
    """Half full, full, and signed out in the middle: each has its words and what to press."""
    context.route("**/js/ring.js", with_little_memory)
    page = open_page(context, scripted_stack)
    message = page.locator("#message")

    page.route("**/tickets", lambda route: route.fulfill(status=401))
    page.click("#start")
    expect(message).to_contain_text("You are signed out", timeout=WITHIN_MS)
    expect(message).to_contain_text("half of the room", timeout=WITHIN_MS)
    assert_accessible(page, "signed-out-while-recording")
    expect(message).to_contain_text("holds all the audio it can", timeout=WITHIN_MS)
    assert_accessible(page, "memory-full")
    page.unroute("**/tickets")
    expect(page.locator("#state")).to_have_text("Paused", timeout=WITHIN_MS)
    page.click("#stop")
    expect(page.locator("#receipt")).to_be_visible(timeout=WITHIN_MS)
    receipt = page.locator("#receipt").inner_text()

    assert "0 gaps" in receipt


def test_a_service_that_is_full_says_so_to_everybody(
    scripted_stack: RunningStack, context: BrowserContext
) -> None:
    """The page records all the same, and sends what it has as soon as there is room."""
    has_room = False

    def route(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def hear(message: str | bytes) -> None:
            said = json.loads(message)
            if said["type"] == "start" and not has_room:
                socket.send(json.dumps({**FULL, "ref": said["request_id"]}))
            else:
                server.send(message)

        socket.on_message(hear)

    page = context.new_page()
    page.route_web_socket(re.compile("ticket="), route)
    sign_in(page, scripted_stack.info["frontend_url"], USER, is_lossless=True)
    page.click("#start")
    expect(page.locator("#message")).to_contain_text("full at the moment", timeout=WITHIN_MS)
    assert_accessible(page, "busy")
    has_room = True
    wait_until_recorded(page, 1)
    page.click("#stop")
    expect(page.locator("#receipt")).to_be_visible(timeout=WITHIN_MS)

    assert "0 gaps" in page.locator("#receipt").inner_text()


def test_what_cannot_be_mended_is_said_to_everybody(
    scripted_stack: RunningStack, context: BrowserContext
) -> None:
    """No configuration, a sign-in that was refused, a session that the server no longer knows."""
    page = context.new_page()
    message = page.locator("#message")
    page.route("**/config.json", lambda route: route.abort())
    page.goto(scripted_stack.info["frontend_url"])
    expect(message).to_contain_text("could not be set up", timeout=WITHIN_MS)
    assert_accessible(page, "page-failed")
    page.unroute("**/config.json")
    page.goto(f"{scripted_stack.info['frontend_url']}?error=access_denied")
    expect(message).to_contain_text("Signing in did not work", timeout=WITHIN_MS)
    assert_accessible(page, "sign-in-failed")
    page.close()

    page = open_page(context, scripted_stack)
    page.evaluate(
        "(note) => localStorage['seva-arogya.open.x'] = JSON.stringify({ ...note, at: Date.now() })",
        LEFT_BEHIND,
    )
    page.click("#reopen", timeout=WITHIN_MS)
    expect(page.locator("#state")).to_have_text("Stopped", timeout=WITHIN_MS)
    assert_accessible(page, "failed")

    expect(page.locator("#message")).to_contain_text("no longer knows this session")


def tab_to(page: Page, wanted: str) -> list[tuple[str, bool]]:
    """Press Tab until an element has the focus; give what had it on the way, and if that could be seen."""
    passed: list[tuple[str, bool]] = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        identifier, is_seen = page.evaluate(FOCUS)
        passed.append((identifier, is_seen))
        if identifier == wanted:
            return passed
    raise AssertionError(f"Tab does not lead to #{wanted}: {passed}")


def test_all_of_it_works_without_a_mouse(scripted_stack: RunningStack, context: BrowserContext) -> None:
    """Sign in, choose, record, pause, stop, and be told: every stop of the focus can be seen."""
    page = context.new_page()
    page.goto(scripted_stack.info["frontend_url"])
    page.wait_for_selector("#sign-in")
    stops = tab_to(page, "sign-in")
    page.keyboard.press("Enter")
    page.get_by_text(f"Sign in as {USER}").focus()  # the sign-in page is another's
    page.keyboard.press("Enter")
    page.wait_for_selector("#start:not([disabled])")

    stops += tab_to(page, "language")
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_have_text("तैयार")
    page.keyboard.press("Enter")
    stops += tab_to(page, "start")
    stops += tab_to(page, "quality")
    page.keyboard.press("ArrowDown")
    stops += tab_to(page, "lossless")
    stops += tab_to(page, "scroll")
    quality = page.locator("#quality").input_value()
    page.locator("#language").focus()
    tab_to(page, "start")
    page.keyboard.press("Enter")
    expect(page.locator("#pause")).to_be_focused(timeout=WITHIN_MS)
    wait_until_recorded(page, 1)
    page.keyboard.press("Enter")
    expect(page.locator("#pause")).to_have_text("Resume", timeout=WITHIN_MS)
    stops += tab_to(page, "stop")
    page.keyboard.press("Enter")
    expect(page.locator("#receipt")).to_be_focused(timeout=WITHIN_MS)

    assert [identifier for identifier, is_seen in stops if not is_seen] == []
    assert quality == "high"


def test_the_language_is_guessed_then_chosen_then_remembered(
    scripted_stack: RunningStack, context: BrowserContext
) -> None:
    """A browser that prefers Hindi has it at once; in either language the page asks for English speech."""
    hindi = context.browser.new_context(locale="hi-IN") if context.browser is not None else context
    page = hindi.new_page()
    page.goto(scripted_stack.info["frontend_url"])
    page.wait_for_selector("#sign-in")
    guessed = page.locator("html").get_attribute("lang")
    asks_in_hindi = page.locator(".welcome").inner_text()
    page.click("#language")
    asks_in_english = page.locator(".welcome").inner_text()
    page.reload()
    page.wait_for_selector("#sign-in")
    remembered = page.locator("html").get_attribute("lang")
    kept = json.loads(page.evaluate("localStorage['seva-arogya.choices']"))

    assert (guessed, remembered, kept) == ("hi", "en", {"language": "en"})
    assert "केवल अंग्रेज़ी" in asks_in_hindi
    assert "Speech must be English" in asks_in_english
