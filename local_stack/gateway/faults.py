"""The faults a tester can ask the gateway for, and the dice that decide when. Pure; the seed decides all."""

from __future__ import annotations

import base64
import binascii
import json
import random
from dataclasses import asdict, dataclass, fields

from local_stack.json_numbers import is_number_within

REORDER_MAX_MS = 60_000
CUT_MAX_S = 86_400
CORRUPTED_BYTES_MAX = 4

_RATES = frozenset({"drop", "duplicate", "corrupt", "connections_410", "connections_429", "connections_5xx"})


@dataclass(frozen=True, slots=True)
class Faults:
    """Say which faults are wanted: rates from 0 to 1 per client message (`connections_*`: per push)."""

    drop: float = 0.0
    duplicate: float = 0.0
    reorder_ms: float = 0
    connections_410: float = 0.0
    connections_429: float = 0.0
    connections_5xx: float = 0.0
    corrupt: float = 0.0
    drop_disconnect: bool = False
    cut_connections_every_s: float = 0
    seed: int = 1

    def as_json(self) -> dict[str, object]:
        """Give the set as the admin interface shows it."""
        return asdict(self)


NO_FAULTS = Faults()


def parse_faults(text: bytes) -> Faults:
    """Read a whole set of faults from JSON; what it leaves out is off.

    Raises:
        ValueError: with a sentence that names the first thing wrong.
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("the body must be a JSON object") from None
    if not isinstance(given, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - one kind of error for one sentence
    known = {field.name for field in fields(Faults)}
    for name in given:
        if name not in known:
            raise ValueError(f"there is no fault of that name; known are {', '.join(sorted(known))}")
    for name, value in given.items():
        _check(name, value)
    return Faults(**given)


def _check(name: str, value: object) -> None:
    if name == "drop_disconnect":
        if not isinstance(value, bool):
            raise ValueError("drop_disconnect must be true or false")
    elif name == "seed":
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError("seed must be a whole number")
    elif name in _RATES:
        _check_number(name, value, 1)
    elif name == "reorder_ms":
        _check_number(name, value, REORDER_MAX_MS)
    else:
        _check_number(name, value, CUT_MAX_S)


def _check_number(name: str, value: object, highest: float) -> None:
    if not is_number_within(value, highest):
        raise ValueError(f"{name} must be a number from 0 to {highest}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One copy of a message on its way: what is sent, and how long it is held back."""

    body: bytes
    delay_s: float = 0.0


@dataclass(slots=True)
class FaultCounts:
    """Count what the gateway did since it started."""

    connections: int = 0
    connections_cut: int = 0
    messages: int = 0
    dropped: int = 0
    duplicated: int = 0
    reordered: int = 0
    corrupted: int = 0
    throttled: int = 0
    integration_failures: int = 0
    pushes: int = 0
    pushes_410: int = 0
    pushes_429: int = 0
    pushes_5xx: int = 0
    pushes_unread: int = 0  # answered by 429 because the client does not read
    disconnects: int = 0
    disconnects_dropped: int = 0

    def as_json(self) -> dict[str, int]:
        """Give the counts as the admin interface shows them."""
        return asdict(self)


class FaultDice:
    """Decide what befalls each message and each push; the same seed and order decide the same.

    Messages and pushes have dice of their own, and every message takes the same number of throws, so that
    neither the timing of pushes nor another fault's rate changes which messages are lost.
    """

    def __init__(self, faults: Faults, counts: FaultCounts) -> None:
        self.faults = faults
        self._counts = counts
        self._messages = random.Random(faults.seed)  # noqa: S311 - reproducible, nothing secret
        self._pushes = random.Random(~faults.seed)  # noqa: S311 - reproducible, nothing secret
        self._is_quiet = not (faults.drop or faults.duplicate or faults.corrupt or faults.reorder_ms)

    def deliveries(self, body: bytes) -> list[Delivery]:
        """Turn a client's message into the copies that travel on: none, one or two."""
        if self._is_quiet:
            return [Delivery(body)]
        faults, counts = self.faults, self._counts
        throw = self._messages.random
        drop, duplicate, corrupt, first_delay, second_delay, seed = (throw() for _ in range(6))
        if drop < faults.drop:
            counts.dropped += 1
            return []
        if corrupt < faults.corrupt:
            spoiled = corrupt_audio(body, random.Random(seed))  # noqa: S311 - reproducible, nothing secret
            if spoiled is not None:
                counts.corrupted += 1
                body = spoiled
        hold_s = faults.reorder_ms / 1000
        copies = [Delivery(body, first_delay * hold_s)]
        if duplicate < faults.duplicate:
            counts.duplicated += 1
            copies.append(Delivery(body, second_delay * hold_s))
        if hold_s:
            counts.reordered += len(copies)
        return copies

    def push_status(self) -> int | None:
        """Give the status with which this push fails, or none."""
        faults, counts = self.faults, self._counts
        if not (faults.connections_410 or faults.connections_429 or faults.connections_5xx):
            return None
        gone, limited, failed = (self._pushes.random() for _ in range(3))
        if gone < faults.connections_410:
            counts.pushes_410 += 1
            return 410
        if limited < faults.connections_429:
            counts.pushes_429 += 1
            return 429
        if failed < faults.connections_5xx:
            counts.pushes_5xx += 1
            return 500 if gone < 0.5 else 503  # both are seen from AWS; a throw already made chooses
        return None


def corrupt_audio(body: bytes, dice: random.Random) -> bytes | None:
    """Flip a few bytes inside an audio message's `data`, which stays valid base64 of the same length.

    Returns None if it is no audio message, so that only audio is ever spoiled.
    """
    try:
        message = json.loads(body)
        if not isinstance(message, dict) or message.get("type") != "audio":
            return None
        encoded = message["data"].encode("ascii")
        audio = bytearray(base64.b64decode(encoded, validate=True))
    except (ValueError, KeyError, AttributeError, RecursionError, binascii.Error):
        return None
    if not audio:
        return None
    flips = min(len(audio), dice.randint(1, CORRUPTED_BYTES_MAX))
    for position in dice.sample(range(len(audio)), flips):
        audio[position] ^= dice.randint(1, 255)
    spoiled = base64.b64encode(audio)
    if encoded in body:
        return body.replace(encoded, spoiled, 1)
    message["data"] = spoiled.decode()  # the client escaped its slashes
    return json.dumps(message, separators=(",", ":")).encode()
