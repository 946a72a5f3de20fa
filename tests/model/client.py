"""A browser's side of the protocol, as far as the core needs one to be tested. Pure; time is passed in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from contract.replies import Ack, Final, Nack, Ready, Saved, Stored
from contract.wire import Audio, Resume, Stop
from tests.model.speech import Medium

CLIENT = "11111111-1111-4111-8111-111111111111"
RESEND_AFTER_S = 2.5
SILENT_AFTER_S = 12.0
STOP_EVERY_S = 1.0
SAVED_EVERY_S = 15.0


class ModelClient:
    """Captures, sends, keeps until durable, sends again, stops."""

    def __init__(
        self, session_id: str, seconds: float, send: Callable[[object], None], medium: Medium
    ) -> None:
        self._speech = medium.speech
        self._message = medium.rate_hz // 5  # samples
        self._session_id = session_id
        self._send = send
        self.total = round(seconds * medium.rate_hz)
        self.captured = 0
        self.trimmed = 0  # the ring holds [trimmed, captured)
        self.received = 0
        self._sha256 = hashlib.sha256(medium.speech(0, self.total)).hexdigest()
        self._sent_at: dict[int, float] = {}
        self._stopped_at = -1.0
        self._heard_at = 0.0
        self.finals: dict[int, Final] = {}
        self.saved: Saved | None = None
        self.stored: Stored | None = None
        self.pauses: list[tuple[int, float]] = []  # (at sample, for seconds)
        self._paused_until = 0.0
        self._epoch = 0
        self._resume_at: float | None = None

    @property
    def is_done(self) -> bool:
        """Tell whether the record is written and every final was seen."""
        return self.saved is not None and len(self.finals) >= self.saved.segments

    def tick(self, now: float) -> None:
        """Do what a client does every 200 ms."""
        if self.captured < self.total and now >= self._paused_until:
            start = self.captured
            self.captured = min(self.total, start + self._message)
            if self.pauses and self.captured >= self.pauses[0][0]:
                self._paused_until = now + self.pauses.pop(0)[1]
            self._audio(start, now)
        for start in range(self.received - self.received % self._message, self.captured, self._message):
            if now - self._sent_at.get(start, now) >= RESEND_AFTER_S and start >= self.trimmed:
                self._audio(start, now)
        every_s = STOP_EVERY_S if self.stored is None else SAVED_EVERY_S
        if self.captured >= self.total and self.saved is None and now - self._stopped_at >= every_s:
            self._stopped_at = now
            self._send(Stop(None, self._session_id, self.total, self._sha256))
        if self.saved is not None and not self.is_done and now - self._stopped_at >= RESEND_AFTER_S:
            self._stopped_at = now
            self.resume()
        if self._resume_at is not None and now >= self._resume_at:
            self._resume_at = now + RESEND_AFTER_S
            self.resume()
        if now - self._heard_at >= SILENT_AFTER_S and self.stored is None:
            self._heard_at = now
            self.resume()

    def resume(self) -> None:
        """Attach again, saying what is held and what was seen."""
        have_from = self.trimmed if self.trimmed < self.captured else None
        last = 0
        while last in self.finals:
            last += 1
        self._send(Resume(None, self._session_id, CLIENT, have_from, last - 1))

    def _audio(self, start: int, now: float) -> None:
        start = max(start, self.trimmed)
        end = min(self.captured, start - start % self._message + self._message)
        if start < end:
            self._sent_at[start - start % self._message] = now
            self._send(Audio(None, self._session_id, start, self._speech(start, end)))

    def hear(self, message: object, epoch: int, now: float) -> None:
        """Take a message of an owner; what an older one says counts for nothing."""
        if epoch < self._epoch:
            return
        self._heard_at = now
        if epoch > self._epoch > 0 and not isinstance(message, Ready | Stored | Saved):
            self._resume_at = now  # a new owner has only what is durable: asked until it answers
        self._epoch = epoch
        match message:
            case Ack(received=received, durable=durable):
                self.received = max(self.received, received)
                self.trimmed = max(self.trimmed, durable)
            case Nack(missing=missing):
                for start, end in missing:
                    for at in range(start - start % self._message, min(end, self.captured), self._message):
                        if at + self._message > self.trimmed:
                            self._audio(at, now)
            case Ready(next_offset=next_offset):
                self._resume_at = None
                self.received = next_offset
                self._sent_at = dict.fromkeys(self._sent_at, now - RESEND_AFTER_S)
            case Final():
                known = self.finals.setdefault(message.segment, message)
                assert known == message, "I4: a final changed once it was said"
                if any(segment not in self.finals for segment in range(message.segment)):
                    self.resume()
            case Stored():
                self.stored = message
            case Saved():
                self.saved = message
            case _:
                pass
