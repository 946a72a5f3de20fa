"""One open stream of Transcribe Medical: audio in, results out, and how it ended."""

from __future__ import annotations

from collections import deque

from streaming_task.adapters.transcribe_medical.decoding import Message, MessageDecoder, Undecodable
from streaming_task.adapters.transcribe_medical.endings import ended_by_event
from streaming_task.adapters.transcribe_medical.framing import EventFramer
from streaming_task.adapters.transcribe_medical.http2_exchange import Http2Exchange
from streaming_task.adapters.transcribe_medical.results import parse_transcript_event
from streaming_task.core.results import Ended, RecognisedResult, StreamEnd

UNDECODABLE = Ended(StreamEnd.INTERNAL, "Undecodable")
TRUNCATED = Ended(StreamEnd.LOST, "Truncated")


class MedicalStream:
    """Joins the framer and the exchange. One reader and one writer at a time."""

    def __init__(
        self, *, exchange: Http2Exchange, framer: EventFramer, event_bytes: int, expires_at: float | None
    ) -> None:
        """Take over an exchange whose response has begun; no audio event exceeds `event_bytes`."""
        self.expires_at = expires_at
        self._exchange = exchange
        self._framer = framer
        self._event_bytes = event_bytes
        self._decoder = MessageDecoder()
        self._messages: deque[Message] = deque()  # of one chunk, so bounded by the flow-control window
        self._ended: Ended | None = None
        self._is_ending = False

    def send_audio(self, audio: bytes) -> bool:
        """Queue audio; False: the buffer is full and nothing was taken.

        After the end it is dropped: `read` says how the stream ended, and what was not recognised goes to the
        next one.
        """
        if not self._exchange.has_room():
            return False
        if not self._is_ending and self._exchange.ended is None:
            # No event for no audio: an empty one would end the stream at the service.
            for start in range(0, len(audio), self._event_bytes):
                self._exchange.write(self._framer.audio(audio[start : start + self._event_bytes]))
        return True

    async def writable(self) -> None:
        """Return when `send_audio` would take again, or the stream has ended."""
        await self._exchange.writable()

    def end(self) -> None:
        """Say that no more audio comes; the last results and the end follow."""
        if self._is_ending or self._exchange.ended is not None:
            return
        self._is_ending = True
        self._exchange.write(self._framer.end())
        self._exchange.finish()

    async def read(self) -> tuple[RecognisedResult, ...] | Ended:
        """Give the next results, or how the stream ended (then that for ever)."""
        while True:
            while self._messages and self._ended is None:
                results = self._take(self._messages.popleft())
                if results:
                    return results
            if self._ended is not None:
                return self._ended
            chunk = await self._exchange.chunk()
            if isinstance(chunk, Ended):
                is_whole = self._decoder.is_between_messages or chunk.end not in (
                    StreamEnd.CLEAN,
                    StreamEnd.EARLY,
                )
                self._ended = chunk if is_whole else TRUNCATED
                continue
            try:
                self._messages.extend(self._decoder.feed(chunk))
            except Undecodable:
                self._exchange.abort(UNDECODABLE)  # what came whole before it is read first

    def abort(self) -> None:
        """Drop the stream at once; never blocks, harmless when repeated."""
        self._exchange.abort()

    def _take(self, message: Message) -> tuple[RecognisedResult, ...]:
        headers = message.headers
        match headers.get(":message-type"):
            case "event":
                if headers.get(":event-type") == "TranscriptEvent":
                    try:
                        return parse_transcript_event(message.payload)
                    except ValueError:
                        self._fail(UNDECODABLE)
            case "exception":
                self._fail(ended_by_event(headers.get(":exception-type")))
            case "error":
                self._fail(ended_by_event(headers.get(":error-code")))
            case _:
                pass  # the format lets new kinds appear
        return ()

    def _fail(self, ended: Ended) -> None:
        self._ended = ended
        self._messages.clear()
        self._exchange.abort(ended)
