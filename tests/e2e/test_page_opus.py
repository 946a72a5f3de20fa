"""The page sends Opus where the browser can encode it: real speech, heard, kept and counted to the sample."""

from __future__ import annotations

import io
from pathlib import Path

import av
from playwright.sync_api import Page, expect

from contract.audio import OPUS_RATE_HZ
from tests.e2e.browser import browser_with_microphone, microphone_file, sign_in
from tests.e2e.dictation import AUDIO, word_error_rate
from tests.e2e.recording_page import wait_until_recorded
from tests.e2e.records import (
    find_row,
    read_object,
    recognition_streams,
    session_item,
    wait_until_parts_are_gone,
)
from tests.stack import RunningStack

FINAL_WITHIN_MS = 60_000
SAID_BITS_PER_S = 48_440  # of medium quality, as the page says it
SENTENCE = "real_austen_0870"


def audio_bytes(page: Page) -> list[int]:
    """Count what the page's audio messages weigh, from now on."""
    sizes: list[int] = []

    def weigh(text: str | bytes) -> None:
        if isinstance(text, str) and '"type":"audio"' in text:
            sizes.append(len(text))

    page.on("websocket", lambda socket: socket.on("framesent", weigh))
    return sizes


def decoded_samples(ogg: bytes) -> int:
    """Count what a player makes of the file."""
    with av.open(io.BytesIO(ogg), mode="r") as container:
        return sum(frame.samples for frame in container.decode(audio=0))


def test_speech_is_sent_as_opus_and_kept_to_the_sample(speech_stack: RunningStack, tmp_path: Path) -> None:
    """A pause within it, and a stop: the words are right, the file has the session's length."""
    before = len(recognition_streams(speech_stack))
    with browser_with_microphone(microphone_file(AUDIO / f"{SENTENCE}.wav", tmp_path)) as browser:
        page = browser.new_page()
        sent = audio_bytes(page)
        sign_in(page, speech_stack.info["frontend_url"], "doctor1", is_lossless=False)
        expect(page.locator("#lossless")).not_to_be_checked()
        expect(page.locator("#quality-cost")).to_contain_text("48 kbit/s")

        page.click("#start")
        expect(page.locator("#transcript")).to_contain_text("for them", timeout=FINAL_WITHIN_MS)
        page.click("#pause")
        expect(page.locator("#pause")).to_have_text("Resume")
        page.click("#pause")
        expect(page.locator("#pause")).to_have_text("Pause")
        page.click("#stop")
        receipt = page.locator("#receipt")
        page.wait_for_selector("#receipt[data-transcription-id]", timeout=FINAL_WITHIN_MS)
        number = int(receipt.get_attribute("data-transcription-id") or "")

    row = find_row(speech_stack, number)
    item = session_item(speech_stack, row.session_id)
    ogg = read_object(speech_stack, row.audio_key)
    assert word_error_rate(SENTENCE, row.text) <= 0.10
    assert row.audio_key.endswith("/recording.ogg")
    assert decoded_samples(ogg) == int(item["samples"]["N"]) == round(row.seconds * OPUS_RATE_HZ)
    assert item["client_sha256"]["S"] == item["sha256"]["S"]
    assert 0.5 < sum(sent) * 8 / row.seconds / SAID_BITS_PER_S < 1.1  # silence takes less
    streams = recognition_streams(speech_stack)[before:]
    assert {stream["encoding"] for stream in streams} == {"ogg-opus"}
    wait_until_parts_are_gone(speech_stack, row)


def test_who_wants_it_lossless_sends_samples(speech_stack: RunningStack, tmp_path: Path) -> None:
    """One box, remembered: the cost that is shown changes with it, and so does what is recorded."""
    with browser_with_microphone(microphone_file(AUDIO / f"{SENTENCE}.wav", tmp_path)) as browser:
        page = browser.new_page()
        sign_in(page, speech_stack.info["frontend_url"], "doctor2", is_lossless=False)
        expect(page.locator("#quality-cost")).to_contain_text("48 kbit/s")

        page.check("#lossless")
        expect(page.locator("#quality-cost")).to_contain_text("346 kbit/s")
        page.click("#start")
        wait_until_recorded(page, 1)
        page.click("#stop")
        page.wait_for_selector("#receipt[data-transcription-id]", timeout=FINAL_WITHIN_MS)
        number = int(page.locator("#receipt").get_attribute("data-transcription-id") or "")
        is_remembered = page.evaluate("JSON.parse(localStorage.getItem('seva-arogya.choices')).lossless")

    assert find_row(speech_stack, number).audio_key.endswith("/recording.flac")
    assert is_remembered == "yes"
