"""Opus in Ogg (RFC 3533, RFC 7845): for Transcribe as it comes, and as one recording. No codec, no I/O."""

from streaming_task.adapters.ogg_opus.compactor import OggCompactor
from streaming_task.adapters.ogg_opus.ear import OpusEar
from streaming_task.adapters.ogg_opus.stream import OggStream

__all__ = ["OggCompactor", "OggStream", "OpusEar"]
