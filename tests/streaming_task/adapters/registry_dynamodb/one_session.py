"""What one session was opened with: no value is a default, so that none can be lost unseen."""

from __future__ import annotations

from typing import Final

from contract.audio import Encoding, Quality
from contract.records import SessionId, UserId
from streaming_task.core.ownership import SessionTerms

SESSION: Final = SessionId("5f1c8f0e-0000-5000-8000-000000000001")
TERMS: Final = SessionTerms(
    session_id=SESSION,
    user_id=UserId("user-1"),
    encoding=Encoding.PCM,
    quality=Quality.LOW,
    sample_rate_hz=8_000,
    specialty="CARDIOLOGY",
    conversation="DICTATION",
    speaker_labels=True,
    vocabulary=None,
    started_at=1_767_225_000.654321,
    issued_at=1_767_225_590.0,
)
