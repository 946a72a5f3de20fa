"""`python -m tools.stream_file`: a sound file through the whole path, as a person at a terminal sees it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.dictation import AUDIO, read_wav, word_error_rate, words_of
from tests.e2e.records import find_row, read_finals, read_recording
from tests.stack import ROOT, RunningStack

STREAM_FILE = (sys.executable, "-m", "tools.stream_file")


def stream_file(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*STREAM_FILE, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_a_spoken_sentence_becomes_a_record(speech_stack: RunningStack) -> None:
    """The words are those that were said, the row is the finals, the FLAC is the file."""
    wav = AUDIO / "real_austen_0870.wav"

    done = stream_file(str(wav), "--state-dir", str(speech_stack.state_dir))

    assert done.returncode == 0, done.stderr
    found = re.search(r"saved as transcription (\d+)", done.stdout)
    assert found is not None
    row = find_row(speech_stack, int(found[1]))
    assert word_error_rate("real_austen_0870", row.text) <= 0.10
    assert row.text == " ".join(final["text"] for final in read_finals(speech_stack, row.session_id))
    assert set(words_of(row.text)) <= set(words_of(done.stdout))
    sent, sent_rate_hz = read_wav("real_austen_0870")
    samples, rate_hz = read_recording(speech_stack, row)
    assert rate_hz == sent_rate_hz
    assert samples.tobytes() == sent.tobytes()


def test_a_spoken_sentence_goes_as_opus(speech_stack: RunningStack) -> None:
    """`--encoding opus`: the same words; as long as the file, and the little that an encoder adds."""
    wav = AUDIO / "real_austen_0870.wav"

    done = stream_file(str(wav), "--encoding", "opus", "--state-dir", str(speech_stack.state_dir))

    assert done.returncode == 0, done.stderr
    found = re.search(r"saved as transcription (\d+): (\d+) samples", done.stdout)
    assert found is not None
    row = find_row(speech_stack, int(found[1]))
    sent, sent_rate_hz = read_wav("real_austen_0870")
    assert word_error_rate("real_austen_0870", row.text) <= 0.10
    assert row.audio_key.endswith("/recording.ogg")
    assert 0 < int(found[2]) / 48_000 - len(sent) / sent_rate_hz <= 0.04


def test_a_recording_goes_on_when_nobody_reads_along(speech_stack: RunningStack) -> None:
    """`| head` leaves early; what is said is saved all the same."""
    wav = AUDIO / "real_austen_0880.wav"
    unread, closed = os.pipe()
    os.close(unread)
    try:
        command = [*STREAM_FILE, str(wav), "--state-dir", str(speech_stack.state_dir)]
        done = subprocess.run(command, cwd=ROOT, stdout=closed, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(closed)

    assert (done.returncode, done.stderr) == (0, b"")


def test_what_is_no_sound_file_is_said_in_one_sentence(tmp_path: Path) -> None:
    """Exit code 1 and what is wrong, no traceback."""
    text = tmp_path / "letter.wav"
    text.write_text("no audio")

    done = stream_file(str(text), "--state-dir", str(tmp_path))

    assert done.returncode == 1
    assert done.stderr.strip() == f"stream_file: {text} cannot be read as audio."


def test_no_stack_is_said_in_one_sentence(tmp_path: Path) -> None:
    """Whoever forgot `make run` is told so."""
    done = stream_file(str(AUDIO / "real_austen_0880.wav"), "--state-dir", str(tmp_path))

    assert done.returncode == 1
    assert "make run" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
