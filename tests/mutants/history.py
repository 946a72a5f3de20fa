"""Slips of the views of earlier recordings: the wrong word is marked, a correction is lost or overwrites another."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

CORRECTION = "frontend/js/history/correction.js"
CORRECTION_TESTS = ("frontend/tests/correction.test.js",)

HISTORY = (
    Mutant(
        "the word after the one that is heard is marked",
        "the record read again: the marked word is the one that is heard",
        "frontend/js/history/timeline.js",
        "    const last = this.#order[low - 1];\n",
        "    const last = this.#order[Math.min(low, this.#order.length - 1)];\n",
        ("frontend/tests/timeline.test.js",),
    ),
    Mutant(
        "a word is marked through a silence",
        "the record read again: the marked word is the one that is heard",
        "frontend/js/history/timeline.js",
        "    return ms < this.#words[last].endMs + LINGERS_MS ? last : null;\n",
        "    return last;\n",
        ("frontend/tests/timeline.test.js",),
    ),
    Mutant(
        "a corrected word takes the time of its neighbour",
        "the record read again: a word sounds where it was said",
        "frontend/js/words.js",
        "      read[j] = { ...read[j], times, items };\n",
        "      read[j] = { ...read[j], times: said[Math.max(0, i - 1)].times, items };\n",
        ("frontend/tests/words.test.js",),
    ),
    Mutant(
        "a correction elsewhere is overwritten unseen",
        "the record read again: nobody's correction is overwritten unseen",
        CORRECTION,
        '      this.#theirs = text;\n      this.#state = "conflict";\n      return null;\n',
        "      this.#base = text;\n      return this.#send();\n",
        CORRECTION_TESTS,
    ),
    Mutant(
        "a correction is sent on the version that was refused",
        "the record read again: a correction names the version that was seen",
        CORRECTION,
        "    this.#version = version;\n    const isAsked",
        "    const isAsked",
        CORRECTION_TESTS,
    ),
    Mutant(
        "what could not be sent counts as kept",
        "the record read again: nothing that was typed is lost",
        CORRECTION,
        '    this.#trouble = trouble;\n    this.#state = "editing";\n',
        '    this.#trouble = trouble;\n    this.#state = "saved";\n',
        CORRECTION_TESTS,
    ),
    Mutant(
        "a late answer replaces what was asked for since",
        "the record read again: the list answers the question that was asked last",
        "frontend/js/history/listing.js",
        "    if (request !== this.#pending) return;\n    this.#pending = this.#trouble = null;\n",
        "    this.#pending = this.#trouble = null;\n",
        ("frontend/tests/listing.test.js",),
    ),
)
