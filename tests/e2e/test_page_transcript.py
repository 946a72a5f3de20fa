"""The live text in a real browser: doubtful words, voices, corrections while she speaks, search, copy.

The microphone gives counter audio, which the scripted recogniser reads at once; what the words of a final
are, and how sure it is of them, is put in on its way to the page, as another recogniser might have sent it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from local_stack.recognisers.counter_audio import COUNTER_BITS, COUNTER_MASK, MARK, frame_samples
from tests.e2e.accessibility import assert_accessible
from tests.e2e.pictures import overflows
from tests.e2e.recording_page import WITHIN_MS, open_page, stop_and_read_receipt
from tests.e2e.records import wait_for
from tests.e2e.test_history import ask
from tests.stack import RunningStack

USER: Final = "doctor2"
RATE_HZ: Final = 16_000
COUNTING_MICROPHONE: Final = f"""
window.AudioWorkletNode = class extends AudioWorkletNode {{
  constructor(...settings) {{
    super(...settings);
    let heard = 0;
    let hear = null;
    const port = this.port;
    port.onmessage = (message) => {{
      const samples = new Int16Array(message.data.buffer).fill(0);
      for (let at = 0; at < samples.length; at += 1, heard += 1) {{
        const frame = Math.floor(heard / {frame_samples(RATE_HZ)});
        const place = heard % {frame_samples(RATE_HZ)};
        if (place === 0) samples[at] = {MARK};
        else if (place === 1) samples[at] = frame & {COUNTER_MASK};
        else if (place === 2) samples[at] = frame >> {COUNTER_BITS};
      }}
      hear?.(message);
    }};
    const shown = {{
      set onmessage(listener) {{ hear = listener; }},
      postMessage: (...message) => port.postMessage(...message),
    }};
    Object.defineProperty(this, "port", {{ value: shown }});
  }}
}};
"""
# What the page lets be heard again: how long, and how loud at most.
PLAYED: Final = """
window.played = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function () {
  const samples = this.buffer.getChannelData(0);
  window.played.push([this.buffer.duration, samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0)]);
  start.call(this);
};
"""
SENTENCE: Final = ("Asha", "takes", "metoprolol", "25", "mg")  # as many as the script has in a final
CORRECTED: Final = "Metoprolol 25 mg, once daily"
Change = Callable[[dict[str, Any]], None]


def change_finals(page: Page, change: Change) -> None:
    """Have the page hear finals as another recogniser might have sent them."""

    def route(page_side: WebSocketRoute) -> None:
        server = page_side.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            message = json.loads(text)
            if message.get("type") == "final":
                change(message)
            page_side.send(json.dumps(message))

        server.on_message(pass_on)

    page.route_web_socket(re.compile("ticket="), route)


def prescribe(final: dict[str, Any]) -> None:
    """Say the sentence; be unsure of the drug, and take the first word for a name."""
    for item, word in zip(final["items"], SENTENCE, strict=False):
        item["text"] = word
        item["confidence"] = 0.2 if word == "metoprolol" else 0.99
    final["text"] = " ".join(item["text"] for item in final["items"])
    first = final["items"][0]
    times = {key: first[key] for key in ("start_ms", "end_ms")}
    final["entities"] = [{"text": first["text"], "category": "PHI", "confidence": 0.9, **times}]


def converse(final: dict[str, Any]) -> None:
    """Have two words of each final said by one, the rest by another; two finals are of one stream."""
    for at, item in enumerate(final["items"]):
        item["speaker"] = "0" if at < 2 else "1"
    final["stream"] = final["segment"] // 2


def wait_for_segments(page: Page, least: int) -> None:
    """Wait until so many finals are shown."""
    page.wait_for_function(
        "least => document.querySelectorAll('.segment').length >= least", arg=least, timeout=WITHIN_MS
    )


@pytest.fixture
def context(listening_browser: Browser) -> Iterator[BrowserContext]:
    """Give a window whose pages may use the microphone and the clipboard."""
    with listening_browser.new_context(viewport={"width": 1000, "height": 700}) as context:
        context.grant_permissions(["microphone", "clipboard-read", "clipboard-write"])
        yield context


def begin(context: BrowserContext, stack: RunningStack, change: Change) -> Page:
    """Open a page that is spoken to in counter audio, and have it record."""
    page = open_page(context, stack, COUNTING_MICROPHONE, PLAYED, user=USER)
    page.check("#details")
    change_finals(page, change)
    return page


def test_text_is_corrected_while_more_comes(scripted_stack: RunningStack, context: BrowserContext) -> None:
    """What is typed stays in its place and is never lost; search and copy have the text as it reads."""
    page = begin(context, scripted_stack, prescribe)
    page.set_viewport_size({"width": 1000, "height": 400})  # so that there is soon more text than room
    page.click("#start")
    wait_for_segments(page, 1)
    first, note = page.locator(".segment").first, page.locator(".editor-note")

    first.locator(".tool").click()
    field = page.locator(".editor textarea")
    field.fill(CORRECTED)
    place = field.bounding_box()
    page.route("**/transcriptions/*", lambda route: route.abort())
    wait_for_segments(page, 5)
    kept = (field.bounding_box(), field.input_value(), field.evaluate("it => it === document.activeElement"))
    field.press("Enter")
    expect(note).to_contain_text("could not be reached", timeout=WITHIN_MS)
    assert_accessible(page, "correction-not-saved")
    page.unroute("**/transcriptions/*")
    page.get_by_role("button", name="Try again").click()
    expect(first.locator(".words")).to_have_text(CORRECTED, timeout=WITHIN_MS)
    page.get_by_role("button", name="Show what was heard").click()
    expect(first.locator(".heard-first")).to_have_text(" ".join(SENTENCE))

    page.fill("#find", "METOPROLOL  25")
    expect(page.locator("#find-count")).to_contain_text(re.compile(r"1 of \d+"))
    page.press("#find", "Enter")
    expect(page.locator("#find-count")).to_contain_text("2 of")
    assert_accessible(page, "transcript-found")
    page.set_viewport_size({"width": 360, "height": 700})
    has_sideways = overflows(page)
    page.fill("#find", "once daily")
    expect(page.locator("#find-count")).to_have_text("1 of 1")
    receipt = stop_and_read_receipt(page)
    page.click("#copy")
    expect(page.locator("#copy")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()").splitlines()

    record = ask(scripted_stack, "GET", f"/transcriptions/{receipt['Record']}", user=USER).body
    assert (kept, has_sideways) == ((place, CORRECTED, True), False)
    assert record["segments"][0]["corrected_text"] == CORRECTED
    assert record["segments"][0]["text"] == "w000000 w000001 w000002 w000003 w000004"
    assert copied[:2] == [CORRECTED, " ".join(SENTENCE)]
    assert len(copied) == len(record["segments"])


def test_a_correction_meets_another(scripted_stack: RunningStack, context: BrowserContext) -> None:
    """Elsewhere in the record: no matter. Of the same segment: she sees both, and hers waits for her word."""
    page = begin(context, scripted_stack, prescribe)
    page.click("#start")
    wait_for_segments(page, 2)
    found = page.evaluate("JSON.stringify(localStorage).match(/sessionId[^0-9a-f]*([0-9a-f-]{36})/)[1]")
    segments, field = page.locator(".segment"), page.locator(".editor textarea")

    def correct_elsewhere(segment: int, text: str, version: int) -> None:
        body = {"segment": segment, "text": text, "base_version": version}
        wait_for(
            lambda: ask(scripted_stack, "PATCH", path, user=USER, body=body).status == 200 or None,
            "the record",
        )

    path = f"/transcriptions/{found}"
    correct_elsewhere(1, "Theirs", 0)
    segments.nth(0).locator(".tool").click()
    field.fill(CORRECTED)
    field.press("Enter")
    expect(segments.nth(0).locator(".words")).to_have_text(CORRECTED, timeout=WITHIN_MS)
    expect(segments.nth(1).locator(".words")).to_have_text("Theirs")
    segments.nth(1).locator(".tool").click()
    field.fill("Ours")
    correct_elsewhere(1, "Theirs again", 2)
    field.press("Enter")
    expect(page.locator(".editor-note")).to_contain_text("Theirs again", timeout=WITHIN_MS)
    typed = field.input_value()
    field.press("Enter")
    expect(segments.nth(1).locator(".words")).to_have_text("Ours", timeout=WITHIN_MS)
    page.click("#stop")

    versions = ask(scripted_stack, "GET", path, user=USER).body["versions"]
    assert typed == "Ours"
    assert [one["segment"] for one in versions] == [1, 0, 1, 1]


def test_doubtful_words_can_be_heard_again_and_the_reader_stays_where_she_reads(
    scripted_stack: RunningStack, context: BrowserContext
) -> None:
    """Marked are the drug and, as asked for, the name; sound is played only while none is recorded."""

    def prescribe_in_turns(final: dict[str, Any]) -> None:
        prescribe(final)
        converse(final)

    page = begin(context, scripted_stack, prescribe_in_turns)
    page.select_option("#conversation", "CONVERSATION")
    page.set_viewport_size({"width": 1000, "height": 400})
    page.click("#start")
    wait_for_segments(page, 5)
    box, newest, note = page.locator("#scroll"), page.locator("#newest"), page.locator("#text-note")
    at_end = "it => it.scrollHeight - it.scrollTop - it.clientHeight < 5"
    follows = box.evaluate(at_end)
    box.evaluate("it => { it.scrollTop = 0; }")
    expect(newest).to_be_visible()
    wait_for_segments(page, 6)
    stays_at = box.evaluate("it => it.scrollTop")
    newest.click()
    expect(newest).to_be_hidden()

    drug, name = page.locator(".segment .doubt").first, page.locator(".segment .detail").first
    titles = [word.get_attribute("title") for word in (drug, name)]
    marked = set(page.locator(".segment .doubt").all_inner_texts())
    drug.click()
    expect(note).to_contain_text("Pause to hear it")
    page.click("#pause")
    expect(page.locator("#pause")).to_have_text("Resume")
    expect(note).to_be_empty()
    drug.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("played.length === 1")
    length_s, loudest = page.evaluate("played[0]")
    page.set_viewport_size({"width": 1000, "height": 900})
    assert_accessible(page, "transcript-voices")
    labels = page.locator(".speaker").all_inner_texts()
    breaks = page.locator(".stream-break").count()
    has_sideways = overflows(page)
    stop_and_read_receipt(page)

    assert (follows, stays_at) == (True, 0)
    assert titles == ["Drug name, 20 % sure: please check.", "Personal detail"]
    assert marked == {"metoprolol"}
    assert 1.0 <= length_s < 2.0
    assert loudest > 0.5
    assert labels[:4] == ["Speaker 1", "Speaker 2", "Speaker 1", "Speaker 2"]
    assert breaks >= 2
    assert not has_sideways
