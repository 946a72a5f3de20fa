"""Faults are validated before they act, and the seed alone decides whom they hit."""

from __future__ import annotations

import base64
import json
import random

import pytest

from local_stack.gateway.faults import FaultCounts, FaultDice, Faults, corrupt_audio, parse_faults

AUDIO = json.dumps({"type": "audio", "offset": 0, "data": base64.b64encode(bytes(640)).decode()}).encode()


def test_a_put_replaces_the_whole_set() -> None:
    """What a PUT leaves out is off, not as it was."""
    faults = parse_faults(b'{"drop": 0.1, "reorder_ms": 200}')

    assert faults == Faults(drop=0.1, reorder_ms=200)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "JSON object"),
        (b"[]", "JSON object"),
        (b'{"dorp": 0.1}', "no fault of that name"),
        (b'{"drop": 1.1}', "drop must be a number from 0 to 1"),
        (b'{"drop": -0.1}', "drop must be a number"),
        (b'{"drop": true}', "drop must be a number"),
        (b'{"drop": NaN}', "drop must be a number"),
        (b'{"drop": 1' + b"0" * 400 + b"}", "drop must be a number"),
        (b'{"corrupt": "1"}', "corrupt must be a number"),
        (b'{"connections_429": 2}', "connections_429 must be"),
        (b'{"reorder_ms": 60001}', "reorder_ms must be"),
        (b'{"cut_connections_every_s": -1}', "cut_connections_every_s must be"),
        (b'{"drop_disconnect": 1}', "true or false"),
        (b'{"seed": 1.5}', "whole number"),
        (b'{"seed": null}', "whole number"),
    ],
)
def test_a_wrong_set_is_refused_with_a_sentence(body: bytes, said: str) -> None:
    """A tester who mistypes a fault must not believe it was on."""
    with pytest.raises(ValueError, match=said):
        parse_faults(body)


def test_without_faults_a_message_travels_as_it_came() -> None:
    """Nothing is held back or touched unless asked for."""
    deliveries = FaultDice(Faults(), FaultCounts()).deliveries(AUDIO)

    assert [(delivery.body, delivery.delay_s) for delivery in deliveries] == [(AUDIO, 0.0)]


def test_the_same_seed_hits_the_same_messages() -> None:
    """A failing schedule can be run again."""
    faults = Faults(drop=0.3, duplicate=0.3, corrupt=0.5, reorder_ms=100, seed=7)

    first, again = FaultDice(faults, FaultCounts()), FaultDice(faults, FaultCounts())
    other = FaultDice(Faults(drop=0.3, duplicate=0.3, corrupt=0.5, reorder_ms=100, seed=8), FaultCounts())

    schedule = [first.deliveries(AUDIO) for _ in range(50)]
    assert schedule == [again.deliveries(AUDIO) for _ in range(50)]
    assert schedule != [other.deliveries(AUDIO) for _ in range(50)]


def test_one_faults_rate_does_not_move_anothers_victims() -> None:
    """Adding duplicates to a schedule leaves the same messages lost; so do pushes in between."""
    alone = FaultDice(Faults(drop=0.5), FaultCounts())
    together = FaultDice(Faults(drop=0.5, duplicate=1.0, connections_410=0.5), FaultCounts())

    lost = [not alone.deliveries(AUDIO) for _ in range(40)]
    lost_too = []
    for _ in range(40):
        together.push_status()
        lost_too.append(not together.deliveries(AUDIO))

    assert lost == lost_too


def test_everything_done_is_counted() -> None:
    """The counts let a test assert that its faults took place."""
    counts = FaultCounts()
    dice = FaultDice(Faults(duplicate=1.0, corrupt=1.0, reorder_ms=50), counts)

    copies = dice.deliveries(AUDIO)

    assert (counts.duplicated, counts.corrupted, counts.reordered, counts.dropped) == (1, 1, 2, 0)
    assert all(0 <= copy.delay_s <= 0.05 for copy in copies)
    assert copies[0].delay_s != copies[1].delay_s


@pytest.mark.parametrize("seed", range(20))
def test_corruption_flips_audio_and_nothing_else(seed: int) -> None:
    """The task must find it by the CRC: the message stays well-formed and as long as it was."""
    spoiled = corrupt_audio(AUDIO, random.Random(seed))

    assert spoiled is not None
    before, after = json.loads(AUDIO), json.loads(spoiled)
    audio = base64.b64decode(after.pop("data"), validate=True)
    assert len(spoiled) == len(AUDIO)
    assert len(audio) == 640
    assert audio != base64.b64decode(before.pop("data"))
    assert after == before


def test_corruption_copes_with_escaped_slashes() -> None:
    r"""Base64's "/" may come as "\/" in JSON."""
    data = base64.b64encode(b"\xff" * 30).decode()
    escaped = b'{"type":"audio","data":"' + data.replace("/", "\\/").encode() + b'"}'

    spoiled = corrupt_audio(escaped, random.Random(1))

    assert spoiled is not None
    assert json.loads(spoiled)["data"] != data


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"ping","data":"AAAA"}',
        b'{"type":"audio"}',
        b'{"type":"audio","data":7}',
        b'{"type":"audio","data":""}',
        b'{"type":"audio","data":"not base64"}',
        b"[1]",
        b"{",
        b"[" * 20_000,
    ],
)
def test_only_audio_is_ever_corrupted(body: bytes) -> None:
    """A spoiled `stop` would test something else."""
    assert corrupt_audio(body, random.Random(1)) is None


def test_each_push_fault_has_its_status() -> None:
    """A rate of 1 hits every push."""
    assert FaultDice(Faults(connections_410=1), FaultCounts()).push_status() == 410
    assert FaultDice(Faults(connections_429=1), FaultCounts()).push_status() == 429
    assert FaultDice(Faults(connections_5xx=1), FaultCounts()).push_status() in (500, 503)
    assert FaultDice(Faults(), FaultCounts()).push_status() is None
