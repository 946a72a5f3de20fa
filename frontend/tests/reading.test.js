/** A record as it is read: nothing missing goes unsaid, and what is looked for is found. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { AudioLink } from "../js/history/audio-link.js";
import { findAll, neighbour } from "../js/find.js";
import { partsOf } from "../js/history/reading.js";

const GOLDEN = JSON.parse(readFileSync(new URL("../../contract/history_examples.json", import.meta.url), "utf8"));
const RECORD = GOLDEN.answers.find((one) => one.name === "a corrected record").body;

const segment = (number, speaker, stream = 0) => ({
  ...RECORD.segments[1], segment: number, start_ms: number * 1000, end_ms: number * 1000 + 900, speaker, stream,
});

test("a corrected segment reads as it was corrected, and a gap stands where it was", () => {
  const parts = partsOf(RECORD);

  assert.deepEqual(parts.map(({ kind }) => kind), ["segment", "gap", "segment"]);
  assert.equal(parts.find(({ kind }) => kind === "segment").text, "Start metoprolol 50 milligrams.");
  const gap = parts.find(({ kind }) => kind === "gap");
  assert.deepEqual([gap.fromMs, gap.toMs], [2000, 2200]);
});

test("gaps are told before what was said after them, also at the end", () => {
  const record = { segments: [segment(0, null), segment(5, null)], gaps: [[16_000, 32_000], [96_000, 112_000]], sample_rate: 16_000 };

  assert.deepEqual(partsOf(record).map(({ key }) => key), ["segment 0", "gap 16000", "segment 5", "gap 96000"]);
});

test("a voice is named where it changes, and again where voices are numbered anew", () => {
  const segments = [segment(0, "0"), segment(1, "0"), segment(2, "1"), segment(3, null), segment(4, "1", 1)];

  assert.deepEqual(partsOf({ segments, gaps: [], sample_rate: 16_000 }).map(({ key }) => key), [
    "speaker 0", "segment 0", "segment 1", "speaker 2", "segment 2", "segment 3", "stream 4", "speaker 4", "segment 4",
  ]);
});

test("without voices a new stream is nobody's concern", () => {
  const parts = partsOf({ segments: [segment(0, null), segment(1, null, 1)], gaps: [], sample_rate: 16_000 });

  assert.deepEqual(parts.map(({ kind }) => kind), ["segment", "segment"]);
});

test("what is looked for is found in any case and across any white space, and nothing in it is a pattern", () => {
  const texts = ["No fever. no  FEVER", "25.5 mg (twice)", ""];

  assert.deepEqual(findAll(texts, " no fever "), [{ part: 0, from: 0, to: 8 }, { part: 0, from: 10, to: 19 }]);
  assert.deepEqual(findAll(texts, "25.5"), [{ part: 1, from: 0, to: 4 }]);
  assert.deepEqual(findAll(texts, "(t"), [{ part: 1, from: 8, to: 10 }]);
  assert.deepEqual([findAll(texts, "2555"), findAll(texts, "  ")], [[], []]);
});

test("next after the last is the first, and before the first the last", () => {
  assert.deepEqual([neighbour(null, 1, 3), neighbour(2, 1, 3), neighbour(0, -1, 3), neighbour(null, -1, 3)], [0, 0, 2, 2]);
  assert.equal(neighbour(null, 1, 0), null);
});

test("an address is renewed before it ends, and after a failure only where that can help", () => {
  const link = new AudioLink();
  assert.equal(link.isStale(0), true, "there is none yet");
  link.renewed({ expires_in: 300 }, 1000);

  assert.deepEqual([link.isStale(1000), link.isStale(270_000), link.isStale(290_000)], [false, false, true]);
  assert.equal(link.isWorthRenewing(2000), false, "fresh, and never played");
  assert.equal(link.isWorthRenewing(400_000), true);
  link.worked();
  assert.equal(link.isWorthRenewing(2000), true);
});
