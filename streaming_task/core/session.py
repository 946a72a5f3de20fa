"""One live session: events in, effects out. Pure: `now` is monotonic, `wall` is Unix seconds.

What a client's message does, by state. The right-hand columns answer what a client may have missed.
A leaving task takes no audio, and no stop without an end: they are the next owner's.

    message   OPEN      STOPPING           SEALED              COMMITTED
    start     attach    attach             attach, stored      saved
    audio     take      take               stored              saved
    resume    attach    attach             attach, stored      attach, saved
    pause     park      -                  -                   -
    stop      end       ack or stored      stored              saved
    ping      -         -                  -                   -

Any other event is the answer to an effect; `_note` takes it, and `_advance` does whatever is then possible.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import assert_never

from contract.audio import Range, from_seconds
from contract.records import ConnectionId, SessionState
from contract.replies import AboutSession, Moved
from contract.wire import Audio, Code, Pause, Ping, Refusal, Resume, Start, Stop
from streaming_task.core import events as ev
from streaming_task.core.aftermath import Aftermath
from streaming_task.core.audience import Audience
from streaming_task.core.authorisation import refuse_expired
from streaming_task.core.coding import PCM, Coding
from streaming_task.core.departure import Departure
from streaming_task.core.effects import BeginRecord, Close, Effect, PutPart, Reclaim, Report, StoreFinal
from streaming_task.core.ending import Ending
from streaming_task.core.inventory import Inventory
from streaming_task.core.ownership import SessionMeta
from streaming_task.core.recognition import Recognition
from streaming_task.core.recording import Recording
from streaming_task.core.transcript import Transcript
from streaming_task.core.vigil import SessionLimits, Vigil
from streaming_task.core.warning import NO_SPEECH


class Session:
    """A session that this task owns."""

    def __init__(
        self,
        meta: SessionMeta,
        limits: SessionLimits,
        now: float,
        random: Random,
        *,
        stored: Iterable[Range] | None = None,
        coding: Coding = PCM,
    ) -> None:
        """Open a session; with the sample ranges that are `stored`, take it over from another owner."""
        self.meta = meta
        self._limits = limits
        self._rate_hz = meta.terms.sample_rate_hz
        self._recording = Recording(
            duration_limit_samples=from_seconds(limits.duration_s, self._rate_hz),
            stored=stored or (),
            end=meta.end_offset,
            gaps=meta.gaps,
            coding=coding,
        )
        self._inventory = Inventory(self._recording, is_first_owner=stored is None)
        self._transcript = Transcript(final_until=meta.final_until, segments=meta.segments)
        self._recognition = Recognition(
            rate_hz=self._rate_hz,
            silence_timeout_s=limits.silence_s,
            streams=meta.streams,
            begins_at=meta.final_until,
            random=random,
            coding=coding,
        )
        self._ending = Ending(meta, commit_retry_s=limits.commit_retry_s)
        self._aftermath = Aftermath(meta)
        self._vigil = Vigil(limits, now, meta.terms.started_at)
        self._has_said_stored = False
        self._is_closed = False
        self._departure = Departure(knows_store=stored is None or meta.left is not None)
        self._is_crowded = False  # the task holds too much, and this session is one of the largest
        self._effects: list[Effect] = []
        self._audience = Audience(self._effects, limits, self._rate_hz, now)
        if stored is None:
            self._effects.append(BeginRecord())
        elif self.state is SessionState.COMMITTED and not self._ending.is_pending:
            self._recognition.drop()  # all was heard and said; only the parts are left to be tidied up
        else:
            self._audience.restore(meta)

    @property
    def state(self) -> SessionState:
        """Name the session's state."""
        return self._ending.state

    @property
    def is_recording(self) -> bool:
        """Tell whether the session still counts against the task's room."""
        return not self._ending.is_stored and not self._is_closed

    @property
    def bytes_not_durable(self) -> int:
        """Count the bytes that only this memory and the client hold."""
        return self._recording.bytes_not_durable

    def handle(self, event: ev.Event, now: float, wall: float) -> list[Effect]:
        """Take an event; give what is to be done, in order.

        Raises:
            Refusal: the event is a client's message that cannot be taken; nothing has changed.
        """
        if self._is_closed:
            return []
        if isinstance(event, ev.MessageTaken):
            self._take(event, now, wall)
        else:
            self._note(event, now, wall)
        if not self._is_closed:
            self._advance(now, wall)
        effects = self._effects.copy()
        self._effects.clear()
        return effects

    # -- the client's messages -----------------------------------------------------------------------

    def _take(self, event: ev.MessageTaken, now: float, wall: float) -> None:
        message, connection_id = event.message, event.connection_id
        if not isinstance(message, Start | Resume):
            self._audience.refuse_superseded(connection_id, message.ref)
        if isinstance(message, Audio):
            refuse_expired(event.authorised_until, wall, message.ref)
        self._vigil.heard(now)
        self._inventory.heard()
        if self._departure.leaves(message):
            return
        match message:
            case Start():
                self._attach(connection_id, message.client, None, message.ref, now)
            case Resume():
                if self._vigil.is_only_source(connection_id, now):
                    self._inventory.give_up(message.have_from)
                self._attach(connection_id, message.client, message.last_segment, message.ref, now)
            case Audio():
                self._take_audio(connection_id, message, now)
                self._audience.warn(self._recording, event.authorised_until, wall)
            case Stop():
                self._stop(connection_id, message, now)
            case Pause():
                if self.state is SessionState.OPEN:
                    self._recognition.pause()
            case Ping():
                pass
            case _:
                assert_never(message)

    def _attach(
        self, connection_id: ConnectionId, client: str, last_segment: int | None, ref: str | None, now: float
    ) -> None:
        self._audience.attach(connection_id, client)
        answers = self._ending_messages()
        if last_segment is None and self.state is SessionState.COMMITTED:
            self._audience.send(connection_id, *answers)
            return
        self._audience.welcome(
            connection_id, ref, self._recording.received, finals_after=last_segment, then=answers
        )
        self._audience.owe_ack(now)

    def _take_audio(self, connection_id: ConnectionId, message: Audio, now: float) -> None:
        if self._ending.is_fixed:
            self._audience.send(connection_id, *self._ending_messages())
            self._audience.owe_ack(now)
            return
        self._vigil.sent_audio(connection_id, now)
        if self._is_crowded:
            self._vigil.progressed(now)
            raise Refusal(Code.BUFFER_LIMIT, "Storing is slow: keep the audio and send it again.")
        try:
            is_new = self._recording.add(message.offset, message.data, now)
        except Refusal as refusal:
            if refusal.code is Code.DURATION_LIMIT and self._recording.reaches(message.offset):
                self._vigil.hit_limit(now)
            if refusal.code is Code.BUFFER_LIMIT:
                self._vigil.progressed(now)  # the client has what is missing
            if refusal.code is Code.CONFLICT:
                self._effects.append(Report("AudioConflicts"))
            raise
        if is_new:
            self._vigil.progressed(now)
            self._recognition.audio_came()
        self._audience.owe_ack(now)

    def _stop(self, connection_id: ConnectionId, message: Stop, now: float) -> None:
        if self._ending.end is None:
            end = self._recording.end_for(message.end_offset)
            self._end_at(end, message.sha256, now)
        self._audience.send(connection_id, *self._ending_messages())
        self._audience.owe_ack(now)

    def _end_at(self, end: int, client_sha256: str | None, now: float) -> None:
        self._ending.stop(end, client_sha256)
        self._recording.end_at(end)
        self._vigil.progressed(now)

    def _ending_messages(self) -> tuple[AboutSession, ...]:
        """Give what has been said of the end already, for a client that may have missed it."""
        if self.state is SessionState.COMMITTED:
            return (self._ending.saved_message(self._transcript.segments),)
        return (self._ending.stored_message(),) if self._has_said_stored else ()

    # -- answers to effects --------------------------------------------------------------------------

    def _note(self, event: ev.Answer, now: float, wall: float) -> None:
        if isinstance(event, ev.StreamEvent):
            is_stopping = self._ending.end is not None
            self._audience.say(
                *self._recognition.note(event, self._transcript, now, wall, is_stopping=is_stopping)
            )
            return
        match event:
            case ev.PartStored(start, end):
                self._recording.stored(start, end)
            case ev.PartFailed(start, end):
                self._recording.failed(start, end, now)
                self._effects.append(Report("PartsFailed"))
            case ev.PartsListed(parts):
                self._inventory.listed(parts, now)
            case ev.AudioRead(start, data):
                self._recording.put_back(start, data)
                self._recognition.read_done()
            case ev.FinalStored():
                final = self._transcript.stored()
                if final is not None:
                    self._audience.say(final)
            case ev.FinalFailed():
                self._transcript.failed(now)
            case ev.StopStored():
                self._ending.stop_written()
            case ev.Sealed(_, sha256, gaps):
                self._ending.sealed(sha256, gaps)
            case ev.Committed(transcription_id):
                self._committed(transcription_id, now)
            case ev.StepFailed():
                self._ending.failed(now)
            case ev.Compacted(recording):
                self._aftermath.compacted(recording)
            case ev.Finished():
                self._aftermath.finished()
            case ev.TidyFailed():
                self._aftermath.failed(now)
            case ev.Crowded(is_crowded):
                self._is_crowded = is_crowded
            case ev.SignedOut():
                self._vigil.end_now(now)
            case ev.Leaving():
                self._departure.begin(now)
                self._recognition.leave()
            case ev.Released():
                self._audience.say(Moved())
                self._close()
            case ev.OwnershipLost() | ev.Diverged():  # the store is right, and memory of no more use
                is_lost = isinstance(event, ev.OwnershipLost)
                self._effects += self._recognition.drop()
                self._effects.append(Report("OwnershipLost") if is_lost else Reclaim())
                self._close()
            case ev.Tick():
                pass  # what is due is done in any case
            case _:
                assert_never(event)

    def _committed(self, transcription_id: int, now: float) -> None:
        is_first = self.state is not SessionState.COMMITTED
        self._ending.committed(transcription_id)
        self._aftermath.committed(now)
        self._audience.say(self._ending.saved_message(self._transcript.segments))
        if is_first and self._ending.contradicts_client:
            self._effects.append(Report("HashMismatches"))

    # -- what can be done now ------------------------------------------------------------------------

    def _advance(self, now: float, wall: float) -> None:
        self._end_if_abandoned(now, wall)
        self._effects += self._inventory.advance(now)
        recording, transcript = self._recording, self._transcript
        is_flushing = self._ending.end is not None or self._departure.is_under_way
        for part in recording.due(now, flush=is_flushing):
            self._effects.append(PutPart(part.start, part.end, part.data))
        self._effects += self._recognition.advance(recording, transcript, now, wall)
        self._pass_over_last_gap()
        step = transcript.due(now)
        if step is not None:
            self._effects.append(StoreFinal(step.start, step.end, step.final))
        recording.let_go(covered=transcript.final_until, fed=self._recognition.fed)
        self._effects += self._ending.advance(recording, transcript, self._recognition, now)
        self._effects += self._aftermath.advance(self._ending, now)
        self._say_what_is_due(now)
        if self._aftermath.is_over(self._ending, now, has_given_up=self._recognition.has_given_up):
            self._close()
            return
        self._effects += self._departure.advance(recording, transcript, self._recognition, self._ending, now)

    def _close(self) -> None:
        self._effects.append(Close())
        self._is_closed = True

    def _pass_over_last_gap(self) -> None:
        end, recording, heard_until = self._ending.end, self._recording, self._transcript.planned_until
        if end is not None and recording.received >= end and heard_until >= recording.audio_end:
            self._transcript.covered(end)

    def _end_if_abandoned(self, now: float, wall: float) -> None:
        if self._ending.end is None:
            if self._vigil.is_abandoned(now, wall) and self._inventory.is_known():
                self._end_at(self._recording.received_end, None, now)
                self._recording.give_up()
        elif self._recording.missing() and self._vigil.has_waited_enough(now) and self._inventory.is_known():
            self._recording.give_up()

    def _say_what_is_due(self, now: float) -> None:
        if self._ending.is_stored and not self._has_said_stored:
            self._has_said_stored = True
            self._audience.say_stored(self._ending.stored_message())
        if self._ending.end is None and self._recognition.hears_nothing():
            self._audience.say(NO_SPEECH)
        status = self._recognition.standing(self._recording, self._transcript)
        self._audience.say_what_is_due(self._recording, status, now)

    def next_due_at(self, now: float, wall: float) -> float | None:
        """Give when a Tick is due, if nothing else happens; None: an answer to an effect is awaited."""
        if self._is_closed:
            return None
        times = [
            self._recording.next_due_at(),
            self._audience.next_due_at(),
            self._recognition.next_due_at(self._recording, now, wall),
            self._transcript.next_due_at(),
            self._ending.next_due_at(now),
            self._aftermath.next_due_at(),
            self._departure.next_due_at(now),
        ]
        if self._inventory.is_awaited:
            times.append(self._inventory.next_due_at())
        elif self._ending.end is None:
            times.append(self._vigil.abandoned_at(now, wall))
        elif self._recording.missing():
            times.append(self._vigil.gives_up_at)
        return min([time for time in times if time is not None], default=None)
