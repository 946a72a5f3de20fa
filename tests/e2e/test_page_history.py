"""Earlier recordings in a real browser: found, heard by the word, corrected, taken away; by their owner."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Download, Page, Route, expect

from contract.audio import Quality
from local_stack.recognisers.counter_audio import FRAMES_PER_S
from local_stack.recognisers.scripted import WORD_S
from tests.e2e.accessibility import assert_accessible
from tests.e2e.browser import browser_with_microphone, sign_in
from tests.e2e.dictation import counter_pcm, dictate
from tests.e2e.listening import HEAR_LATE, LISTEN, WATCH
from tests.e2e.recording_page import open_page, spoken_file, wait_until_recorded
from tests.e2e.records import find_row, wait_until_parts_are_gone
from tests.e2e.test_history import ask
from tests.e2e.test_page import Complaints
from tests.shared_stacks import get_scripted_stack
from tests.stack import RunningStack
from tools.client_session import ClientSession

WITHIN_MS: Final = 30_000
SPOKEN_S: Final = 10.0
WORD_NUMBER: Final = 6
NEAR_S: Final = 0.1
LIST: Final = re.compile(r"/transcriptions(\?|$)")
FORMATS: Final = {
    "txt": "txt",
    "srt": "srt",
    "vtt": "vtt",
    "json": "json",
    "docx": "docx",
    "fhir": "fhir.json",
}


@pytest.fixture(scope="module")
def numbers() -> tuple[int, int]:
    """Have doctor1 say numbered words, one each half a second, twice; give the finished records' numbers."""
    stack = get_scripted_stack()

    async def dictations() -> list[ClientSession]:
        spoken = counter_pcm(Quality.MEDIUM, SPOKEN_S)
        return await asyncio.gather(*(dictate(stack, spoken, Quality.MEDIUM, speed=4.0) for _ in range(2)))

    saved = [session.heard.saved for session in asyncio.run(dictations())]
    first, second = (int(one["transcription_id"]) for one in saved if one is not None)
    for number in (first, second):
        wait_until_parts_are_gone(stack, find_row(stack, number))
    return first, second


@pytest.fixture(scope="module")
def context(numbers: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Give one browser for all of this file's tests; while it is open, no event loop but its own may run."""
    assert numbers
    wav = spoken_file(tmp_path_factory.mktemp("history"))
    expect.set_options(timeout=WITHIN_MS)
    with browser_with_microphone(wav, loops=True) as browser:
        yield browser.new_context(locale="en-IN", viewport={"width": 1100, "height": 900})
    expect.set_options(timeout=5_000)  # as it was


def open_list(page: Page) -> None:
    """Go to the recordings, and wait for them."""
    page.get_by_role("link", name="My recordings", exact=True).click()
    expect(page.locator(".recordings li").first).to_be_visible(timeout=WITHIN_MS)


def keep(page: Page, state: str) -> None:
    """Keep pictures of a state, and see that it is for everybody."""
    assert_accessible(page, state)


def passage(page: Page, segment: int) -> Any:
    """Give a passage of the opened record."""
    return page.locator(f".passage[data-segment='{segment}']")


def begin_correction(page: Page, segment: int, text: str) -> None:
    """Type how a passage is to read."""
    passage(page, segment).locator(".tool").click()
    passage(page, segment).locator("textarea").fill(text)


def save_correction(page: Page, segment: int) -> None:
    """Press the button that saves it."""
    passage(page, segment).locator("button[type=submit]").click()


def test_a_recording_is_found_heard_corrected_taken_away_and_deleted(
    scripted_stack: RunningStack, context: BrowserContext, numbers: tuple[int, int]
) -> None:
    """In one page: a word sounds where it was said, and nothing typed is lost to an edit elsewhere."""
    number, _ = numbers
    page = open_page(context, scripted_stack)
    complaints = Complaints(page)
    page.route(LIST, lambda route: route.continue_(url=f"{route.request.url.partition('?')[0]}?limit=1"))
    open_list(page)
    expect(page.locator(".recordings li")).to_have_count(1)
    page.unroute(LIST)
    page.get_by_role("button", name="Show older recordings").click()
    expect(page.locator(f".recordings a[data-id='{number}']")).to_be_visible()
    keep(page, "history-list")
    page.locator(f".recordings a[data-id='{number}']").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Recording of")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.go_back()
    expect(page.locator(f".recordings a[data-id='{number}']")).to_be_focused()
    page.go_forward()
    words = page.locator(".said .word")
    expect(words).to_have_count(int(SPOKEN_S / WORD_S))

    words.nth(WORD_NUMBER).click()
    seen = page.evaluate(WATCH, WITHIN_MS)
    page.get_by_role("button", name="Pause").click()
    assert seen[0][0] == pytest.approx(WORD_NUMBER * WORD_S, abs=NEAR_S)
    for at_s, marked in seen:
        assert marked * WORD_S - NEAR_S <= at_s <= (marked + 1) * WORD_S + NEAR_S
    assert {WORD_NUMBER, WORD_NUMBER + 2} <= {marked for _, marked in seen}
    words.nth(WORD_NUMBER).focus()
    page.keyboard.press("ArrowLeft")
    expect(words.nth(WORD_NUMBER - 1)).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate(WATCH, WITHIN_MS)[0][0] == pytest.approx((WORD_NUMBER - 1) * WORD_S, abs=NEAR_S)
    page.get_by_role("button", name="Pause").click()
    keep(page, "history-heard")

    begin_correction(page, 1, "Digoxin  0.25 mg")
    keep(page, "history-correcting")
    save_correction(page, 1)
    expect(passage(page, 1)).to_contain_text("Corrected")
    expect(passage(page, 1).locator(".said")).to_have_text("Digoxin 0.25 mg")
    address = page.url
    page.reload()
    page.click("#sign-in")
    page.click("text=Sign in as doctor1")
    expect(passage(page, 1).locator(".said")).to_have_text("Digoxin 0.25 mg")
    expect(passage(page, 1)).to_contain_text("by you")
    assert page.url == address

    begin_correction(page, 1, "Digoxin 0.125 mg")
    elsewhere = {"segment": 1, "text": "Digoxin 1 mg", "base_version": 1}
    assert ask(scripted_stack, "PATCH", f"/transcriptions/{number}", body=elsewhere).status == 200
    save_correction(page, 1)
    expect(passage(page, 1).locator(".editor")).to_contain_text("Digoxin 1 mg")
    expect(passage(page, 1).locator("textarea")).to_have_value("Digoxin 0.125 mg")
    keep(page, "history-conflict")
    save_correction(page, 1)
    expect(passage(page, 1).locator(".said")).to_have_text("Digoxin 0.125 mg")

    page.get_by_role("searchbox", name="Find in the text").fill("w000003 w000004")
    expect(page.locator(".found-now")).to_have_count(2)
    expect(page.locator(".record-text .find [role=status]")).to_have_text("1 of 1")
    page.get_by_role("button", name="Copy text").click()
    expect(page.locator(".news")).to_have_text(re.compile("Copied|Text selected"))
    for name in FORMATS:
        download = exported(page, name)
        suffix = "fhir.json" if name == "fhir" else name
        assert download.suggested_filename == f"transcription-{number}.{suffix}"
        assert Path(download.path()).stat().st_size > 0
    assert "Digoxin 0.125 mg" in Path(exported(page, "txt").path()).read_text()

    page.get_by_role("link", name="All recordings").click()
    page.get_by_role("searchbox", name="Words in the text").fill("digoxin w000003")
    expect(page.locator(".recordings li")).to_have_count(1)
    tomorrow = (datetime.now(tz=UTC) + timedelta(days=2)).date().isoformat()
    page.get_by_label("From").fill(tomorrow)
    expect(page.get_by_text("Nothing was found")).to_be_visible()
    keep(page, "history-nothing-found")
    page.get_by_role("button", name="Show all").click()
    page.locator(f".recordings a[data-id='{number}']").click()

    page.get_by_role("button", name="Delete").click()
    keep(page, "history-deleting")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("The recording was deleted.")).to_be_visible(timeout=WITHIN_MS)
    expect(page.locator(f".recordings a[data-id='{number}']")).to_have_count(0)
    assert ask(scripted_stack, "GET", f"/transcriptions/{number}").status == 404
    assert [found for found in complaints.found if "409" not in found] == []
    page.close()


def exported(page: Page, name: str) -> Download:
    """Download the opened record in a format."""
    page.get_by_label("Export as").select_option(name)
    with page.expect_download() as begun:
        page.get_by_role("button", name="Download").click()
    return begun.value


def test_an_address_that_ends_is_renewed_where_it_stopped_and_trouble_is_told(
    scripted_stack: RunningStack, context: BrowserContext, numbers: tuple[int, int]
) -> None:
    """Whatever goes wrong, a sentence says what to do; nobody else's record is there at all."""
    _, number = numbers
    page = open_page(context, scripted_stack)
    links: list[str] = []

    def ends_at_once(route: Route) -> None:
        answer = route.fetch()
        links.append(answer.json()["url"])
        broken = links[-1].replace(".flac?", ".gone?") if len(links) == 1 else links[-1]
        route.fulfill(response=answer, json={**answer.json(), "url": broken, "expires_in": 0})

    page.route("**/transcriptions/*/audio", ends_at_once)
    page.evaluate(HEAR_LATE)
    page.goto(f"{scripted_stack.info['frontend_url']}#recordings/{number}")
    words = page.locator(".said .word")
    words.nth(WORD_NUMBER).click()
    assert page.evaluate(WATCH, WITHIN_MS)[0][0] == pytest.approx(WORD_NUMBER * WORD_S, abs=NEAR_S)
    assert len(links) == 2
    words.nth(4).click()
    assert page.evaluate(WATCH, WITHIN_MS)[0][0] == pytest.approx(4 * WORD_S, abs=NEAR_S)
    assert len(links) == 3

    begin_correction(page, 0, "Kept whatever happens")
    page.route("**/transcriptions/*", lambda route: route.abort())
    save_correction(page, 0)
    expect(passage(page, 0).locator(".editor")).to_contain_text("could not be reached")
    expect(passage(page, 0).locator("textarea")).to_have_value("Kept whatever happens")
    page.unroute("**/transcriptions/*")
    page.route(LIST, lambda route: route.fulfill(status=429, body="{}"))
    page.get_by_role("link", name="All recordings").click()
    expect(page.locator("#history [role=alert]").first).to_contain_text("too much to do")
    keep(page, "history-trouble")
    page.unroute(LIST)
    page.route(LIST, lambda route: route.fulfill(status=401, body="{}"), times=1)
    page.get_by_role("button", name="Try again").click()
    with page.expect_popup() as opened:
        page.locator("#history").get_by_role("button", name="Sign in again").click()
    opened.value.click("text=Sign in as doctor1")
    page.locator(f".recordings a[data-id='{number}']").click()
    expect(passage(page, 0).locator("textarea")).to_have_value("Kept whatever happens")
    save_correction(page, 0)
    expect(passage(page, 0).locator(".said")).to_have_text("Kept whatever happens")
    page.close()

    other = context.new_page()
    sign_in(other, scripted_stack.info["frontend_url"], "doctor2")
    other.get_by_role("link", name="My recordings", exact=True).click()
    other.get_by_role("searchbox", name="Words in the text").fill("kept whatever happens")
    expect(other.get_by_text("Nothing was found")).to_be_visible(timeout=WITHIN_MS)
    other.evaluate(f"location.hash = '#recordings/{number}'")
    expect(other.get_by_text("There is no such recording.")).to_be_visible()
    assert "Kept whatever happens" not in other.content()
    other.close()


def test_the_recordings_are_looked_at_while_one_runs(
    scripted_stack: RunningStack, context: BrowserContext
) -> None:
    """It goes on unseen, its state stays in sight; what is being recorded says so until it is whole."""
    page = open_page(context, scripted_stack)
    page.click("#start")
    wait_until_recorded(page, 1)

    open_list(page)
    expect(page.locator(".recordings li").first).to_contain_text("Being recorded")
    expect(page.locator("#state")).to_have_text("Recording")
    expect(page.locator("#timer")).to_be_hidden()
    keep(page, "history-while-recording")
    page.locator(".recordings a").first.click()
    expect(page.get_by_text("This is still being recorded.")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_be_hidden()
    keep(page, "history-still-recording")
    before = page.locator("#timer").text_content()
    page.get_by_role("link", name="Live transcription").click()
    expect(page.locator("#timer")).not_to_have_text(before or "")
    page.click("#stop")
    page.wait_for_selector("#receipt[data-transcription-id]", timeout=WITHIN_MS)
    page.get_by_role("link", name="Play, correct or export it").click()
    expect(page.locator(".record-view .badge")).to_have_text("Complete")
    expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=WITHIN_MS)
    page.close()


def test_what_sounds_at_a_moment_is_what_was_said_then(
    scripted_stack: RunningStack, context: BrowserContext, numbers: tuple[int, int]
) -> None:
    """The browser's own word for where it is would hide a file in which it cannot find its way."""
    _, number = numbers
    link = ask(scripted_stack, "GET", f"/transcriptions/{number}/audio").body["url"]
    browser = context.browser
    assert browser is not None
    page = browser.new_page(bypass_csp=True)  # so that a test may listen; the page never does

    def readable(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "access-control-allow-origin": "*"})

    page.route(f"{link.partition('?')[0]}*", readable)
    page.goto(scripted_stack.info["frontend_url"])
    times = [7.5, 0.5, 4.24, 9.0]
    frames = page.evaluate(LISTEN, [link, times])
    page.close()

    assert [frame / FRAMES_PER_S for frame in frames] == pytest.approx(times, abs=NEAR_S)
