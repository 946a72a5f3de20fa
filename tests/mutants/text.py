"""Slips that lose words, say them twice, or say them before they are safe."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

CORE = "streaming_task/core"
CORE_TESTS = "tests/streaming_task/core"
HOSTILE = "tests/model/test_schedules.py::test_a_hostile_world_loses_nothing"
FINALS = "streaming_task/adapters/registry_dynamodb/finals.py"
FINALS_TESTS = "tests/streaming_task/adapters/registry_dynamodb/test_finals.py"

TEXT = (
    Mutant(
        "a final is said before it is stored",
        "I4: a final that was said never changes",
        f"{CORE}/session.py",
        "            self._effects.append(StoreFinal(step.start, step.end, step.final))\n",
        "            self._effects.append(StoreFinal(step.start, step.end, step.final))\n"
        "            if step.final is not None:\n"
        "                self._audience.say(step.final)\n",
        (f"{CORE_TESTS}/test_session.py::test_a_final_is_said_only_once_it_is_stored", HOSTILE),
    ),
    Mutant(
        "segment numbers stand still",
        "I4: segments are dense",
        f"{CORE}/transcript.py",
        "            self._planned_segments += 1\n",
        "            pass\n",
        (HOSTILE,),
    ),
    Mutant(
        "`final_until` is not advanced with a final",
        "I4: finals are contiguous",
        FINALS,
        '                "UpdateExpression": "SET final_until = :end, #segments = :next",\n',
        '                "UpdateExpression": "SET final_until = :start, #segments = :next",\n',
        (FINALS_TESTS,),
    ),
    Mutant(
        "a final is stored wherever the text has come to",
        "I4: finals are contiguous",
        FINALS,
        '                "ConditionExpression": "epoch = :mine AND final_until = :start AND #segments = :segment",\n',
        '                "ConditionExpression": "epoch = :mine AND (final_until = :start OR final_until <> :start) "\n'
        '                "AND (#segments = :segment OR #segments <> :segment)",\n',
        (FINALS_TESTS,),
    ),
    Mutant(
        "a stream begins where the last was fed, not where text is stored",
        "I4: every word once",
        f"{CORE}/recognition.py",
        "        self._base = self._fed = transcript.planned_until\n",
        "        self._base = self._fed = max(self._fed, transcript.planned_until)\n",
        (HOSTILE,),
    ),
    Mutant(
        "the base is moved by result times",
        "I4: times do not drift",
        f"{CORE}/recognition.py",
        "                timeline = Timeline(self._base, self._rate_hz)\n",
        "                timeline = Timeline(self._base, self._rate_hz)\n"
        "                self._base = timeline.sample(results[-1].end_s)\n",
        (f"{CORE_TESTS}/test_recognition.py", HOSTILE),
    ),
    Mutant(
        "committed on stop",
        "the record has every word",
        f"{CORE}/ending.py",
        "        is_heard = self.end is not None and transcript.final_until >= self.end\n",
        "        is_heard = self.end is not None\n",
        (HOSTILE,),
    ),
    Mutant(
        "committed on what was fed, not on what is stored",
        "the record has every word",
        f"{CORE}/ending.py",
        "            case _Step.SEALED if transcript.is_settled:\n"
        "                may_be_pending = recognition.has_given_up\n",
        "            case _Step.SEALED:\n"
        "                transcript.final_until = max(transcript.final_until, recognition.fed)\n"
        "                may_be_pending = recognition.has_given_up\n",
        (HOSTILE,),
    ),
    Mutant(
        "a stream outlives its credentials",
        "the text keeps coming: what expires is replaced before anybody notices",
        f"{CORE}/expiry.py",
        "        self.at_the_latest = expires_at - ahead_s\n",
        "        self.at_the_latest = expires_at\n",
        (f"{CORE_TESTS}/test_expiry.py",),
    ),
    Mutant(
        "a stream is replaced within a word although a pause came",
        "every word once: no stream hears half of one",
        f"{CORE}/expiry.py",
        "        return wall >= self.at_the_latest or fed - self._loud_until >= self._pause\n",
        "        return wall >= self.at_the_latest\n",
        (f"{CORE_TESTS}/test_expiry.py",),
    ),
    Mutant(
        "an aborted stream counts as drained",
        "the record has every word",
        f"{CORE}/recognition.py",
        "        has_drained = self.phase is Phase.DRAINING and ended.end is StreamEnd.CLEAN\n",
        "        has_drained = self.phase is Phase.DRAINING\n",
        (HOSTILE,),
    ),
    Mutant(
        "what a full stream did not take is not fed again",
        "the record has every word",
        f"{CORE}/recognition.py",
        "                self._fed = min(self._fed, fed_until)\n",
        "                pass\n",
        (HOSTILE,),
    ),
    Mutant(
        "audio that was let go of is not read back",
        "the record has every word",
        f"{CORE}/recording.py",
        '        """Hold durable audio again that was read from the store."""\n'
        "        self._held.add(start, data)\n",
        '        """Hold durable audio again that was read from the store."""\n',
        (f"{CORE_TESTS}/test_takeover.py",),
    ),
    Mutant(
        "a failed store of a final is forgotten",
        "the record has every word",
        f"{CORE}/session.py",
        "                self._transcript.failed(now)\n",
        "                self._transcript.stored()\n",
        (HOSTILE,),
    ),
    Mutant(
        "newer text overtakes the stored finals at a resume",
        "finals are read in their order",
        "streaming_task/voice.py",
        "        if held_back is not None and not isinstance(message, Ready):\n",
        "        if False and held_back is not None:\n",
        ("tests/streaming_task/test_voice.py",),
    ),
    Mutant(
        "a gateway that throttles is given partials first",
        "partials are dropped before finals",
        f"{CORE}/push.py",
        "        kept = [waiting for waiting in self._queue if waiting is head or not _is_partial(waiting)]\n",
        "        kept = [waiting for waiting in self._queue if waiting is head or _is_partial(waiting)]\n",
        (f"{CORE_TESTS}/test_push.py",),
    ),
    Mutant(
        "a stream is fed to wherever a message ended",
        "no sound is cut in two by a new stream",
        f"{CORE}/recognition.py",
        "        return until if _is_whole(recording) else until - until % self._frame\n",
        "        return until\n",
        (f"{CORE_TESTS}/test_recognition.py",),
    ),
)
