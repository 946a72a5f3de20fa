"""Amazon Transcribe Medical streaming as the task's recogniser. Nothing else knows that service."""

from streaming_task.adapters.transcribe_medical.client import TranscribeMedical, TranscribeTimeouts

__all__ = ["TranscribeMedical", "TranscribeTimeouts"]
