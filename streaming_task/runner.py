"""Do what a session wants done: one runner a session, events in, effects performed in order.

Nothing here decides; whatever fails is told to the session as an event. Events that arrive while effects are
performed wait their turn, so the session never sees itself half-way.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
import uuid
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, assert_never

from contract.audio import Encoding, transcribe_rate_hz
from contract.object_keys import part_key, parts_prefix
from contract.records import ConnectionId, SessionState
from contract.replies import Error, Final
from contract.wire import Refusal
from streaming_task import ports
from streaming_task.core import effects as do
from streaming_task.core import events as ev
from streaming_task.core.meter import SessionMeter
from streaming_task.core.ownership import SessionChanges
from streaming_task.core.results import Ended, StreamEnd
from streaming_task.core.session import Session
from streaming_task.errands import Errands
from streaming_task.record_steps import RecordSteps, Services
from streaming_task.streams import LiveStream
from streaming_task.voice import Voice

_log = logging.getLogger(__name__)

TIMER_SLACK_S = 0.005  # a timer that is this little early is left as it is
TIMER_FLOOR_S = 0.01  # however much is due, one session's ticks leave room for the others
DEFECT_PAUSE_S = 1.0  # after a defect, which the next tick may meet again
READ_RETRY_S = 1.0


class SessionRunner:
    """Owns one session and everything that is under way for it."""

    def __init__(
        self,
        session: Session,
        services: Services,
        on_close: Callable[[], None],
        on_reclaim: Callable[[], object] = lambda: None,
    ) -> None:
        self.session = session
        self._terms = session.meta.terms
        self._epoch = session.meta.epoch
        self._services = services
        self._on_close = on_close
        self._on_reclaim = on_reclaim
        self._loop = asyncio.get_running_loop()
        self._inbox: deque[ev.Event] = deque()
        self._is_working = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0  # kept here: uvloop's handle of a time just past does not know it
        self._streams: dict[int, LiveStream] = {}
        self._errands = Errands("Session step broke")
        self._voice = Voice(self._terms.session_id, self._epoch, services.finals, services.pushes)
        self._meter = SessionMeter(
            rate_hz=self._terms.sample_rate_hz,
            epoch=self._epoch,
            coding=services.coding(self._terms.encoding),
        )
        self._steps = RecordSteps(session.meta, services)
        self._is_closed = False

    def post(self, event: ev.Event) -> None:
        """Tell the session something; its effects are performed before this returns, or right after."""
        if self._is_closed:
            return
        self._inbox.append(event)
        if self._is_working:
            return
        self._is_working = True
        pause_s = DEFECT_PAUSE_S
        try:
            while self._inbox:
                self._handle(self._inbox.popleft())
            pause_s = TIMER_FLOOR_S
        finally:
            self._is_working = False
            self._set_timer(pause_s)

    def _handle(self, event: ev.Event) -> None:
        now = self._loop.time()
        try:
            effects = self.session.handle(event, now, time.time())
        except Refusal as refusal:
            assert isinstance(event, ev.MessageTaken)
            refusal.ref = refusal.ref or event.message.ref  # what refuses may know the audio, not the message
            self.refuse(event.connection_id, refusal)
            return
        for effect in effects:
            try:
                self._perform(effect)
            except Exception as error:  # noqa: BLE001 - the other effects must not be lost with this one
                self._broke(effect, type(error).__name__)
        for metric, value in self._meter.saw(event, effects, now):
            self._services.count(metric, value)

    def _broke(self, effect: do.Effect, code: str) -> None:
        about = {"session_id": self._terms.session_id, "step": type(effect).__name__, "code": code}
        _log.error("Session effect broke", extra=about)
        if isinstance(effect, do.OpenStream | do.Feed | do.EndStream):
            self._abort_stream(effect.stream)
            self.post(ev.StreamEnded(effect.stream, Ended(StreamEnd.INTERNAL, code)))

    def refuse(self, connection_id: ConnectionId, refusal: Refusal) -> None:
        """Tell a connection that its message about this session was refused."""
        self._voice.say(connection_id, Error(ref=refusal.ref, code=refusal.code, message=refusal.sentence))

    def abort(self) -> None:
        """Stop at once; what is durable is durable, the client has the rest."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        for stream in self._streams.values():
            stream.abort()
        self._streams.clear()

    def drop(self) -> None:
        """Stop at once, and ask the stores for nothing more of what waits its turn there."""
        self.abort()
        self._errands.call_off()

    async def settle(self, within_s: float) -> None:
        """Wait for what is under way, at most for so long."""
        await self._errands.settle(within_s)

    def _set_timer(self, pause_s: float) -> None:
        if self._is_closed:
            return
        now = self._loop.time()
        due_at = self.session.next_due_at(now, time.time())
        if due_at is None:
            return
        due_at = max(due_at, now + pause_s)
        if self._timer is not None:
            if self._timer_at <= due_at + TIMER_SLACK_S:
                return
            self._timer.cancel()
        self._timer, self._timer_at = self._loop.call_at(due_at, self._tick), due_at

    def _tick(self) -> None:
        self._timer = None
        self.post(ev.Tick())

    # -- effects -------------------------------------------------------------------------------------

    def _perform(self, effect: do.Effect) -> None:
        match effect:
            case do.Send(connection_id, message):
                self._voice.say(connection_id, message)
            case do.SendFinals(connection_id, after, then):
                self._spawn(self._voice.read_out(connection_id, after, then), "finals")
            case do.Note(changes):
                self._attempt(self._steps.update(changes, ev.Tick()), "note", ev.Tick())
            case do.PutPart(start, end, data):
                self._attempt(self._put_part(start, end, data), "part", ev.PartFailed(start, end))
            case do.ReadAudio(start, end):
                self._attempt(self._read_audio(start, end), "read", ev.AudioRead(start, b""))
            case do.ListParts():
                self._attempt(self._list_parts(), "list", ev.PartsListed(None))
            case do.OpenStream(stream):
                self._open_stream(stream)
            case do.Feed(stream, start, data):
                if stream in self._streams:
                    self._streams[stream].feed(data, start)
            case do.EndStream(stream):
                if stream in self._streams:
                    self._streams[stream].end()
            case do.AbortStream(stream):
                self._abort_stream(stream)
            case do.StoreFinal(start, end, final):
                self._attempt(self._store_final(start, end, final), "final", ev.FinalFailed())
            case do.BeginRecord():
                self._attempt(self._steps.begin_record(), "record begin", ev.Tick())
            case do.WriteStop(end, client_sha256):
                changes = SessionChanges(
                    state=SessionState.STOPPING, end_offset=end, client_sha256=client_sha256
                )
                self._attempt(self._steps.update(changes, ev.StopStored()), "stop", ev.StepFailed())
            case do.Seal(end, gaps, sha256):
                self._attempt(self._steps.seal(end, gaps, sha256), "seal", ev.StepFailed())
            case do.Commit(transcript):
                self._attempt(self._steps.commit(transcript), "commit", ev.StepFailed())
            case do.Compact(may_delete):
                self._attempt(self._steps.compact(may_delete=may_delete), "compact", ev.TidyFailed())
            case do.Finish():
                self._attempt(self._steps.finish(), "finish", ev.TidyFailed())
            case do.Release(stored):
                self._attempt(self._steps.release(stored), "release", ev.Released())
            case do.Report(name, value):
                self._services.report(name, value)
            case do.Reclaim():
                self._on_reclaim()
            case do.Close():
                self.abort()
                self._on_close()
            case _:
                assert_never(effect)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        return self._errands.run(work, f"{name} {self._terms.session_id}")

    def _attempt(self, work: Coroutine[Any, Any, ev.Event], name: str, failed: ev.Event) -> None:
        finishing = self._spawn(self._finish(work, name, failed), name)
        finishing.add_done_callback(lambda _: work.close())  # if it was called off before it began

    async def _finish(self, work: Coroutine[Any, Any, ev.Event], name: str, failed: ev.Event) -> None:
        about = {"session_id": self._terms.session_id, "step": name}
        try:
            event = await work
        except ports.Fenced as error:
            _log.error("Session lost to another owner", extra=about | {"code": error.code})
            event = ev.OwnershipLost()
        except ports.Diverged as error:
            _log.error("Session differs from its store", extra=about | {"code": error.code})
            event = ev.Diverged()
        except ports.Unavailable as error:
            _log.warning("Session step failed, will be repeated", extra=about | {"code": error.code})
            event = failed
        except Exception as error:  # noqa: BLE001 - a defect must not stop the retry that keeps the audio
            _log.error("Session step broke", extra=about | {"code": type(error).__name__})
            event = failed
        self.post(event)

    # -- audio ---------------------------------------------------------------------------------------

    async def _put_part(self, start: int, end: int, data: bytes) -> ev.Event:
        terms = self._terms
        digest = hashlib.sha256(data).hexdigest()
        key = part_key(terms.user_id, terms.session_id, start, end, digest, terms.encoding)
        await self._services.audio.put(key, data, "application/octet-stream")
        _log.debug("Session part stored", extra={"session_id": terms.session_id, "start": start, "end": end})
        return ev.PartStored(start, end)

    async def _list_parts(self) -> ev.Event:
        terms = self._terms
        parts = await self._services.audio.list_parts(parts_prefix(terms.user_id, terms.session_id))
        return ev.PartsListed(tuple((part.start, part.end) for part in parts))

    async def _read_audio(self, start: int, end: int) -> ev.Event:
        try:
            return ev.AudioRead(*await self._services.recordings.read(self._terms, start, end))
        except ports.Unavailable:
            await asyncio.sleep(READ_RETRY_S)
            raise

    # -- recognition ---------------------------------------------------------------------------------

    def _open_stream(self, number: int) -> None:
        terms = self._terms
        rate_hz = transcribe_rate_hz(terms.sample_rate_hz)
        settings = ports.StreamSettings(
            stream_id=str(uuid.uuid4()),
            sample_rate_hz=rate_hz,
            encoding="pcm" if terms.encoding is Encoding.PCM else "ogg-opus",
            specialty=terms.specialty,
            conversation=terms.conversation,
            speaker_labels=terms.speaker_labels,
            vocabulary=terms.vocabulary,
        )
        coder = None
        if terms.encoding is Encoding.OPUS:
            coder = self._services.container()
        elif rate_hz != terms.sample_rate_hz:
            coder = self._services.resampler(terms.sample_rate_hz, rate_hz)
        self._streams[number] = LiveStream(
            number, settings, self._services.recognition, coder, self._stream_said
        )

    def _abort_stream(self, number: int) -> None:
        stream = self._streams.pop(number, None)
        if stream is not None:
            stream.abort()

    def _stream_said(self, event: ev.Event) -> None:
        if isinstance(event, ev.StreamEnded):
            self._streams.pop(event.stream, None)
            about = {"session_id": self._terms.session_id, "end": event.ended.end, "code": event.ended.code}
            _log.info("Transcribe stream ended", extra=about)
        else:
            about = {"session_id": self._terms.session_id, "kind": type(event).__name__}
            _log.debug("Transcribe stream said", extra=about)
        self.post(event)

    async def _store_final(self, start: int, end: int, final: Final | None) -> ev.Event:
        await self._services.finals.append(self._terms.session_id, self._epoch, start, end, final)
        return ev.FinalStored()
