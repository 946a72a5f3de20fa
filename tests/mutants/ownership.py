"""Slips that let two tasks own one session, or a stranger speak for one."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

CORE = "streaming_task/core"
CORE_TESTS = "tests/streaming_task/core"
REGISTRY = "streaming_task/adapters/registry_dynamodb"
REGISTRY_TESTS = "tests/streaming_task/adapters/registry_dynamodb"
ROUTING_TESTS = "tests/streaming_task/test_routing.py"

OWNERSHIP = (
    Mutant(
        "no fence on a final",
        "I6: no fenced write with an old epoch",
        f"{REGISTRY}/finals.py",
        '                "ConditionExpression": "epoch = :mine AND final_until = :start AND #segments = :segment",\n',
        '                "ConditionExpression": "(epoch = :mine OR epoch <> :mine) AND final_until = :start "\n'
        '                "AND #segments = :segment",\n',
        (f"{REGISTRY_TESTS}/test_finals.py",),
    ),
    Mutant(
        "no fence on moving the text's end",
        "I6: no fenced write with an old epoch",
        f"{REGISTRY}/finals.py",
        '                ConditionExpression="epoch = :mine AND final_until = :start",\n',
        '                ConditionExpression="(epoch = :mine OR epoch <> :mine) AND final_until = :start",\n',
        (f"{REGISTRY_TESTS}/test_finals.py",),
    ),
    Mutant(
        "no fence on the session's state",
        "I6: no fenced write with an old epoch",
        f"{REGISTRY}/sessions.py",
        '        condition = "#epoch = :mine"\n',
        '        condition = "(#epoch = :mine OR #epoch <> :mine)"\n',
        (f"{REGISTRY_TESTS}/test_sessions.py",),
    ),
    Mutant(
        "no fence on the record",
        "I5, I6: an old owner does not write over the record",
        "streaming_task/adapters/records_postgres/records.py",
        "        AND (transcriptions.epoch IS NULL OR transcriptions.epoch <= EXCLUDED.epoch)\n",
        "",
        ("tests/streaming_task/adapters/records_postgres/test_records.py::test_an_old_epoch_is_fenced",),
    ),
    Mutant(
        "a claim does not look whose the session is",
        "one owner an epoch",
        f"{REGISTRY}/ownership.py",
        '"epoch = :seen AND #owner = :seen_owner AND attribute_exists(#work)"',
        '"(epoch = :seen OR epoch <> :seen) AND (#owner = :seen_owner OR #owner <> :seen_owner) "\n'
        '                "AND attribute_exists(#work)"',
        (f"{REGISTRY_TESTS}/test_ownership.py",),
    ),
    Mutant(
        "a claim leaves the epoch as it is",
        "I6: a claim fences whoever was there",
        f"{REGISTRY}/ownership.py",
        '                    ":one": number(1),\n',
        '                    ":one": number(0),\n',
        (f"{REGISTRY_TESTS}/test_ownership.py",),
    ),
    Mutant(
        "whoever finds a session claims it, its owner alive or not",
        "a living owner is left alone",
        "streaming_task/routing.py",
        "        await self._look_for(owner)\n        return self._alive(owner) is None\n",
        "        return True\n",
        ("tests/streaming_task/test_one_hop.py",),
    ),
    Mutant(
        "a lost session is run on",
        "I6: who is fenced goes silent",
        "streaming_task/runner.py",
        "            event = ev.OwnershipLost()\n",
        "            event = failed\n",
        ("tests/streaming_task/test_runner.py",),
    ),
    Mutant(
        "a lease is as old as it was when first seen",
        "who bumps its lease lives",
        f"{CORE}/leases.py",
        "            if seen is None or seen.lease.version != lease.version:\n",
        "            if seen is None:\n",
        (f"{CORE_TESTS}/test_leases.py", "tests/streaming_task/test_lease.py"),
    ),
    Mutant(
        "a lease that stands still never ends",
        "the sessions of a dead task are taken over",
        f"{CORE}/leases.py",
        "        if seen is None or seen.is_suspect or now >= seen.changed_at + LEASE_S:\n",
        "        if seen is None or seen.is_suspect:\n",
        (f"{CORE_TESTS}/test_leases.py", ROUTING_TESTS),
    ),
    Mutant(
        "leases are judged by the wall clock",
        "no clocks are compared",
        "streaming_task/lease.py",
        "            self._board.observe(await self._leases.list(), asyncio.get_running_loop().time())\n",
        "            import time\n\n            self._board.observe(await self._leases.list(), time.time())\n",
        ("tests/streaming_task/test_lease.py", ROUTING_TESTS),
    ),
    Mutant(
        "no self-fence",
        "a task that cannot keep its lease is silent within 4 s",
        "streaming_task/lease.py",
        "                self._directory.fence()\n",
        "                pass\n",
        ("tests/streaming_task/test_lease.py",),
    ),
    Mutant(
        "a forwarded message is not looked at",
        "only tasks forward",
        "streaming_task/adapters/ingress/connection.py",
        "            status = self._handler.forwarded(message) if is_good else FORGED\n",
        "            status = self._handler.forwarded(message)\n",
        ("tests/streaming_task/adapters/ingress/test_forwarded.py",),
    ),
    Mutant(
        "a signature for one task is good for all",
        "only tasks forward, each to whom it signed for",
        "streaming_task/hop.py",
        "        target.encode(),\n",
        "",
        ("tests/streaming_task/test_hop.py",),
    ),
    Mutant(
        "a forwarded message is forwarded again",
        "one hop at most",
        "streaming_task/sessions.py",
        "        return await self.routing.take_hop(self._routed(known, hop.session_id, message, hop.body))\n",
        "        self._about_session(known, hop.session_id, message, hop.body)\n        return TAKEN\n",
        ("tests/streaming_task/test_one_hop.py",),
    ),
    Mutant(
        "a start is passed on and on",
        "one hop at most",
        "streaming_task/sessions.py",
        "self._start(known, message, hop.body, may_pass_on=False)",
        "self._start(known, message, hop.body, may_pass_on=True)",
        ("tests/streaming_task/test_one_hop.py",),
    ),
    Mutant(
        "a session is anyone's who knows its number",
        "another's session is as absent as one that never was",
        "streaming_task/routing.py",
        "        if meta is None or meta.terms.user_id != routed.connection.user_id:\n",
        "        if meta is None:\n",
        ("tests/streaming_task/test_sessions.py", ROUTING_TESTS),
    ),
    Mutant(
        "a leaving task lets go before its text is stored",
        "a hand-over leaves nothing behind",
        f"{CORE}/departure.py",
        "            and transcript.is_settled\n            and recognition.has_left\n",
        "",
        (f"{CORE_TESTS}/test_departure.py",),
    ),
    Mutant(
        "a leaving task says nothing",
        "the client hears of a new owner at once",
        f"{CORE}/session.py",
        "            case ev.Released():\n                self._audience.say(Moved())\n",
        "            case ev.Released():\n",
        (f"{CORE_TESTS}/test_takeover.py", f"{CORE_TESTS}/test_session.py", ROUTING_TESTS),
    ),
    Mutant(
        "a finished session can be claimed",
        "what is finished stays so",
        f"{REGISTRY}/ownership.py",
        " AND attribute_exists(#work)",
        " AND (attribute_exists(#work) OR attribute_not_exists(#work))",
        (f"{REGISTRY_TESTS}/test_ownership.py",),
    ),
)
