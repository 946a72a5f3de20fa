/** A correction under way: nothing typed is lost, and nobody's text is overwritten unseen. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Correcting } from "../js/history/correction.js";

const SEGMENT = 3;

/** A correction of "No fever." in version 1, with something typed. */
function typing(text = "No  high fever. ") {
  const correcting = new Correcting(SEGMENT, "No fever.", 1);
  correcting.type(text);
  return correcting;
}

test("what is typed is sent as the server keeps it, on the version that was read", () => {
  const correcting = typing();

  assert.deepEqual(correcting.save(), { segment: SEGMENT, text: "No high fever.", baseVersion: 1 });
  assert.equal(correcting.save(), null, "not twice at once");
  correcting.kept(2);

  assert.deepEqual([correcting.state, correcting.isDirty], ["saved", false]);
});

test("nothing is sent where nothing was changed", () => {
  const correcting = typing(" No fever.");

  assert.equal(correcting.save(), null);
  assert.equal(correcting.state, "saved");
});

test("what could not be sent stays as it was typed, and can be sent again", () => {
  const correcting = typing();
  correcting.save();

  assert.equal(correcting.refused("unreachable"), false);

  assert.deepEqual([correcting.state, correcting.trouble, correcting.typed], ["editing", "unreachable", "No  high fever. "]);
  assert.equal(correcting.isDirty, true);
  assert.equal(correcting.save().baseVersion, 1);
  assert.equal(correcting.trouble, null);
});

test("a correction of another segment meanwhile is none of the user's business", () => {
  const correcting = typing();
  correcting.save();
  assert.equal(correcting.refused("not_now"), true);

  assert.deepEqual(correcting.seen("No fever.", 2), { segment: SEGMENT, text: "No high fever.", baseVersion: 2 });
});

test("a correction of the same segment meanwhile is shown beside what was typed, and the user decides", () => {
  const correcting = typing();
  correcting.save();
  correcting.refused("not_now");

  assert.equal(correcting.seen("No fever today.", 2), null);

  assert.deepEqual([correcting.state, correcting.theirs, correcting.typed], ["conflict", "No fever today.", "No  high fever. "]);
  assert.deepEqual(correcting.save(), { segment: SEGMENT, text: "No high fever.", baseVersion: 2 });
  assert.equal(correcting.theirs, null);
});

test("in a conflict even what it read first can be kept", () => {
  const correcting = typing();
  correcting.save();
  correcting.refused("not_now");
  correcting.seen("No fever today.", 2);
  correcting.type("No fever.");

  assert.deepEqual(correcting.save(), { segment: SEGMENT, text: "No fever.", baseVersion: 2 });
});

test("a correction whose answer was lost is recognised as kept", () => {
  const correcting = typing();
  correcting.save();
  correcting.refused("unreachable");
  correcting.save();
  correcting.refused("not_now");

  assert.equal(correcting.seen("No high fever.", 2), null);

  assert.equal(correcting.state, "saved");
});

test("a text that comes while one types is told at once, and takes nothing away", () => {
  const correcting = typing();

  correcting.seen("No fever today.", 2);

  assert.deepEqual([correcting.state, correcting.typed], ["conflict", "No  high fever. "]);
  correcting.seen("No fever.", 3);
  assert.deepEqual([correcting.state, correcting.theirs], ["editing", null], "they took it back");
});

test("an older reading says nothing new", () => {
  const correcting = new Correcting(SEGMENT, "No fever.", 4);
  correcting.type("x");

  correcting.seen("Fever.", 3);

  assert.equal(correcting.state, "editing");
});

test("what goes on being corrected elsewhere is given up after a while, not lost", () => {
  const correcting = typing();
  let wish = correcting.save();
  let tries = 0;
  for (let version = 2; wish !== null && tries < 100; version += 1) {
    tries += 1;
    correcting.refused("not_now");
    wish = correcting.seen("No fever.", version);
  }

  assert.ok(tries < 10);
  assert.deepEqual([correcting.state, correcting.trouble, correcting.isDirty], ["editing", "busy", true]);
});

test("a record that cannot be read again leaves the user where she was", () => {
  const correcting = typing();
  correcting.save();
  correcting.refused("not_now");

  correcting.unseen("unavailable");

  assert.deepEqual([correcting.state, correcting.trouble, correcting.isDirty], ["editing", "unavailable", true]);
});
