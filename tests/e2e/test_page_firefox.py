"""The page in Firefox: its worklet resamples what Firefox will not, and nothing of the speech is lost."""

from __future__ import annotations

from typing import Final

import pytest
import soundfile

from contract.audio import OPUS_RATE_HZ
from tests.e2e.browser import REMEMBER_LOSSLESS
from tests.e2e.dictation import AUDIO, words_of
from tests.e2e.firefox import Firefox, running_firefox
from tests.e2e.pictures import FOLDER
from tests.e2e.records import find_row, read_recording, session_item
from tests.stack import RunningStack

WITHIN_S: Final = 90.0
SENTENCE: Final = "real_austen_0870"

IN_A_PAGE: Final = "() => { if (window.isSecureContext) { %s } }"  # an empty one has no memory


def sign_in(firefox: Firefox, stack: RunningStack, *, is_lossless: bool) -> None:
    """Open the page and sign a doctor in, and who wants every sample as it is, or does not."""
    samples, rate_hz = soundfile.read(AUDIO / f"{SENTENCE}.wav", dtype="int16")
    firefox.hear(samples.tobytes(), rate_hz)
    if is_lossless:
        firefox.ask("script.addPreloadScript", functionDeclaration=IN_A_PAGE % REMEMBER_LOSSLESS)
    firefox.open(stack.info["frontend_url"])
    firefox.click("#sign-in")
    firefox.click("button[value=doctor1]")
    firefox.wait_until("document.body.dataset.view === 'signed-in'", WITHIN_S)


@pytest.mark.parametrize("is_lossless", [True, False], ids=["pcm", "opus"])
def test_speech_is_heard_read_and_stored_whole(speech_stack: RunningStack, is_lossless: bool) -> None:
    """She reads along; what is stored has the length and the hash of what was captured, to the sample."""
    with running_firefox() as firefox:
        sign_in(firefox, speech_stack, is_lossless=is_lossless)

        firefox.click("#start")
        firefox.wait_until("document.querySelector('#transcript').textContent.includes('for them')", WITHIN_S)
        firefox.picture(FOLDER / f"firefox-speaking-{'pcm' if is_lossless else 'opus'}.png")
        firefox.click("#stop")
        receipt = "document.querySelector('#receipt')"
        number = int(firefox.wait_until(f"{receipt}.dataset.transcriptionId", WITHIN_S))
        firefox.wait_until(f"{receipt}.dataset.transcript === 'complete'", WITHIN_S)
        firefox.picture(FOLDER / f"firefox-saved-{'pcm' if is_lossless else 'opus'}.png")
        facts = str(firefox.evaluate(f"{receipt}.innerText")).split("\n")
        shown = str(firefox.evaluate("document.querySelector('#transcript').innerText"))
        microphone_hz = firefox.evaluate("microphoneHz")

    row = find_row(speech_stack, number)
    item = session_item(speech_stack, row.session_id)
    assert facts[facts.index("Stored as captured") + 1] == "Yes"
    assert facts[facts.index("Missing sound") + 1] == "0 gaps"
    assert words_of(row.text) == words_of(shown)
    assert item["client_sha256"]["S"] == item["sha256"]["S"]
    assert microphone_hz != 16_000  # or there was nothing to resample
    assert firefox.complaints == []
    if is_lossless:
        samples, rate_hz = read_recording(speech_stack, row)
        assert (len(samples), rate_hz) == (int(item["samples"]["N"]), 16_000)
    else:
        assert row.audio_key.endswith("/recording.ogg")
        assert int(item["samples"]["N"]) == round(row.seconds * OPUS_RATE_HZ)
