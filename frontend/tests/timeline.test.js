/** The word that is heard now: found in any order, never before it begins. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Timeline } from "../js/history/timeline.js";

const word = (startMs, endMs) => ({ startMs, endMs });

test("a word is heard from its first moment until the next begins", () => {
  const timeline = new Timeline([word(100, 300), word(300, 700), word(800, 900)]);

  assert.deepEqual([99, 100, 299, 300, 699, 799, 800].map((ms) => timeline.at(ms)), [null, 0, 0, 1, 1, 1, 2]);
});

test("in a silence no word is marked", () => {
  const timeline = new Timeline([word(100, 300), word(5000, 5400)]);

  assert.deepEqual([2000, 4999, 5000, 9000].map((ms) => timeline.at(ms)), [null, null, 1, null]);
});

test("voices that overlap are found by who began last, whatever order they were given in", () => {
  const timeline = new Timeline([word(500, 900), word(100, 1000), word(700, 800)]);

  assert.deepEqual([100, 500, 700].map((ms) => timeline.at(ms)), [1, 0, 2]);
});

test("without words nothing is heard", () => {
  assert.equal(new Timeline([]).at(0), null);
});

test("every word of a long recording is found at each of its moments", () => {
  const words = Array.from({ length: 5000 }, (_, index) => word(index * 350, index * 350 + 300));
  const timeline = new Timeline(words);

  words.forEach(({ startMs, endMs }, index) => {
    for (const ms of [startMs, endMs - 1]) assert.equal(timeline.at(ms), index);
  });
});
