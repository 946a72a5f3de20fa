"""Slips that lose audio, or say that it is safe when it is not."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

CORE = "streaming_task/core"
CORE_TESTS = "tests/streaming_task/core"
HOSTILE = "tests/model/test_schedules.py::test_a_hostile_world_loses_nothing"

AUDIO = (
    Mutant(
        "acknowledge on receipt",
        "I1: acknowledged is durable",
        f"{CORE}/acknowledgement.py",
        "said.append(Ack(received=recording.received, durable=recording.durable))",
        "said.append(Ack(received=recording.received, durable=recording.received))",
        (HOSTILE,),
    ),
    Mutant(
        "durable once the part is on its way",
        "I1: acknowledged is durable",
        f"{CORE}/recording.py",
        "                self._unwritten.remove(start, end)\n",
        "                self._unwritten.remove(start, end)\n                self._durable.add(start, end)\n",
        (f"{CORE_TESTS}/test_recording.py", HOSTILE),
    ),
    Mutant(
        "a failed part counts as stored",
        "I1: acknowledged is durable",
        f"{CORE}/session.py",
        "                self._recording.failed(start, end, now)\n",
        "                self._recording.stored(start, end)\n",
        (HOSTILE,),
    ),
    Mutant(
        "any answer of S3 is a good one",
        "I1: acknowledged is durable",
        "streaming_task/adapters/recording_s3/bucket.py",
        "        if answer.status not in (200, 412):\n",
        "        if answer.status not in (200, 412, 500, 503):\n",
        ("tests/streaming_task/adapters/recording_s3/test_bucket.py",),
    ),
    Mutant(
        "a part is written over what is there",
        "I3: stored bytes are those sent; the first durable copy stands",
        "streaming_task/adapters/recording_s3/bucket.py",
        '            "if-none-match": "*",\n',
        "",
        ("tests/streaming_task/adapters/recording_s3/test_bucket.py",),
    ),
    Mutant(
        "a resend replaces what was received",
        "I3: stored bytes are those sent; the first copy stands",
        f"{CORE}/recording.py",
        "        if not self._held.agrees(offset, data) and self._contradicts(offset, data):\n",
        "        if False:\n",
        (f"{CORE_TESTS}/test_recording.py",),
    ),
    Mutant(
        "a retried part is dropped",
        "I3: stored bytes are those sent",
        f"{CORE}/recording.py",
        "                parts.append(flight.part)\n",
        "                pass\n",
        (HOSTILE,),
    ),
    Mutant(
        "in order of arrival, not of offset",
        "I3: stored bytes are in their places",
        f"{CORE}/reorder.py",
        "            index = bisect_left(self._starts, gap_from)\n",
        "            index = len(self._starts)\n",
        (f"{CORE_TESTS}/test_reorder.py", HOSTILE),
    ),
    Mutant(
        "audio is let go of before it is durable",
        "I3: what is not durable is held",
        f"{CORE}/recording.py",
        "        self._held.drop_below(min(covered, durable))\n",
        "        self._held.drop_below(covered)\n",
        (f"{CORE_TESTS}/test_recording.py",),
    ),
    Mutant(
        "sealed on stop, not once all is durable",
        "I3: the seal covers every sample",
        f"{CORE}/ending.py",
        "        is_all_durable = recording.durable >= self.end and recording.all_durable\n",
        "        is_all_durable = True\n",
        (HOSTILE,),
    ),
    Mutant(
        "given up without asking the store again",
        "I3: what an owner taken for dead has stored is no gap",
        f"{CORE}/inventory.py",
        "        if self._is_first_owner:\n            self._recording.give_up(below)\n",
        "        if self._recording.missing():\n            self._recording.give_up(below)\n",
        (f"{CORE_TESTS}/test_inventory.py",),
    ),
    Mutant(
        "what a page has lost is waited for past the last audio",
        "nobody is asked for what it said that it lost",
        f"{CORE}/recording.py",
        "self.missing() if below is None else self._missing(self._cut_to(below)):\n",
        "self.missing():\n",
        (f"{CORE_TESTS}/test_inventory.py",),
    ),
    Mutant(
        "audio that was refused keeps an idle session alive",
        "a session without its doctor is sealed at the idle limit",
        f"{CORE}/session.py",
        "        if isinstance(message, Audio):\n"
        "            refuse_expired(event.authorised_until, wall, message.ref)\n"
        "        self._vigil.heard(now)\n",
        "        self._vigil.heard(now)\n"
        "        if isinstance(message, Audio):\n"
        "            refuse_expired(event.authorised_until, wall, message.ref)\n",
        (f"{CORE_TESTS}/test_session_limits.py",),
    ),
    Mutant(
        "parts are deleted though the client's hash differs",
        "nothing is deleted until it is known to be right",
        f"{CORE}/aftermath.py",
        "            step: Effect = Compact(may_delete=not ending.contradicts_client)\n",
        "            step: Effect = Compact(may_delete=True)\n",
        (f"{CORE_TESTS}/test_session.py",),
    ),
    Mutant(
        "one session's bad message ends its neighbours",
        "I7: a session's fault is its own",
        "streaming_task/runner.py",
        "        except Refusal as refusal:\n            assert isinstance(event, ev.MessageTaken)\n",
        "        except KeyError as refusal:\n            assert isinstance(event, ev.MessageTaken)\n",
        ("tests/streaming_task/test_runner.py",),
    ),
    Mutant(
        "an effect that breaks takes the others with it",
        "I7: a session's fault is its own",
        "streaming_task/runner.py",
        "            except Exception as error:  # noqa: BLE001 - the other effects must not be lost with this one\n"
        "                self._broke(effect, type(error).__name__)\n",
        "            except LookupError as error:\n                self._broke(effect, type(error).__name__)\n",
        ("tests/streaming_task/test_runner.py",),
    ),
    Mutant(
        "an Opus packet is cut in two",
        "I3: the first copy stays, whole",
        f"{CORE}/recording.py",
        "        if any(self._coding.cut_at(data, edge) != edge for edge in edges):\n",
        "        if False:\n",
        (f"{CORE_TESTS}/test_coding.py",),
    ),
    Mutant(
        "a stream of packets begins at a sample that no packet begins with",
        "I3: what is heard is where it was said",
        f"{CORE}/recognition.py",
        "                self._base = self._fed = recording.cut_at(self._fed)",
        "                pass",
        (f"{CORE_TESTS}/test_opus_recognition.py",),
    ),
    Mutant(
        "a gap is left out of the recording",
        "I3: a sample is where the session's clock has it",
        "streaming_task/recordings.py",
        "            audio += kept.coding.silence(piece.start - at)  # a gap is silence of its length\n",
        "",
        ("tests/streaming_task/test_recordings.py",),
    ),
)
