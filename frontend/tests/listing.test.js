/** The list of recordings: pages in their order, late answers to nobody, and what is new without a jump. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ALL, Listing } from "../js/history/listing.js";
import { placeOf, recordHash } from "../js/history/place.js";

const summary = (number, more = {}) => ({
  transcription_id: number,
  created_at: `2026-11-22T09:${String(number).padStart(2, "0")}:00.000000Z`,
  status: "COMPLETED",
  transcript: "complete",
  ...more,
});
const page = (numbers, cursor = null) => ({ transcriptions: numbers.map((number) => summary(number)), cursor });
const numbers = (listing) => listing.items.map((one) => one.transcription_id);

/** A list of which the first of two pages is there. */
function opened() {
  const listing = new Listing();
  listing.answered(listing.ask(ALL), page([9, 8, 7], "older"));
  return listing;
}

test("pages follow one another by the cursor, as long as there is one", () => {
  const listing = opened();
  const more = listing.more();

  assert.equal(more.question.cursor, "older");
  assert.equal(listing.more(), null, "one is under way");
  listing.answered(more, page([6, 5]));

  assert.deepEqual(numbers(listing), [9, 8, 7, 6, 5]);
  assert.deepEqual([listing.hasMore, listing.more()], [false, null]);
});

test("words and days are asked for: both days whole, by the reader's clock", () => {
  const { question } = new Listing().ask({ words: " no fever ", fromDay: "2026-11-21", toDay: "2026-11-22" });

  assert.equal(question.words, "no fever");
  assert.equal(question.from, new Date(2026, 10, 21).toISOString());
  assert.equal(question.to, new Date(2026, 10, 23).toISOString());
  assert.equal(new Listing().ask(ALL).question.from, "");
});

test("an answer to an older question changes nothing", () => {
  const listing = opened();
  const late = listing.ask({ ...ALL, words: "f" });
  const now = listing.ask({ ...ALL, words: "fever" });
  listing.answered(now, page([8]));

  listing.answered(late, page([9, 8]));
  listing.failed(late, "unreachable");

  assert.deepEqual([numbers(listing), listing.trouble], [[8], null]);
});

test("what is shown stays when more of it cannot be had", () => {
  const listing = opened();
  listing.failed(listing.more(), "unavailable");

  assert.deepEqual([numbers(listing), listing.trouble, listing.isBusy], [[9, 8, 7], "unavailable", false]);
  assert.equal(listing.more().question.cursor, "older");
});

test("looking again brings what is new and takes what is gone, and older pages stay", () => {
  const listing = opened();
  listing.answered(listing.more(), page([6, 5], "oldest"));

  listing.answered(listing.again(), page([10, 9, 7], "another"));

  assert.deepEqual(numbers(listing), [10, 9, 7, 6, 5]);
  assert.equal(listing.more().question.cursor, "oldest");
});

test("looking again at a list of one page takes the answer as it is", () => {
  const listing = new Listing();
  listing.answered(listing.ask(ALL), page([2, 1]));

  listing.answered(listing.again(), page([3, 2]));

  assert.deepEqual([numbers(listing), listing.hasMore], [[3, 2], false]);
});

test("looking again in vain is no news, unless only the user can help", () => {
  const listing = opened();
  listing.failed(listing.again(), "unreachable");
  assert.equal(listing.trouble, null);

  listing.failed(listing.again(), "signed_out");

  assert.equal(listing.trouble, "signed_out");
});

test("a list changes by itself while something in it is not settled", () => {
  const listing = new Listing();
  const unsettled = [{ status: "IN_PROGRESS", transcript: null }, { status: "COMPLETED", transcript: "pending" }];
  for (const one of unsettled) {
    listing.answered(listing.ask(ALL), { transcriptions: [summary(1), summary(2, one)], cursor: null });
    assert.equal(listing.isUnsettled, true);
  }
  listing.drop(2);

  assert.deepEqual([listing.isUnsettled, numbers(listing)], [false, [1]]);
});

test("an address names a view, and nothing else does", () => {
  const session = "6f1c2e0a-53a1-5d0e-9f64-0c2f8f0f7d11";
  assert.deepEqual(placeOf("#recordings"), { view: "list" });
  assert.deepEqual(placeOf(recordHash(42)), { view: "record", id: "42" });
  assert.deepEqual(placeOf(recordHash(session)), { view: "record", id: session });
  for (const hash of ["", "#", "#x", "#recordings/", "#recordings/../x", "#recordings/42?x", "#recordings/%34"]) {
    assert.deepEqual(placeOf(hash), { view: "live" }, hash);
  }
});
