/** Words and when they were spoken, as they were heard and as they were corrected. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { wordsOf } from "../js/words.js";

const GOLDEN = JSON.parse(readFileSync(new URL("../../contract/history_examples.json", import.meta.url), "utf8"));
const [HEARD] = GOLDEN.answers.find((one) => one.name === "a corrected record").body.segments;

const spoken = (words) => words.map(({ text, startMs, endMs }) => [text, Math.round(startMs), Math.round(endMs)]);

test("a word is what stands between spaces, with the times of what was heard in it", () => {
  const words = wordsOf(HEARD);

  assert.deepEqual(spoken(words), [
    ["Start", 120, 480], ["metoprolol", 480, 1200], ["25", 1200, 1700], ["milligrams.", 1700, 2480],
  ]);
  assert.deepEqual(words.map(({ items }) => items), [[0], [1], [2], [3, 4]]);
  for (const { text, from } of words) assert.equal(HEARD.text.slice(from, from + text.length), text);
});

test("a corrected word is where the one was that it replaces; the others stay where they were", () => {
  const words = wordsOf(HEARD, HEARD.corrected_text);

  assert.deepEqual(spoken(words), [
    ["Start", 120, 480], ["metoprolol", 480, 1200], ["50", 1200, 1700], ["milligrams.", 1700, 2480],
  ]);
  assert.deepEqual(words[2].items, [], "nobody heard it so");
});

test("words that were added share what time there is, and capitals and punctuation make no other word", () => {
  const words = wordsOf(HEARD, "Please start Metoprolol, 25 milligrams now and then");

  assert.deepEqual(spoken(words).slice(1, 5), [
    ["start", 120, 480], ["Metoprolol,", 480, 1200], ["25", 1200, 1700], ["milligrams", 1700, 2480],
  ]);
  assert.deepEqual(spoken(words)[0], ["Please", 120, 120]);
  assert.deepEqual(spoken(words).slice(5), [["now", 2480, 2480], ["and", 2480, 2480], ["then", 2480, 2480]]);
});

test("where nothing is left of what was heard, the segment's own time is shared", () => {
  const words = wordsOf({ text: "a b", start_ms: 1000, end_ms: 2000, items: [] }, "one two three four");

  assert.deepEqual(spoken(words), [["one", 1000, 1250], ["two", 1250, 1500], ["three", 1500, 1750], ["four", 1750, 2000]]);
});

test("a word that stands there twice is found in its own place", () => {
  const item = (text, start_ms) => ({ text, kind: "word", start_ms, end_ms: start_ms + 100, confidence: 1, speaker: null });
  const heard = { text: "no, no fever", start_ms: 0, end_ms: 400, items: [item("no", 0), item("no", 150), item("fever", 300)] };

  assert.deepEqual(spoken(wordsOf(heard)), [["no,", 0, 100], ["no", 150, 250], ["fever", 300, 400]]);
});

test("a text that was struck out has no words", () => {
  assert.deepEqual(wordsOf(HEARD, ""), []);
});
