/** A correction reaches the record, whatever happens meanwhile, and never in the place of a text she has not seen. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Corrections } from "../js/corrections.js";
import { RecordsTrouble } from "../js/records-api.js";

const FINAL = { segment: 1, text: "heard" };

/** The server's side: one version number, refused if it is not the newest. */
class Records {
  version = 0;
  texts = new Map();
  asked = 0;
  /** @type {string[]} troubles for the next requests */
  troubles = [];

  async correct(id, { segment, text, baseVersion }) {
    this.asked += 1;
    if (this.troubles.length > 0) throw new RecordsTrouble(this.troubles.shift());
    if (baseVersion !== this.version) throw new RecordsTrouble("not_now", this.version);
    return this.put(segment, text);
  }

  put(segment, text) {
    this.version += 1;
    this.texts.set(segment, text);
    return { version: this.version, segment, text, by: "her", at: "" };
  }

  async read() {
    const segments = [0, 1].map((segment) => ({ segment, corrected_text: this.texts.get(segment) ?? null }));
    return { version: this.version, segments };
  }
}

function begun() {
  const records = new Records();
  const changed = [];
  const corrections = new Corrections(records, "session", (segment) => changed.push(segment));
  return { records, corrections, changed };
}

async function type(corrections, text) {
  const correcting = corrections.begin(FINAL);
  correcting.type(text);
  await corrections.keep(correcting, FINAL);
  return correcting;
}

test("what is typed is kept and read", async () => {
  const { records, corrections, changed } = begun();

  const correcting = await type(corrections, "  meant  this ");

  assert.equal(correcting.state, "saved");
  assert.equal(corrections.textOf(1), "meant this");
  assert.deepEqual([records.texts.get(1), changed], ["meant this", [1]]);
});

test("a correction of another segment meanwhile is no matter, and is read too", async () => {
  const { records, corrections, changed } = begun();
  records.put(0, "theirs");

  const correcting = await type(corrections, "ours");

  assert.deepEqual([correcting.state, records.asked], ["saved", 2]);
  assert.deepEqual([corrections.textOf(0), corrections.textOf(1)], ["theirs", "ours"]);
  assert.deepEqual(changed, [0, 1]);
});

test("a correction of the same segment is shown, and replaced only by her word", async () => {
  const { records, corrections } = begun();
  records.put(1, "theirs");

  const correcting = await type(corrections, "ours");
  const inConflict = [correcting.state, correcting.theirs, correcting.typed, records.texts.get(1)];
  await corrections.keep(correcting, FINAL);

  assert.deepEqual(inConflict, ["conflict", "theirs", "ours", "theirs"]);
  assert.deepEqual([correcting.state, records.texts.get(1)], ["saved", "ours"]);
});

test("without a connection what is typed stays, and goes when she tries again", async () => {
  const { records, corrections, changed } = begun();
  records.troubles = ["unreachable"];

  const correcting = await type(corrections, "ours");
  const without = [correcting.state, correcting.trouble, correcting.typed, correcting.isDirty];
  await corrections.keep(correcting, FINAL);

  assert.deepEqual(without, ["editing", "unreachable", "ours", true]);
  assert.deepEqual([correcting.state, records.texts.get(1), changed], ["saved", "ours", [1]]);
});

test("a page that was opened again learns what was corrected before", async () => {
  const { records, corrections } = begun();
  records.put(1, "before");

  await corrections.load();

  assert.equal(corrections.begin(FINAL).typed, "before");
});
