"""The page in Firefox, as it is and as it was: what it hears is sent, read and stored whole."""

from __future__ import annotations

from typing import Final

import soundfile

from contract.audio import OPUS_RATE_HZ
from tests.e2e.browser import REMEMBER_LOSSLESS
from tests.e2e.dictation import AUDIO
from tests.e2e.firefox import Firefox, running_firefox
from tests.e2e.pictures import FOLDER
from tests.e2e.records import find_row, read_recording, session_item
from tests.e2e.test_page_microphone import ONLY_THE_RATE_OF_THE_DEVICE
from tests.stack import RunningStack

WITHIN_S: Final = 90.0
SENTENCE: Final = "real_austen_0870"
IN_A_PAGE: Final = "() => { if (window.isSecureContext) { %s } }"  # an empty one has no memory


def sign_in(firefox: Firefox, stack: RunningStack, *scripts: str) -> None:
    """Open the page, with scripts in it, and sign a doctor in."""
    samples, rate_hz = soundfile.read(AUDIO / f"{SENTENCE}.wav", dtype="int16")
    firefox.hear(samples.tobytes(), rate_hz)
    for script in scripts:
        firefox.ask("script.addPreloadScript", functionDeclaration=IN_A_PAGE % script)
    firefox.open(stack.info["frontend_url"])
    firefox.click("#sign-in")
    firefox.click("button[value=doctor1]")
    firefox.wait_until("document.body.dataset.view === 'signed-in'", WITHIN_S)


def dictate(firefox: Firefox, name: str) -> int:
    """Record until the sentence can be read and stop; see a clean receipt, and give the record's number."""
    receipt = "document.querySelector('#receipt')"
    firefox.click("#start")
    firefox.wait_until("document.querySelector('#transcript').textContent.includes('for them')", WITHIN_S)
    firefox.picture(FOLDER / f"firefox-speaking-{name}.png")
    firefox.click("#stop")
    number = int(firefox.wait_until(f"{receipt}.dataset.transcriptionId", WITHIN_S))
    firefox.wait_until(f"{receipt}.dataset.transcript === 'complete'", WITHIN_S)
    firefox.picture(FOLDER / f"firefox-saved-{name}.png")
    facts = str(firefox.evaluate(f"{receipt}.innerText")).split("\n")
    assert facts[facts.index("Stored as captured") + 1] == "Yes"
    assert facts[facts.index("Missing sound") + 1] == "0 gaps"
    assert firefox.complaints == []
    return number


def test_a_firefox_that_joins_no_other_rate_has_its_sound_resampled(speech_stack: RunningStack) -> None:
    """The worklet makes 16 kHz of 44.1: speech stays speech, and what it made is stored to the sample."""
    with running_firefox() as firefox:
        sign_in(firefox, speech_stack, REMEMBER_LOSSLESS, ONLY_THE_RATE_OF_THE_DEVICE)
        number = dictate(firefox, "pcm")
        joined_at_hz = firefox.evaluate("window.joinedAt")

    row = find_row(speech_stack, number)
    item = session_item(speech_stack, row.session_id)
    samples, rate_hz = read_recording(speech_stack, row)
    assert (joined_at_hz, rate_hz) == (44_100, 16_000)
    assert len(samples) == int(item["samples"]["N"])
    assert item["client_sha256"]["S"] == item["sha256"]["S"]


def test_firefox_sends_opus(speech_stack: RunningStack) -> None:
    """Its own encoder and its own resampling; the file has the length and the hash of what was sent."""
    with running_firefox() as firefox:
        sign_in(firefox, speech_stack)
        firefox.wait_until("!document.querySelector('#lossless-choice').hidden", WITHIN_S)  # it can encode
        number = dictate(firefox, "opus")
        microphone_hz = firefox.evaluate("window.microphoneHz")

    row = find_row(speech_stack, number)
    item = session_item(speech_stack, row.session_id)
    assert microphone_hz != OPUS_RATE_HZ  # or there was nothing to resample
    assert row.audio_key.endswith("/recording.ogg")
    assert int(item["samples"]["N"]) == round(row.seconds * OPUS_RATE_HZ)
    assert item["client_sha256"]["S"] == item["sha256"]["S"]
