"""The service refuses what Transcribe Medical refuses, and names the member."""

from __future__ import annotations

from uuid import UUID

import pytest

from local_stack.transcribe.parameters import PREFIX, read_parameters
from local_stack.transcribe.refusal import Refusal

GOOD = {
    "language-code": "en-US",
    "sample-rate": "16000",
    "media-encoding": "pcm",
    "specialty": "UROLOGY",
    "type": "CONVERSATION",
}


def headers(changes: dict[str, str | None]) -> dict[str, str]:
    values: dict[str, str | None] = {**GOOD, **changes}
    return {f"{PREFIX}{name}": value for name, value in values.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        *[({name: None}, "null") for name in GOOD],
        ({"language-code": "en-GB"}, "languageCode"),
        ({"sample-rate": "8000"}, "greater than or equal to 16000"),
        ({"sample-rate": "15999"}, "greater than or equal to 16000"),
        ({"sample-rate": "48001"}, "less than or equal to 48000"),
        ({"sample-rate": "fast"}, "sampleRate|mediaSampleRateHertz"),
        ({"sample-rate": "-16000"}, "mediaSampleRateHertz"),
        ({"sample-rate": "9" * 5_000}, "mediaSampleRateHertz"),
        ({"media-encoding": "wav"}, "mediaEncoding"),
        ({"specialty": "DENTISTRY"}, "specialty"),
        ({"type": "monologue"}, "type"),
        ({"vocabulary-name": "two words"}, "vocabularyName"),
        ({"session-id": "one"}, "sessionId"),
        ({"show-speaker-label": "True"}, "showSpeakerLabel"),
        ({"content-identification-type": "PII"}, "contentIdentificationType"),
        ({"number-of-channels": "2"}, "NumberOfChannels"),
        ({"enable-channel-identification": "true"}, "NumberOfChannels"),
        ({"enable-channel-identification": "true", "number-of-channels": "3"}, "NumberOfChannels"),
        (
            {
                "enable-channel-identification": "true",
                "number-of-channels": "2",
                "show-speaker-label": "true",
            },
            "ShowSpeakerLabel",
        ),
    ],
)
def test_a_bad_parameter_is_a_bad_request(changes: dict[str, str | None], member: str) -> None:
    """400, and a sentence that says which."""
    with pytest.raises(Refusal, match=member) as refusal:
        read_parameters(headers(changes))

    assert (refusal.value.name, refusal.value.status) == ("BadRequestException", 400)


def test_good_parameters_are_read() -> None:
    """Optional ones have their defaults, and a session without an id is given one."""
    parameters = read_parameters(headers({"show-speaker-label": "true", "vocabulary-name": "drugs.v2"}))

    assert (parameters.sample_rate_hz, parameters.encoding) == (16_000, "pcm")
    assert (parameters.has_speaker_labels, parameters.identifies_phi) == (True, False)
    assert parameters.vocabulary == "drugs.v2"
    assert UUID(parameters.session_id)
