"""A client's duties without a socket: capture in, messages out, the server's words in. Pure.

The ring keeps every sample until the server says that it is durable; nothing else ever trims it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from contract.audio import Encoding, Quality
from contract.records import TranscriptState
from streaming_task.core.coding import PCM, OpusCoding
from tools.heard import Heard

MESSAGE_S = 0.2
MAX_MESSAGE_AUDIO_BYTES = 23_000  # base64 and the envelope stay within 32,000 bytes
ASK_AGAIN_S = 2.5  # an unanswered start or resume
RESEND_FIRST_S = 2.5
RESEND_MOST_S = 10.0
IN_FLIGHT_BYTES = 512 * 1024
REPLAY_SPEED = 4.0
STOP_EVERY_S = 1.0
SAVED_EVERY_S = 15.0
DEAD_AFTER_S = 12.0
PING_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Terms:
    """What the session is started with."""

    request_id: str
    client: str
    quality: Quality
    sample_rate_hz: int
    specialty: str = "PRIMARYCARE"
    conversation: str = "DICTATION"
    encoding: Encoding = Encoding.PCM


class Watcher(Protocol):
    """Whoever measures a session; it changes nothing."""

    def sent(self, end: int, now: float) -> None:
        """Note that the message leaves that ends at sample `end`, for the first time."""
        ...

    def heard(self, message: Mapping[str, Any], now: float) -> None:
        """Note what the session's owner says, before the session takes it."""
        ...


@dataclass(slots=True)
class _Sent:
    end: int
    at: float
    wait_s: float


class ClientSession:
    """One session as a browser would keep it."""

    def __init__(self, terms: Terms, watcher: Watcher | None = None) -> None:
        self._terms = terms
        self._watcher = watcher
        self._coding = PCM if terms.encoding is Encoding.PCM else OpusCoding(lambda _: True)
        most = self._coding.samples_of_bytes(MAX_MESSAGE_AUDIO_BYTES)
        self._step = min(round(MESSAGE_S * terms.sample_rate_hz), most)
        self.heard = Heard()
        self.captured = 0
        self._ring = bytearray()
        self._ring_from = 0
        self._hash = hashlib.sha256()
        self._sent: dict[int, _Sent] = {}
        self._next = 0  # first sample never sent
        self._is_ready = False
        self._is_connected = False
        self._asked_at = 0.0
        self._stop_at: float | None = None
        self._heard_at = 0.0
        self._sent_at = 0.0
        self._credit = 0.0
        self._credit_at = 0.0
        self.is_finished = False  # capturing is over
        self.is_superseded = False

    # -- capture -------------------------------------------------------------------------------------

    def capture(self, audio: bytes) -> None:
        """Add what the microphone heard: PCM, or packets of 20 ms, each after its length."""
        self._ring += audio
        self.captured += self._coding.samples(audio)
        self._hash.update(audio)

    def finish(self) -> None:
        """Stop: no more will be captured."""
        self.is_finished = True

    @property
    def sha256(self) -> str:
        """Give the hash of all that was captured, in hex."""
        return self._hash.hexdigest()

    @property
    def is_done(self) -> bool:
        """Tell whether the record is written, complete, and every final was seen."""
        saved = self.heard.saved
        return (
            saved is not None
            and saved["transcript"] != TranscriptState.PENDING
            and not self.heard.lacks_finals
        )

    @property
    def needs_connection(self) -> bool:
        """Tell whether there is anything left to say or hear."""
        return not self.is_superseded and (self.heard.saved is None or self.heard.lacks_finals)

    # -- connection ----------------------------------------------------------------------------------

    def connected(self, now: float) -> list[str]:
        """Say what a new connection begins with."""
        self._is_connected = True
        self._is_ready = False
        self._heard_at = now
        return self._ask(now)

    def disconnected(self) -> None:
        """Note that there is no connection."""
        self._is_connected = False
        self._is_ready = False

    def is_dead(self, now: float) -> bool:
        """Tell whether the connection must be given up."""
        return self._is_connected and now - self._heard_at >= DEAD_AFTER_S and self.heard.stored is None

    def _ask(self, now: float) -> list[str]:
        self._asked_at = now
        terms = self._terms
        if self.heard.session_id is None:
            return [
                _dump(
                    type="start",
                    id=terms.request_id,
                    protocol=1,
                    request_id=terms.request_id,
                    encoding=terms.encoding,
                    quality=terms.quality,
                    sample_rate=terms.sample_rate_hz,
                    client=terms.client,
                    specialty=terms.specialty,
                    conversation=terms.conversation,
                )
            ]
        return [
            _dump(
                type="resume",
                session_id=self.heard.session_id,
                client=terms.client,
                have_from=self._ring_from if self._ring else None,
                last_segment=self.heard.contiguous_finals - 1,
            )
        ]

    # -- what is due ---------------------------------------------------------------------------------

    def due(self, now: float) -> list[str]:
        """Give the messages to send now."""
        if not self._is_connected or self.is_superseded:
            return []
        if not self._is_ready:
            return self._ask(now) if now - self._asked_at >= ASK_AGAIN_S else []
        messages = self._resends(now) + self._fresh(now) + self._stop(now)
        if self.heard.lacks_finals and now - self._asked_at >= ASK_AGAIN_S:
            messages += self._ask(now)
        if not messages and now - self._sent_at >= PING_EVERY_S:
            messages = [_dump(type="ping", session_id=self.heard.session_id)]
        if messages:
            self._sent_at = now
        return messages

    def _resends(self, now: float) -> list[str]:
        messages = []
        for start, sent in self._sent.items():  # whatever is in flight: it may all be lost
            if sent.at + sent.wait_s <= now and self._has_credit(now):
                sent.at, sent.wait_s = now, min(RESEND_MOST_S, sent.wait_s * 2)
                messages += self._audio(start, sent.end)
        return messages

    def _fresh(self, now: float) -> list[str]:
        messages: list[str] = []
        step = self._step
        while self._next < self.captured:
            end = min(self._next + step, self.captured)
            is_whole = end - self._next == step or self.is_finished
            if not is_whole or self._is_full() or not self._has_credit(now):
                break
            self._sent[self._next] = _Sent(end, now, RESEND_FIRST_S)
            messages += self._audio(self._next, end)
            self._next = end
            if self._watcher is not None:
                self._watcher.sent(end, now)
        return messages

    def _is_full(self) -> bool:
        in_flight = sum(sent.end - start for start, sent in self._sent.items())
        return in_flight >= self._coding.samples_of_bytes(IN_FLIGHT_BYTES)

    def _has_credit(self, now: float) -> bool:
        rate = REPLAY_SPEED / MESSAGE_S  # messages a second
        self._credit = min(rate, self._credit + (now - self._credit_at) * rate)
        self._credit_at = now
        if self._credit < 1:
            return False
        self._credit -= 1
        return True

    def _audio(self, start: int, end: int) -> list[str]:
        start = max(start, self._ring_from)
        if start >= end:
            return []
        data = self._held(start, end)
        coded = base64.b64encode(data).decode()
        return [
            _dump(
                type="audio",
                session_id=self.heard.session_id,
                offset=start,
                crc32=zlib.crc32(data),
                data=coded,
            )
        ]

    def _held(self, start: int, end: int) -> bytes:
        return self._coding.cut(bytes(self._ring), start - self._ring_from, end - self._ring_from)

    def _stop(self, now: float) -> list[str]:
        if not self.is_finished or self._next < self.captured or self.heard.saved is not None:
            return []
        every_s = STOP_EVERY_S if self.heard.stored is None else SAVED_EVERY_S
        if self._stop_at is not None and now - self._stop_at < every_s:
            return []
        self._stop_at = now
        about = {"session_id": self.heard.session_id, "end_offset": self.captured}
        return [_dump(type="stop", **about, sha256=self.sha256)]

    # -- what the server says ------------------------------------------------------------------------

    def hear(self, text: str, now: float) -> list[str]:
        """Take a message of the server; give what must be said at once."""
        message = json.loads(text)
        kind = message.get("type")
        if kind is None:
            return []  # the gateway's own: as good as a lost message
        self._heard_at = now
        if message.get("epoch", self.heard.epoch) < self.heard.epoch:
            return []
        if self._watcher is not None:
            self._watcher.heard(message, now)
        is_new_owner = message.get("epoch", 0) > self.heard.epoch > 0
        self.heard.epoch = message.get("epoch", self.heard.epoch)
        if is_new_owner and kind not in ("ready", "stored", "saved"):
            # Whatever it says: until it has answered a resume, nobody knows what it has received.
            self._is_ready = False
            return self._ask(now)
        match kind:
            case "ready":
                self._ready(message)
            case "ack":
                self._acknowledged(message["received"], message["durable"])
            case "nack":
                return self._missing(message["missing"], now)
            case "partial":
                self.heard.partial = message["text"]
            case "final":
                return self._final(message, now)
            case "status":
                self.heard.transcription = message["transcription"]
            case "moved":
                self._is_ready = False  # so that it is asked again until it answers
                return self._ask(now)
            case "stored":
                self.heard.stored = message
                self._acknowledged(message["samples"], message["samples"])
            case "saved":
                return self._saved(message, now)
            case "error":
                self.heard.errors.append(message["code"])
                self.is_superseded = self.is_superseded or message["code"] == "superseded"
            case _:
                pass
        return []

    def _ready(self, message: dict[str, Any]) -> None:
        self._is_ready = True
        self.heard.session_id = message["session_id"]
        received_before = self.heard.received
        self.heard.received = received = message["next_offset"]
        unheard = {start: sent.end for start, sent in self._sent.items() if sent.end > received}
        # A new owner has what is durable: what the last one had received beyond that is sent again.
        for start in range(received, min([received_before, *unheard]), self._step):
            unheard[start] = min(start + self._step, received_before)
        self._sent = {  # at once, at the replay's pace
            start: _Sent(end, -RESEND_FIRST_S, RESEND_FIRST_S) for start, end in sorted(unheard.items())
        }

    def _acknowledged(self, received: int, durable: int) -> None:
        self.heard.received = max(self.heard.received, received)
        self.heard.durable = max(self.heard.durable, durable)
        for start in [start for start, sent in self._sent.items() if sent.end <= self.heard.received]:
            del self._sent[start]
        if self.heard.durable > self._ring_from:
            del self._ring[: len(self._held(self._ring_from, self.heard.durable))]
            self._ring_from = self.heard.durable

    def _missing(self, ranges: list[list[int]], now: float) -> list[str]:
        messages: list[str] = []
        for start, sent in self._sent.items():
            if any(start < to and since < sent.end for since, to in ranges) and self._has_credit(now):
                sent.at = now
                messages += self._audio(start, sent.end)
        return messages

    def _final(self, message: dict[str, Any], now: float) -> list[str]:
        known = self.heard.finals.setdefault(message["segment"], message)
        if known["text"] != message["text"]:
            raise ValueError("a final changed after it was said")
        self.heard.partial = ""
        has_asked = now - self._asked_at < ASK_AGAIN_S
        return self._ask(now) if self.heard.lacks_finals and not has_asked else []

    def _saved(self, message: dict[str, Any], now: float) -> list[str]:
        self.heard.saved = message
        self.heard.stored = self.heard.stored or message
        self._acknowledged(message["samples"], message["samples"])
        has_asked = now - self._asked_at < ASK_AGAIN_S
        return self._ask(now) if self.heard.lacks_finals and not has_asked else []


def _dump(**message: object) -> str:
    return json.dumps(message, separators=(",", ":"))
