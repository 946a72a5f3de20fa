"""Slips of the page that lose what only it holds, or show what is not so."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

PAGE_TESTS = "frontend/tests"

PAGE = (
    Mutant(
        "the ring is trimmed on send",
        "I2: the page trims only what is durable",
        "frontend/js/upload.js",
        "      texts.push(wire.audio(sessionId, range[0], this.#recording.slice(...range)));\n",
        "      texts.push(wire.audio(sessionId, range[0], this.#recording.slice(...range)));\n"
        "      this.#recording.confirm(range[1]);\n",
        (f"{PAGE_TESTS}/simulation.test.js",),
    ),
    Mutant(
        "the ring is trimmed on receipt",
        "I2: the page trims only what is durable",
        "frontend/js/upload.js",
        "    this.#recording.confirm(ack.durable);\n",
        "    this.#recording.confirm(ack.received);\n",
        (f"{PAGE_TESTS}/session-audio.test.js",),
    ),
    Mutant(
        "a full ring writes over what it holds",
        "I2: the page holds what is not durable",
        "frontend/js/ring.js",
        "    if (this.heldBytes + bytes.length > this.#capacityBytes) return false;\n",
        "    if (this.heldBytes + bytes.length > this.#capacityBytes) this.#fromByte += bytes.length;\n",
        (f"{PAGE_TESTS}/ring.test.js",),
    ),
    Mutant(
        "a new owner is not sent what it lacks",
        "I3: stored bytes are those captured",
        "frontend/js/outbox.js",
        "    this.#received = epoch > this.#receivedEpoch ? received : Math.max(received, this.#received);\n",
        "    this.#received = Math.max(received, this.#received);\n",
        (f"{PAGE_TESTS}/session-connections.test.js",),
    ),
    Mutant(
        "an old owner is believed",
        "I6: what an old owner says counts for nothing",
        "frontend/js/server-answers.js",
        "    if ((message.epoch ?? state.epoch) < state.epoch) return; // from an owner that is none any more\n",
        "",
        (f"{PAGE_TESTS}/session-connections.test.js",),
    ),
    Mutant(
        "a final is shown when it comes, not in its place",
        "I4: finals are shown in their order",
        "frontend/js/finals.js",
        "(next = this.#waiting.get(this.last + 1))",
        "(next = this.#waiting.values().next().value)",
        (f"{PAGE_TESTS}/finals.test.js",),
    ),
    Mutant(
        "a final that comes twice is shown twice",
        "I4: every final is shown once",
        "frontend/js/finals.js",
        "    if (final.segment <= this.last) return;\n    this.#waiting.set(final.segment, final);\n",
        "    if (final.segment <= this.last) this.#shown.push(final);\n"
        "    else this.#waiting.set(final.segment, final);\n",
        (f"{PAGE_TESTS}/finals.test.js",),
    ),
)
