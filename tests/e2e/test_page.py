"""The page in a real browser: a doctor signs in, speaks, reads along, stops, and has her receipt."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response, expect

from tests.e2e.browser import browser_with_microphone, microphone_file, sign_in
from tests.e2e.dictation import AUDIO, word_error_rate, words_of
from tests.e2e.recording_page import wait_until_recorded
from tests.e2e.records import aws_client, find_row, read_finals, read_recording, recognition_streams
from tests.stack import RunningStack

PARTIAL_WITHIN_MS = 20_000
SAVED_WITHIN_MS = 60_000
SENTENCE = "real_austen_0870"


@pytest.fixture
def screenshots(request: pytest.FixtureRequest) -> Path:
    """Give the folder in which pictures of the page are kept."""
    folder = Path(request.config.rootpath) / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Complaints:
    """Everything the browser complains of."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(str(error)))
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.found.append(message.text)

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.found.append(f"{response.status} {response.url}")


def test_a_doctor_speaks_and_reads_along(
    speech_stack: RunningStack, tmp_path: Path, screenshots: Path
) -> None:
    """Her words appear while she speaks; the record is the finals; the FLAC is what the page sent."""
    with browser_with_microphone(microphone_file(AUDIO / f"{SENTENCE}.wav", tmp_path)) as browser:
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        complaints = Complaints(page)
        sign_in(page, speech_stack.info["frontend_url"], "doctor1")
        page.screenshot(path=screenshots / "signed-in.png")

        page.click("#start")
        expect(page.locator("#partial")).to_have_text(re.compile(".{20,}"), timeout=PARTIAL_WITHIN_MS)
        page.screenshot(path=screenshots / "speaking.png")
        expect(page.locator("#transcript")).to_contain_text("for them", timeout=SAVED_WITHIN_MS)
        page.screenshot(path=screenshots / "final.png")
        page.click("#stop")
        page.wait_for_selector("#receipt[data-transcription-id]", timeout=SAVED_WITHIN_MS)
        page.screenshot(path=screenshots / "saved.png", full_page=True)

        receipt = page.locator("#receipt")
        number = int(receipt.get_attribute("data-transcription-id") or "")
        session_id = receipt.get_attribute("data-session-id")
        shown = page.locator("#transcript").inner_text()

    row = find_row(speech_stack, number)
    finals = read_finals(speech_stack, row.session_id)
    assert row.session_id == session_id
    assert row.text == " ".join(final["text"] for final in finals)
    assert words_of(shown) == words_of(row.text)
    assert word_error_rate(SENTENCE, row.text) <= 0.10
    samples, rate_hz = read_recording(speech_stack, row)
    assert (rate_hz, row.quality) == (16_000, "medium")
    assert len(samples) > 7 * rate_hz
    saved_sha256 = sha256_of_the_page(speech_stack, row.session_id)
    assert hashlib.sha256(samples.tobytes()).hexdigest() == saved_sha256
    assert complaints.found == []


def sha256_of_the_page(stack: RunningStack, session_id: str) -> str:
    """Give the hash that the page said of what it sent: the session's item keeps it."""
    item = aws_client(stack, "dynamodb").get_item(
        TableName=stack.info["table"],
        Key={"pk": {"S": f"session#{session_id}"}, "sk": {"S": "meta"}},
        ConsistentRead=True,
    )["Item"]
    return str(item["client_sha256"]["S"])


@pytest.mark.parametrize("quality", ["low", "high"])
def test_each_quality_is_recorded_at_its_rate(
    speech_stack: RunningStack, context: BrowserContext, quality: str
) -> None:
    """8 and 48 kHz from the same microphone; Transcribe never hears less than 16 kHz."""
    page = context.new_page()
    sign_in(page, speech_stack.info["frontend_url"], "doctor2")
    page.select_option("#quality", quality)

    page.click("#start")
    wait_until_recorded(page, 3)
    page.click("#stop")
    page.wait_for_selector("#receipt[data-transcription-id]", timeout=SAVED_WITHIN_MS)
    number = int(page.locator("#receipt").get_attribute("data-transcription-id") or "")

    row = find_row(speech_stack, number)
    samples, rate_hz = read_recording(speech_stack, row)
    assert (row.quality, rate_hz) == (quality, {"low": 8_000, "high": 48_000}[quality])
    assert len(samples) >= 2.5 * rate_hz
    assert all(stream["sample_rate"] >= 16_000 for stream in recognition_streams(speech_stack))


def test_a_pause_stops_the_clock_and_a_second_recording_is_another_record(
    speech_stack: RunningStack, context: BrowserContext
) -> None:
    """What the microphone hears during a pause is nobody's; the page is not spent after one recording."""
    page = context.new_page()
    complaints = Complaints(page)
    sign_in(page, speech_stack.info["frontend_url"], "doctor2")
    timer, receipt = page.locator("#timer"), page.locator("#receipt")

    page.click("#start")
    wait_until_recorded(page, 2)
    page.click("#pause")
    expect(page.locator("#pause")).to_have_text("Resume")
    paused_at = timer.inner_text()
    page.wait_for_timeout(2_500)  # of a real microphone: there is no other clock to move
    still_at = timer.inner_text()
    page.click("#pause")
    expect(timer).not_to_have_text(paused_at, timeout=PARTIAL_WITHIN_MS)
    page.click("#stop")
    page.wait_for_selector("#receipt[data-transcription-id]", timeout=SAVED_WITHIN_MS)
    first = int(receipt.get_attribute("data-transcription-id") or "")
    page.click("#start")
    expect(receipt).to_be_hidden()
    wait_until_recorded(page, 1)
    page.click("#stop")
    expect(receipt).to_be_visible(timeout=SAVED_WITHIN_MS)
    second = int(receipt.get_attribute("data-transcription-id") or "")

    rows = [find_row(speech_stack, number) for number in (first, second)]
    assert still_at == paused_at
    assert rows[0].session_id != rows[1].session_id
    for row in rows:
        samples, rate_hz = read_recording(speech_stack, row)
        sent_sha256 = sha256_of_the_page(speech_stack, row.session_id)
        assert hashlib.sha256(samples.tobytes()).hexdigest() == sent_sha256
        assert rate_hz == 16_000
    assert complaints.found == []
