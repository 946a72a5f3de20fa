"""What the service would refuse is refused before a connection is spent on it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from streaming_task.adapters.transcribe_medical.operation import (
    InvalidParameter,
    MedicalRequest,
    MedicalSerializer,
)

GOOD: dict[str, object] = {
    "media_sample_rate_hz": 16_000,
    "media_encoding": "pcm",
    "specialty": "CARDIOLOGY",
    "type": "CONVERSATION",
}


def request(**changes: object) -> MedicalRequest:
    return MedicalRequest(**{**GOOD, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parameter", "changes"),
    [
        ("language_code", {"language_code": "en-GB"}),
        ("media_sample_rate_hz", {"media_sample_rate_hz": 15_999}),
        ("media_sample_rate_hz", {"media_sample_rate_hz": 48_001}),
        ("media_encoding", {"media_encoding": "wav"}),
        ("specialty", {"specialty": "primarycare"}),
        ("type", {"type": ""}),
        ("vocabulary_name", {"vocabulary_name": ""}),
        ("vocabulary_name", {"vocabulary_name": "a b"}),
        ("vocabulary_name", {"vocabulary_name": "cardiology\r\nx-amz-evil: 1"}),
        ("vocabulary_name", {"vocabulary_name": "v" * 201}),
        ("session_id", {"session_id": "not-a-uuid"}),
        ("session_id", {"session_id": uuid4().hex}),
        ("number_of_channels", {"number_of_channels": 2}),
        ("number_of_channels", {"enable_channel_identification": True}),
        ("number_of_channels", {"enable_channel_identification": True, "number_of_channels": 3}),
        (
            "show_speaker_label",
            {"show_speaker_label": True, "enable_channel_identification": True, "number_of_channels": 2},
        ),
        ("content_identification_type", {"content_identification_type": "PII"}),
    ],
)
def test_what_the_service_does_not_take_is_named(parameter: str, changes: dict[str, object]) -> None:
    """The parameter's name is enough to act on, and holds nothing that a user typed."""
    with pytest.raises(InvalidParameter) as invalid:
        request(**changes)

    assert invalid.value.parameter == parameter


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("encoding", ["pcm", "ogg-opus", "flac"])
def test_the_limits_themselves_are_within(rate_hz: int, encoding: str) -> None:
    """From 16,000 Hz to 48,000 Hz, both included."""
    request(media_sample_rate_hz=rate_hz, media_encoding=encoding, vocabulary_name="v" * 200)


def test_parameters_become_the_documented_headers() -> None:
    """Names and values as in the API reference; what is not asked for is not mentioned."""
    session_id = str(uuid4())
    shape = request(
        session_id=session_id,
        show_speaker_label=True,
        vocabulary_name="drugs",
        content_identification_type="PHI",
    )

    built = MedicalSerializer().serialize_start_medical_stream_transcription_request(
        "https://localhost:5003", shape
    )

    assert (built.method, built.path) == ("POST", "/medical-stream-transcription")
    prefix = "x-amzn-transcribe-"
    assert {
        name.removeprefix(prefix): value for name, value in built.headers.items() if name.startswith(prefix)
    } == {
        "language-code": "en-US",
        "sample-rate": "16000",
        "media-encoding": "pcm",
        "specialty": "CARDIOLOGY",
        "type": "CONVERSATION",
        "session-id": session_id,
        "show-speaker-label": "true",
        "vocabulary-name": "drugs",
        "content-identification-type": "PHI",
    }


def test_channels_go_together() -> None:
    """Two channels, told apart, are the one way to have more than one."""
    shape = request(enable_channel_identification=True, number_of_channels=2)

    built = MedicalSerializer().serialize_start_medical_stream_transcription_request("https://x", shape)

    assert built.headers["x-amzn-transcribe-enable-channel-identification"] == "true"
    assert built.headers["x-amzn-transcribe-number-of-channels"] == "2"
