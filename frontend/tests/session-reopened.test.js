/** A page that goes on with a session which another page recorded: one that was closed, or one that took over. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Page, SESSION } from "./fakes/page.js";

const RATE_HZ = 16_000;

/** A page that finds a session which was left behind after so many samples. */
function reopened(recorded, wish = []) {
  const page = new Page({ random: () => 0, leftBehind: { sessionId: SESSION, recorded } });
  page.tell({ kind: "begin" });
  for (const kind of wish) page.tell({ kind });
  page.tell({ kind: "opened", connection: 1 });
  return page;
}

test("a reopened page resumes with nothing in hand, and goes on where the server is", () => {
  const page = reopened(5 * RATE_HZ);
  const [resume] = page.said("resume");
  assert.deepEqual([resume.session_id, resume.have_from, resume.last_segment], [SESSION, null, -1]);
  page.capture(1);
  assert.equal(page.view.recorded, 0, "before the answer no sample has a place");
  page.ready(4 * RATE_HZ);
  page.speak(1);
  page.tell({ kind: "stop" });
  page.wait(0.1);

  assert.equal(page.audio()[0].offset, 4 * RATE_HZ);
  const [stop] = page.said("stop");
  assert.deepEqual([stop.end_offset, stop.sha256], [5 * RATE_HZ, null]);
  assert.equal(page.said("resume").length, 1);
});

test("what the closed page had captured and the server has not is named as lost", () => {
  const page = reopened(5 * RATE_HZ);
  page.ready(4 * RATE_HZ);
  assert.deepEqual(page.view.lost, [4 * RATE_HZ, 5 * RATE_HZ]);
  page.speak(3);
  page.ready(page.furthest);

  assert.deepEqual(page.view.lost, [4 * RATE_HZ, 5 * RATE_HZ], "and stays so, whatever follows");
});

test("nothing is lost when the server has heard it all", () => {
  const page = reopened(5 * RATE_HZ);
  page.ready(5 * RATE_HZ + 1600);

  assert.equal(page.view.lost, null);
});

test("a reopened session can be finished without a word more", () => {
  const page = reopened(5 * RATE_HZ, ["stop"]);
  assert.deepEqual(page.said("stop"), [], "its end is not known yet");
  page.ready(4 * RATE_HZ);
  page.wait(0.1);

  const [stop] = page.said("stop");
  assert.deepEqual([stop.end_offset, stop.sha256], [4 * RATE_HZ, null]);
  assert.equal(page.did("microphone").some(({ isOn }) => isOn), false);
  page.saved({ samples: 4 * RATE_HZ });
  assert.deepEqual([page.view.phase, page.view.lost, page.view.notices], ["saved", [4 * RATE_HZ, 5 * RATE_HZ], []]);
});

test("a session that the server has ended meanwhile is shown as such, with what was lost", () => {
  const page = reopened(5 * RATE_HZ);
  page.saved({ samples: 3 * RATE_HZ, transcript: "pending" });

  assert.deepEqual([page.view.phase, page.view.lost], ["saved", [3 * RATE_HZ, 5 * RATE_HZ]]);
  assert.deepEqual(page.view.notices, ["ended"]);
});

test("a session that nobody knows any more fails", () => {
  const page = reopened(RATE_HZ);
  page.error("not_found", { ref: "resume" });

  assert.equal(page.view.phase, "failed");
});

test("a page that was replaced names what it had not handed over", () => {
  const page = new Page().open();
  page.speak(2);
  page.capture(0.5);
  page.error("superseded");

  assert.deepEqual(page.view.lost, [2 * RATE_HZ, 2.5 * RATE_HZ]);
});

test("taking over, a page sends nothing old and nothing that has no place yet", () => {
  const page = new Page({ random: () => 0 }).open();
  page.speak(2);
  page.speak(1, { acks: false });
  page.error("superseded");
  const at = page.now + 1;
  page.wait(0.1);
  page.tell({ kind: "take_over" });
  page.capture(0.5);
  page.wait(0.1);
  assert.deepEqual(page.audio(at), [], "the other page has recorded from 2 s on");
  page.ready(2.4 * RATE_HZ);
  page.capture(0.4);
  page.wait(5);

  assert.ok(page.audio(at).length > 0);
  for (const { offset } of page.audio(at)) assert.ok(offset >= 2.4 * RATE_HZ);
  assert.equal(page.furthest, 3 * RATE_HZ, "what was sent before it was replaced");
  assert.equal(page.view.recorded, 2.8 * RATE_HZ);
});

test("a page that comes back to find another far ahead names what it held in vain", () => {
  const page = new Page({ random: () => 0 }).open();
  page.speak(2);
  page.tell({ kind: "closed", connection: 1 });
  page.speak(1, { acks: false });
  page.tell({ kind: "opened", connection: page.connection });
  page.ready(9 * RATE_HZ);

  assert.deepEqual(page.view.lost, [2 * RATE_HZ, 3 * RATE_HZ]);
  assert.equal(page.view.recorded, 9 * RATE_HZ);
});
