/** What the page says: true figures, and a sentence for everything that can happen. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { remember, remembered } from "../js/preferences.js";
import { noticesOf, stateOf } from "../js/snapshot.js";
import * as texts from "../js/texts.js";

test("times read as minutes and seconds, and as hours when there are any", () => {
  assert.deepEqual([-1, 0, 59.99, 60, 3599, 3600, 36_061].map(texts.clockText), [
    "00:00", "00:00", "00:59", "01:00", "59:59", "1:00:00", "10:01:01",
  ]);
});

test("qualities name the bit rates they have", () => {
  assert.deepEqual(["low", "medium", "high"].map(texts.qualityText), [
    "Low: 8 kHz, 128 kbit/s", "Medium: 16 kHz, 256 kbit/s", "High: 48 kHz, 768 kbit/s",
  ]);
  assert.deepEqual(["low", "medium", "high"].map((quality) => texts.qualityCost(quality).match(/[\d,]+/)[0]), [
    "171", "341", "1,024",
  ]);
});

test("every state and notice has its words", () => {
  const phases = ["idle", "joining", "recording", "paused", "stopping", "superseded", "stored", "saved", "failed"];
  for (const phase of phases) {
    for (const isAttached of [true, false]) {
      for (const isKnown of [true, false]) {
        for (const behindS of [0, 5]) assert.ok(texts.STATES[stateOf({ phase, isAttached, isKnown, behindS })]);
      }
    }
  }
  const all = new Set(Object.keys(texts.NOTICES));
  const session = { phase: "recording", fullness: 1, secondsLeft: 0, durationS: 1800 };
  assert.equal(noticesOf(all, session).length, all.size, "and none is forgotten in the order");
});

test("the state is what the user would say it is", () => {
  const recording = { phase: "recording", isAttached: true, isKnown: true, behindS: 1 };

  assert.equal(stateOf(recording), "live");
  assert.equal(stateOf({ ...recording, behindS: 9 }), "catching_up");
  assert.equal(stateOf({ ...recording, isAttached: false }), "reconnecting");
  assert.equal(stateOf({ ...recording, isAttached: false, isKnown: false }), "connecting");
  assert.equal(stateOf({ ...recording, phase: "stopping" }), "finishing");
  assert.equal(stateOf({ ...recording, phase: "stopping", isAttached: false }), "reconnecting");
});

test("progress says how far sound and text are, in the words of the recogniser's state", () => {
  const snapshot = {
    phase: "recording", rateHz: 16_000, recorded: 160_000, received: 152_000, durable: 128_000, status: null, secondsLeft: 95,
    notices: [],
  };
  const saying = (transcription, behindMs = 0) =>
    texts.progressText({ ...snapshot, status: { transcription, behind_ms: behindMs } });

  assert.equal(texts.progressText(snapshot), "Heard 00:09 · stored 00:08");
  assert.match(saying("delayed", 4200), / · text 4 s behind: recording goes on$/);
  assert.match(saying("unavailable"), /recording goes on, text follows$/);
  assert.equal(saying("live"), saying("parked"));
  assert.match(texts.progressText({ ...snapshot, notices: ["duration_near"] }), / · 01:35 left$/);
  assert.equal(texts.progressText({ ...snapshot, recorded: 0 }), "");
});

test("a failure says what happened, what is lost, and what to do", () => {
  const gone = texts.failureText({ code: "not_found", sentence: "x" }, true);
  assert.match(gone, /no longer knows.*cannot be sent.*Start a new recording/);
  assert.equal(texts.failureText({ code: "unsupported_protocol", sentence: "Reload." }, false), "Reload. Start a new recording.");
});

test("each microphone trouble has its own remedy", () => {
  const sentences = ["NotAllowedError", "NotFoundError", "NotReadableError", "toString", ""].map(texts.microphoneError);

  assert.equal(new Set(sentences).size, 4);
  for (const sentence of sentences) assert.match(sentence, /\.$/);
});

test("the receipt names every gap", () => {
  const receipt = {
    transcriptionId: 7, samples: 96_000, gaps: [[16_000, 32_000]], segments: 1, transcript: "pending", isIdentical: null,
  };

  assert.deepEqual(Object.fromEntries(texts.receiptFacts(receipt, 16_000)), {
    Record: "7", Duration: "00:06", "Samples stored": "96,000", "Missing sound": "00:01 to 00:02",
    "Stored as captured": "Recorded in part elsewhere", Transcript: "Being completed",
  });
});

test("settings are remembered, and a spoilt memory is none", () => {
  const kept = new Map();
  const store = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  assert.deepEqual(remembered(store), {});
  remember(store, { quality: "high", specialty: "UROLOGY" });
  assert.deepEqual(remembered(store), { quality: "high", specialty: "UROLOGY" });
  for (const spoilt of ["{", "null", "7", '"x"', '{"quality":5}']) {
    for (const key of kept.keys()) kept.set(key, spoilt);
    assert.equal(remembered(store).quality, undefined);
  }
  const none = { getItem() { throw new Error("denied"); }, setItem() { throw new Error("denied"); } };
  remember(none, {});

  assert.deepEqual(remembered(none), {});
});
