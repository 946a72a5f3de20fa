"""Every file that a transcription is handed out as, opened by a reader that is none of ours."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import docx
import pytest
import srt
import webvtt
from fhirclient.models.bundle import Bundle

from contract.replies import Final as Heard
from lambdas.history.exports import FORMATS
from lambdas.history.transcription import Row, Transcription, Version, as_read
from tests.lambdas.history.archive import Archive, heard

AT = datetime(2026, 11, 22, 9, 30, 0, 250_000, UTC)
HOSTILE = "5 < 6 & 7 > 2 --> \x07 \"quoted\" 'café' \N{DEVANAGARI LETTER KA}"
ROW = Row(
    transcription_id=42,
    user_id="doctor-1",
    session_id="6f1c2e0a-53a1-5d0e-9f64-0c2f8f0f7d11",
    created_at=AT,
    duration_s=5.0,
    status="COMPLETED",
    transcript="complete",
    quality="medium",
    encoding="pcm",
    sample_rate=16000,
    samples=80000,
    sha256="ab" * 32,
    gaps=(),
    text="",
    finals=(),
    audio_key="recordings/doctor-1/s/recording.flac",
)


def transcription(*texts: str, row: Row = ROW, corrections: dict[int, str] | None = None) -> Transcription:
    versions = [
        Version(number, segment, text, "doctor-1", AT + timedelta(minutes=number))
        for number, (segment, text) in enumerate((corrections or {}).items(), start=1)
    ]
    return as_read(row, [heard(number, text) for number, text in enumerate(texts)], versions)


def speaking(*said: tuple[str, str]) -> Transcription:
    finals: list[Heard] = [heard(n, text, speaker=who) for n, (who, text) in enumerate(said)]
    return as_read(ROW, finals, [])


def write(name: str, one: Transcription, audio_url: str | None = None) -> bytes:
    return FORMATS[name].write(one, audio_url)


def paragraphs(one: Transcription) -> list[str]:
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(write("docx", one))).paragraphs]


def cues_of_vtt(one: Transcription) -> list[tuple[float, float, str]]:
    file = webvtt.from_buffer(io.StringIO(write("vtt", one).decode()))
    return [(cue.start_in_seconds, cue.end_in_seconds, cue.text) for cue in file.captions]


def test_text_is_what_is_read_line_by_line() -> None:
    """With its corrections, without what was struck out."""
    one = transcription("Start metropolis.", "Um.", "No fever.", corrections={0: "Start metoprolol.", 1: ""})

    assert write("txt", one).decode() == "Start metoprolol.\nNo fever.\n"


def test_text_says_who_speaks_at_each_turn() -> None:
    """Not before every line of the same speaker."""
    one = speaking(("0", "Hello."), ("0", "How are you?"), ("1", "Well."))

    assert write("txt", one).decode() == "0: Hello.\nHow are you?\n1: Well.\n"


@pytest.mark.parametrize("name", ["txt", "vtt", "docx"])
def test_what_is_missing_is_said(name: str) -> None:
    """A reader would take what is there for all there was."""
    row = replace(ROW, gaps=((16000, 32000),), transcript="incomplete")
    one = transcription("words", row=row)

    said = "\n".join(paragraphs(one)) if name == "docx" else write(name, one).decode()

    assert "Nothing was recorded from 0:01 to 0:02." in said
    assert "The text does not reach the end of the recording." in said


def test_subrip_is_read_by_its_reader() -> None:
    """One cue a segment, at its times, numbered from 1."""
    one = transcription("first", "struck out", "third\n\nline", corrections={1: ""})

    cues = list(srt.parse(write("srt", one).decode(), ignore_errors=False))

    seconds = [(cue.index, cue.start.total_seconds(), cue.end.total_seconds()) for cue in cues]
    assert seconds == [(1, 0.0, 1.0), (2, 2.0, 3.0)]
    assert [cue.content for cue in cues] == ["first", "third line"]


def test_webvtt_is_read_by_its_reader() -> None:
    """The same cues, with what its markup would mean escaped."""
    one = transcription("first", "a <b>bold</b> & --> claim", row=replace(ROW, gaps=((0, 1),)))

    assert cues_of_vtt(one) == [
        (0.0, 1.0, "first"),
        (1.0, 2.0, "a &lt;b&gt;bold&lt;/b&gt; &amp; → claim"),
    ]


def test_subtitles_go_beyond_an_hour() -> None:
    """A session may last four."""
    final = replace(heard(0, "late"), start_ms=3_723_456, end_ms=3_723_456)
    one = as_read(ROW, [final], [])

    (cue,) = srt.parse(write("srt", one).decode())

    assert cue.start == timedelta(hours=1, minutes=2, seconds=3, milliseconds=456)
    assert cue.end > cue.start
    assert "01:02:03.456 --> " in write("vtt", one).decode()


def test_a_word_document_is_opened_by_its_reader() -> None:
    """A title, a paragraph a segment with its time, and who speaks."""
    document = docx.Document(io.BytesIO(write("docx", speaking(("0", "Hello."), ("1", HOSTILE)))))

    title, first, second = document.paragraphs
    assert title.style is not None
    assert (title.text, title.style.name) == ("Transcription of 2026-11-22 09:30 UTC", "Title")
    assert first.text == "0:00  0: Hello."
    assert second.text == f"0:01  1: {HOSTILE}".replace("\x07", "\N{REPLACEMENT CHARACTER}")


def test_the_same_text_is_the_same_document() -> None:
    """No time of day and no machine is in it."""
    assert write("docx", transcription("words")) == write("docx", transcription("words"))


@pytest.mark.parametrize("audio_url", [None, "https://page.example.org/transcriptions/42/audio"])
@pytest.mark.parametrize(
    ("row", "corrections", "state"),
    [
        (ROW, {}, "final"),
        (ROW, {0: "corrected"}, "amended"),
        (replace(ROW, transcript="pending"), {0: "corrected"}, "preliminary"),
        (replace(ROW, status="IN_PROGRESS", duration_s=None), {}, "preliminary"),
    ],
)
def test_a_bundle_is_valid_by_the_model_of_fhir_r4(
    audio_url: str | None, row: Row, corrections: dict[int, str], state: str
) -> None:
    """Every field is one that R4 has, of its type, and none that it demands is missing."""
    one = transcription("Start metoprolol.", "No fever.", row=row, corrections=corrections)

    bundle = Bundle(json.loads(write("fhir", one, audio_url)), strict=True)

    assert bundle.type == "collection"
    (entry,) = bundle.entry
    reference = entry.resource
    assert entry.fullUrl == f"urn:uuid:{reference.id}" == f"urn:uuid:{ROW.session_id}"
    assert (reference.resource_type, reference.status, reference.docStatus) == (
        "DocumentReference",
        "current",
        state,
    )
    text, *audio = [content.attachment for content in reference.content]
    assert base64.b64decode(text.data) == write("txt", one)
    assert [(each.contentType, each.url) for each in audio] == (
        [] if audio_url is None else [("audio/flac", audio_url)]
    )
    assert reference.subject is None


def test_the_fields_of_a_bundle_have_the_form_that_r4_gives_them() -> None:
    """Where the model's types say less than the standard: ids, codes, instants, base64."""
    bundle = json.loads(write("fhir", transcription("words")))
    resource = bundle["entry"][0]["resource"]
    instant = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

    assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", resource["id"])
    assert resource["status"] in {"current", "superseded", "entered-in-error"}
    assert resource["docStatus"] in {"preliminary", "final", "amended", "entered-in-error"}
    for at in (bundle["timestamp"], resource["date"], *resource["context"]["period"].values()):
        assert instant.fullmatch(at)
    assert resource["context"]["period"] == {
        "start": "2026-11-22T09:30:00.250Z",
        "end": "2026-11-22T09:30:05.250Z",
    }


def test_json_is_the_record(archive: Archive) -> None:
    """As the page reads it, but for what is true of the moment only."""
    number, _ = archive.add("words")
    record = archive.ask("GET", "/transcriptions/{id}", number).body

    exported = archive.ask("GET", "/transcriptions/{id}/export", number, query={"format": "json"}).body

    assert exported == {
        name: value for name, value in record.items() if name not in ("has_audio", "may_delete")
    }


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_has_a_name_without_a_patient_in_it(archive: Archive, name: str) -> None:
    """It stands in the list of downloads, for whoever uses the computer next."""
    number, _ = archive.add("secret words")

    answer = archive.ask("GET", "/transcriptions/{id}/export", number, query={"format": name})

    assert answer.status == 200
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="transcription-{number}.{FORMATS[name].suffix}"'
    )
    assert answer.headers["content-type"] == FORMATS[name].content_type
    assert answer.headers["cache-control"] == "no-store"
    if name == "fhir":
        (entry,) = answer.body["entry"]
        audio = entry["resource"]["content"][1]["attachment"]
        assert audio["url"] == f"https://page.example.org/transcriptions/{number}/audio"
    if name == "docx":
        assert docx.Document(io.BytesIO(answer.content)).paragraphs[1].text.endswith("secret words")


@pytest.mark.parametrize("name", ["", "pdf", "TXT", "../txt"])
def test_another_format_is_refused(archive: Archive, name: str) -> None:
    """With those that there are."""
    number, _ = archive.add("words")

    answer = archive.ask("GET", "/transcriptions/{id}/export", number, query={"format": name})

    assert (answer.status, answer.body["message"]) == (
        400,
        "format must be one of txt, srt, vtt, json, docx, fhir.",
    )


def test_what_was_there_before_live_sessions_is_exported_too() -> None:
    """Whole, in one piece: it has no segments."""
    row = replace(ROW, session_id=None, text="An older one.", transcript=None, sample_rate=None)
    one = as_read(row, [], [])

    assert write("txt", one).decode() == "An older one.\n"
    assert [cue.content for cue in srt.parse(write("srt", one).decode())] == ["An older one."]
    assert Bundle(json.loads(write("fhir", one)), strict=True).entry
