/** What a page leaves behind for the next one, and what it never writes down. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { NoteKeeper, forget, notesLeft } from "../js/left-behind.js";
import { Progress, soundNotice } from "../js/progress.js";

const NOW = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const RECORDING = { phase: "recording", recorded: 32_000, sessionId: "s", rateHz: 16_000, finals: ["secret"], partial: null, receipt: null };
const CHOICES = { quality: "medium", specialty: "UROLOGY" };

/** A store as a browser has it. */
function store(entries = {}) {
  const kept = new Map(Object.entries(entries));
  return {
    kept,
    get length() {
      return kept.size;
    },
    key: (n) => [...kept.keys()][n] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
}

test("an open recording is found by the next page, with how far it had captured and nothing else", () => {
  const kept = store();
  new NoteKeeper(kept, "r", false).follow(RECORDING, CHOICES, NOW);

  assert.deepEqual(notesLeft(kept, NOW + HOUR_MS), [{
    requestId: "r", sessionId: "s", recorded: 32_000, rateHz: 16_000, quality: "medium", encoding: "pcm", isClosed: false,
    at: NOW, isAlive: false,
  }]);
  assert.doesNotMatch([...kept.kept.values()].join(), /secret|UROLOGY/);
});

test("it is written once a second, and at the very end", () => {
  const kept = store();
  const keeper = new NoteKeeper(kept, "r", false);
  const recorded = () => notesLeft(kept, NOW)[0].recorded;
  keeper.follow(RECORDING, CHOICES, NOW);
  keeper.follow({ ...RECORDING, recorded: 40_000 }, CHOICES, NOW + 500);
  assert.equal(recorded(), 32_000);
  keeper.follow({ ...RECORDING, recorded: 48_000 }, CHOICES, NOW + 1000);
  assert.equal(recorded(), 48_000);
  assert.equal(notesLeft(kept, NOW + 2000)[0].isAlive, true);
  keeper.follow({ ...RECORDING, recorded: 49_600 }, CHOICES, NOW + 1100, { isLast: true });

  assert.deepEqual([recorded(), notesLeft(kept, NOW + 2000)[0].isAlive], [49_600, false]);
});

test("what is safe, or cannot be helped, is not kept", () => {
  for (const phase of ["stored", "saved", "failed"]) {
    const kept = store();
    const keeper = new NoteKeeper(kept, "r", false);
    keeper.follow(RECORDING, CHOICES, NOW);
    keeper.follow({ ...RECORDING, phase }, CHOICES, NOW + 1);

    assert.equal(kept.length, 0, phase);
  }
});

test("a page that was replaced leaves the note to the other page", () => {
  const kept = store();
  const keeper = new NoteKeeper(kept, "r", false);
  keeper.follow({ ...RECORDING, phase: "superseded" }, CHOICES, NOW);
  keeper.follow({ ...RECORDING, phase: "superseded" }, CHOICES, NOW + 5000, { isLast: true });

  assert.equal(kept.length, 0);
});

test("a note that was found stays when the session cannot be had, until it is dismissed", () => {
  const kept = store();
  new NoteKeeper(kept, "r", false).follow(RECORDING, CHOICES, NOW);
  new NoteKeeper(kept, "r", true).follow({ ...RECORDING, phase: "failed" }, CHOICES, NOW + 1);
  assert.equal(notesLeft(kept, NOW).length, 1);
  forget(kept, "r");

  assert.deepEqual(notesLeft(kept, NOW), []);
});

test("the newest comes first; spoilt and old notes are cleared away, other entries are not touched", () => {
  const note = (at) => JSON.stringify({ sessionId: null, recorded: 1, rateHz: 8000, quality: "low", encoding: "pcm", at });
  const prefix = "seva-arogya.open.";
  const kept = store({
    [`${prefix}a`]: note(NOW - 2 * HOUR_MS), [`${prefix}b`]: note(NOW - HOUR_MS), [`${prefix}old`]: note(NOW - 25 * HOUR_MS),
    [`${prefix}bad`]: "{", [`${prefix}odd`]: '{"recorded":"x"}', "seva-arogya.choices": "{}",
  });

  assert.deepEqual(notesLeft(kept, NOW).map(({ requestId }) => requestId), ["b", "a"]);
  assert.deepEqual([...kept.kept.keys()], [`${prefix}a`, `${prefix}b`, "seva-arogya.choices"]);
});

test("a browser that keeps nothing is no hindrance", () => {
  const refuse = () => { throw new Error("denied"); };
  const none = { length: 1, key: refuse, getItem: refuse, setItem: refuse, removeItem: refuse };
  new NoteKeeper(none, "r", false).follow(RECORDING, CHOICES, NOW);
  forget(none, "r");

  assert.deepEqual(notesLeft(none, NOW), []);
});

// How far the text is

const TEXT = { epoch: 1, segment: 0, revision: 1, end_ms: 1500 };

test("the delay of the text is what was recorded since its last word, when it came", () => {
  const progress = new Progress();
  assert.deepEqual(progress.follow({ ...RECORDING, finals: [] }), { transcribedS: 0, delayS: null, isNewText: false });
  const came = progress.follow({ ...RECORDING, finals: [], partial: TEXT });
  assert.deepEqual(came, { transcribedS: 0, delayS: 0.5, isNewText: true });
  const later = progress.follow({ ...RECORDING, recorded: 80_000, finals: [], partial: TEXT });
  assert.deepEqual(later, { ...came, isNewText: false });
  const final = progress.follow({ ...RECORDING, recorded: 80_000, finals: [{ end_ms: 2000 }] });

  assert.deepEqual(final, { transcribedS: 2, delayS: 3, isNewText: true });
});

test("a complete transcript reaches to the end, silence included", () => {
  const receipt = { transcript: "complete", samples: 96_000 };
  const saved = { ...RECORDING, phase: "saved", finals: [{ end_ms: 2000 }], receipt };

  assert.equal(new Progress().follow(saved).transcribedS, 6);
  assert.equal(new Progress().follow({ ...saved, receipt: { ...receipt, transcript: "pending" } }).transcribedS, 2);
});

test("text that comes after the recording says nothing about its delay", () => {
  const progress = new Progress();

  assert.equal(progress.follow({ ...RECORDING, phase: "stored", finals: [{ end_ms: 100 }] }).delayS, null);
});

test("silence is put down to the microphone or to the text by what the microphone hears", () => {
  const live = { phase: "recording", state: "live", status: { transcription: "live" }, notices: [] };
  const silent = { ...live, notices: ["silence"] };
  const quiet = { verdict: "quiet", speechMs: 0 };
  const spoken = { verdict: "speech", speechMs: 12_000 };

  assert.equal(soundNotice(live, quiet), null);
  assert.equal(soundNotice(silent, quiet), "no_speech");
  assert.equal(soundNotice(silent, { verdict: "speech", speechMs: 500 }), "no_text");
  assert.equal(soundNotice(live, spoken), "no_text");
  assert.equal(soundNotice({ ...live, status: { transcription: "delayed" } }, spoken), null, "that is told already");
  assert.equal(soundNotice({ ...live, state: "reconnecting" }, spoken), null, "no text can come");
  assert.equal(soundNotice(live, { verdict: "dead", speechMs: 0 }), "dead");
  assert.equal(soundNotice({ ...silent, phase: "paused" }, { verdict: "dead", speechMs: 0 }), null);
});
