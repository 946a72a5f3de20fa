/** The reader sees every final once, in order, and nothing twice. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Finals } from "../js/finals.js";

const final = (segment) => ({ segment, text: `final ${segment}` });
const partial = (segment, revision, epoch = 1) => ({ segment, revision, epoch, text: `${segment}.${revision}` });
const numbers = (finals) => finals.shown.map(({ segment }) => segment);

test("finals that come in order are shown as they come", () => {
  const finals = new Finals();
  assert.equal(finals.last, -1);
  for (const segment of [0, 1, 2]) finals.add(final(segment));

  assert.deepEqual(numbers(finals), [0, 1, 2]);
  assert.equal(finals.last, 2);
});

test("a final that comes again changes nothing", () => {
  const finals = new Finals();
  for (const segment of [0, 0, 1, 0, 1]) finals.add(final(segment));

  assert.deepEqual(numbers(finals), [0, 1]);
  assert.equal(finals.hasHole, false);
});

test("a final after a hole waits, so that text never jumps", () => {
  const finals = new Finals();
  for (const segment of [0, 3, 2]) finals.add(final(segment));
  assert.deepEqual(numbers(finals), [0]);
  assert.equal(finals.hasHole, true);
  finals.add(final(1));

  assert.deepEqual(numbers(finals), [0, 1, 2, 3]);
  assert.equal(finals.hasHole, false);
});

test("of the changing text only the newest stays", () => {
  const finals = new Finals();
  for (const [segment, revision] of [[0, 1], [0, 3], [0, 2]]) finals.addPartial(partial(segment, revision));
  assert.equal(finals.partial.text, "0.3");
  finals.addPartial(partial(1, 0));
  finals.addPartial(partial(0, 9));

  assert.equal(finals.partial.text, "1.0");
});

test("a new owner counts its revisions anew", () => {
  const finals = new Finals();
  finals.addPartial(partial(2, 40, 1));
  finals.addPartial(partial(2, 0, 2));

  assert.equal(finals.partial.text, "2.0");
});

test("a final takes the place of its changing text, and a late partial does not bring it back", () => {
  const finals = new Finals();
  finals.addPartial(partial(0, 1));
  finals.add(final(0));
  finals.addPartial(partial(0, 2));

  assert.equal(finals.partial, null);
});

test("text past a hole still shows as it changes", () => {
  const finals = new Finals();
  finals.addPartial(partial(2, 1));
  finals.add(final(1));

  assert.equal(finals.partial.text, "2.1");
});
