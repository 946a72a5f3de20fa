"""Slips of the live text: marks that miss, sound of another moment, a correction that is not what it seems."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

REVIEW = "frontend/js/review.js"
REVIEW_TESTS = ("frontend/tests/review.test.js",)
PARTS_TESTS = ("frontend/tests/transcript-parts.test.js",)
REPLAY = "frontend/js/replay.js"
REPLAY_TESTS = ("frontend/tests/replay.test.js",)
CORRECTIONS = "frontend/js/corrections.js"
CORRECTIONS_TESTS = ("frontend/tests/corrections.test.js",)

LIVE_TEXT = (
    Mutant(
        "every word of a kind is marked, however sure",
        "the live text: marks stand only where the recogniser was not sure",
        REVIEW,
        "confidence < thresholds[kind] ? kind : null",
        "confidence <= 1 ? kind : null",
        REVIEW_TESTS,
    ),
    Mutant(
        "a drug that was misheard is a word like any other",
        "the live text: what stands before a dose is taken for a drug",
        REVIEW,
        '      kinds[before] = "drug";\n',
        "",
        REVIEW_TESTS,
    ),
    Mutant(
        "all of a text that may change is written again",
        "the live text: only what has changed moves",
        "frontend/js/partial-line.js",
        "while (same < now.length && this.#words[same]?.data === now[same]) same += 1;",
        "",
        ("frontend/tests/partial-line.test.js",),
    ),
    Mutant(
        "what another voice says is put into the mouth of the first",
        "the live text: a final is cut where another voice begins",
        "frontend/js/speakers.js",
        "heard === null || last.speaker === null || heard === last.speaker",
        "heard !== undefined",
        PARTS_TESTS,
    ),
    Mutant(
        "sound after a pause is kept where the pause began",
        "the live text: what is heard again is the word that was clicked",
        "frontend/js/sound-memory.js",
        "    this.#isAnew = true;\n  }\n\n  /**\n   * Take",
        "  }\n\n  /**\n   * Take",
        PARTS_TESTS,
    ),
    Mutant(
        "sound is kept without end",
        "the live text: what the page holds of sound is bounded",
        "frontend/js/sound-memory.js",
        "this.#held > this.#bytes && this.#pieces.length > 1",
        "false",
        PARTS_TESTS,
    ),
    Mutant(
        "a word is played while the microphone is open",
        "the live text: nothing is played into the recording",
        REPLAY,
        '    if (phase === "recording" || phase === "joining") return "recording";\n',
        "",
        REPLAY_TESTS,
    ),
    Mutant(
        "what is played again goes on to the end",
        "the live text: one moment is played",
        REPLAY,
        "      if (this.#player.currentTime >= this.#stopsAtS) this.#player.pause();\n",
        "",
        REPLAY_TESTS,
    ),
    Mutant(
        "the version that was read again is not used",
        "the live text: a correction elsewhere does not keep hers from the record",
        CORRECTIONS,
        "    this.#version = record.version;\n",
        "",
        CORRECTIONS_TESTS,
    ),
    Mutant(
        "a correction that is kept is not read",
        "the live text: it reads as it was corrected",
        CORRECTIONS,
        "        this.#put(kept.segment, kept.text);\n",
        "",
        CORRECTIONS_TESTS,
    ),
)
