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
  const qualities = ["low", "medium", "high"];
  const named = (encoding) => qualities.map((quality) => texts.qualityText(quality, encoding));
  assert.deepEqual(named("pcm"), ["Low: 8 kHz, 128 kbit/s", "Medium: 16 kHz, 256 kbit/s", "High: 48 kHz, 768 kbit/s"]);
  assert.deepEqual(named("opus"), ["Low: Opus, 16 kbit/s", "Medium: Opus, 32 kbit/s", "High: Opus, 96 kbit/s"]);
  const costs = (encoding) => qualities.map((quality) => texts.qualityCost(quality, encoding).match(/[\d,]+/)[0]);
  assert.deepEqual(costs("pcm"), ["175", "346", "1,029"]);
  assert.deepEqual(costs("opus"), ["27", "48", "134"]);
});

test("every state and notice has its words", () => {
  const phases = ["idle", "joining", "recording", "paused", "stopping", "superseded", "stored", "saved", "failed"];
  for (const phase of phases) {
    for (const isAttached of [true, false]) {
      for (const isKnown of [true, false]) {
        for (const behindS of [0, 5]) assert.ok(texts.words.states[stateOf({ phase, isAttached, isKnown, behindS })]);
      }
    }
  }
  const all = new Set(Object.keys(texts.words.notices));
  const session = { phase: "recording", fullness: 1, secondsLeft: 0, durationS: 1800 };
  assert.equal(noticesOf(all, session).length, all.size, "and none is forgotten in the order");
});

test("the state is what the user would say it is", () => {
  const recording = { phase: "recording", isAttached: true, isKnown: true, behindS: 1 };

  assert.equal(stateOf(recording), "live");
  assert.equal(stateOf({ ...recording, behindS: 9 }), "catching_up");
  assert.equal(stateOf({ ...recording, isAttached: false }), "reconnecting");
  assert.equal(stateOf({ ...recording, isAttached: false, isKnown: false }), "connecting");
  assert.equal(stateOf({ ...recording, isAttached: false, isKnown: false, phase: "paused" }), "reconnecting");
  assert.equal(stateOf({ ...recording, phase: "stopping" }), "finishing");
  assert.equal(stateOf({ ...recording, phase: "stopping", isAttached: false }), "reconnecting");
});

test("progress says how far sound and text are, in the words of the recogniser's state", () => {
  const snapshot = {
    phase: "recording", rateHz: 16_000, recorded: 160_000, received: 152_000, durable: 128_000, status: null, secondsLeft: 95,
    notices: [],
  };
  const text = { transcribedS: 7.4, delayS: 1.2 };
  const saying = (transcription, behindMs = 0) =>
    texts.progressText({ ...snapshot, status: { transcription, behind_ms: behindMs } }, text);

  assert.equal(
    texts.progressText(snapshot, text),
    "Heard 00:09 · saved 00:08 · transcribed 00:07 · text comes after 1 s · 01:35 left",
  );
  assert.match(saying("delayed", 4200), / · text 4 s behind: recording goes on, text follows · 01:35 left$/);
  const waiting = { ...snapshot, state: "reconnecting", received: 96_000 };
  assert.match(texts.progressText(waiting, text), /^Heard 00:06 · saved 00:08 · transcribed 00:07 · 4 s wait in this page/);
  assert.match(saying("unavailable"), /recording goes on, text follows · 01:35 left$/);
  assert.equal(saying("live"), saying("parked"));
  assert.equal(texts.progressText({ ...snapshot, phase: "saved" }, text), "Heard 00:09 · saved 00:08 · transcribed 00:07");
  assert.equal(texts.progressText({ ...snapshot, recorded: 0 }, text), "");
});

test("a failure says what happened, what is lost, and what to do", () => {
  const gone = texts.failureText({ code: "not_found", sentence: "x" }, true);
  assert.match(gone, /no longer knows.*cannot be sent.*Start a new recording/);
  assert.equal(texts.failureText({ code: "bad_message", sentence: "No such id." }, false), "No such id. Start a new recording.");
});

test("each microphone trouble has its own remedy", () => {
  const sentences = Object.values(texts.words.microphoneTroubles);

  assert.equal(new Set(sentences).size, sentences.length);
  for (const sentence of sentences) assert.match(sentence, /\.$/);
});

test("a microphone that changes is named, and where in the recording it was", () => {
  const change = { kind: "moved", why: "ended", from: "Headset", to: "Built-in" };

  assert.match(texts.microphoneChange(change, "00:41"), /“Headset” is gone\. “Built-in” is used.* at 00:41/);
  assert.doesNotMatch(texts.microphoneChange(change, null), /ecording/);
  assert.match(texts.microphoneChange({ kind: "lost", why: "muted", from: "" }, "00:41"), /muted.*paused at 00:41.*Resume/);
  assert.match(texts.microphoneChange({ kind: "lost", why: "stalled", from: "" }, null), /try again/);
});

test("what was left behind is told by whether its page lives and whether the server knows it", () => {
  const note = { sessionId: "s", recorded: 656_000, rateHz: 16_000, isAlive: false };

  assert.match(texts.leftBehindText(note), /closed.*at 00:41.*go on with it, or finish/);
  assert.match(texts.leftBehindText({ ...note, isAlive: true }), /another tab, 00:41/);
  assert.match(texts.leftBehindText({ ...note, sessionId: null }), /00:41, is lost/);
  assert.match(texts.leftBehindText({ ...note, sessionId: null, isAlive: true }), /Go on there/);
});

test("what is lost is named by its length and its place", () => {
  assert.match(texts.lostText([640_000, 656_800], 16_000), /^About 1\.1 s .*00:40 to 00:42/);
});

const recording = { rateHz: 16_000, recorded: 96_000, transcribedS: 4.2 };

test("the receipt of a whole recording: sent is stored is transcribed, and no gaps", () => {
  const receipt = { transcriptionId: 7, samples: 96_000, gaps: [], segments: 1, transcript: "complete", isIdentical: true };

  assert.deepEqual(Object.fromEntries(texts.receiptFacts(receipt, { ...recording, lost: null })), {
    Record: "7", Duration: "00:06", "Samples sent": "96,000", "Samples stored": "96,000", "Samples transcribed": "96,000",
    "Missing sound": "0 gaps", "Stored as captured": "Yes", Transcript: "Complete",
  });
});

test("the receipt names every gap, what was lost and how far the text is", () => {
  const receipt = {
    transcriptionId: 7, samples: 96_000, gaps: [[16_000, 32_000]], segments: 1, transcript: "pending", isIdentical: null,
  };

  assert.deepEqual(Object.fromEntries(texts.receiptFacts(receipt, { ...recording, lost: [32_000, 40_000] })), {
    Record: "7", Duration: "00:06", "Samples sent": "96,000", "Samples stored": "80,000", "Samples transcribed": "up to 00:04",
    "Missing sound": "00:01 to 00:02", "Lost before it was sent": "00:02 to 00:03",
    "Stored as captured": "Recorded in part elsewhere", Transcript: "Being completed",
  });
});

test("settings are remembered one by one, and a spoilt memory is none", () => {
  const kept = new Map();
  const store = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  assert.deepEqual(remembered(store), {});
  remember(store, { quality: "high", specialty: "UROLOGY" });
  assert.deepEqual(remembered(store), { quality: "high", specialty: "UROLOGY" });
  remember(store, { quality: "low" });
  assert.deepEqual(remembered(store), { quality: "low", specialty: "UROLOGY" });
  for (const spoilt of ["{", "null", "7", '"x"', '{"quality":5}']) {
    for (const key of kept.keys()) kept.set(key, spoilt);
    assert.equal(remembered(store).quality, undefined);
  }
  const none = { getItem() { throw new Error("denied"); }, setItem() { throw new Error("denied"); } };
  remember(none, {});

  assert.deepEqual(remembered(none), {});
});
