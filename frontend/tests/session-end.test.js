/** What a session makes of its text, of a pause and of its end, in simulated time. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { Page } from "./fakes/page.js";

// Text

test("a hole in the finals is answered with resume, again while it stays, and no more when it is filled", () => {
  const page = new Page().open();
  page.final(0);
  const at = page.now;
  page.final(2);
  page.wait(0.1);
  assert.deepEqual(page.said("resume", at).map(({ last_segment: last }) => last), [0]);
  assert.deepEqual(page.view.finals.map(({ text }) => text), ["f0"]);
  page.ready();
  page.wait(3);
  assert.equal(page.said("resume", at).length, 2);
  page.ready();
  page.final(1);
  page.wait(8);

  assert.deepEqual(page.view.finals.map(({ text }) => text), ["f0", "f1", "f2"]);
  assert.equal(page.said("resume", at).length, 2);
});

test("finals that the record counts and the page lacks are fetched after the end", () => {
  const page = new Page().open();
  page.speak(1);
  page.tell({ kind: "stop" });
  page.saved({ segments: 2 });
  page.wait(0.1);
  assert.equal(page.said("resume").length, 1);
  assert.equal(page.did("close").length, 0);
  page.ready(16_000);
  page.final(0);
  page.final(1);

  assert.equal(page.view.finals.length, 2);
  assert.equal(page.did("close").length, 1, "and then nothing is left to wait for");
});

test("silence is told, and taken back with the next word", () => {
  const page = new Page().open();
  page.hear("warning", { code: "silence", message: "Nothing." });
  assert.deepEqual(page.view.notices, ["silence"]);
  page.hear("partial", { segment: 0, revision: 0, start_ms: 0, end_ms: 1, text: "a", speaker: null });

  assert.deepEqual(page.view.notices, []);
  assert.equal(page.view.partial.text, "a");
});

test("what the recogniser does is shown", () => {
  const page = new Page().open();
  page.hear("status", { transcription: "delayed", behind_ms: 4200 });

  assert.equal(page.view.status.behind_ms, 4200);
});

// Pause

test("pause sends what is left, then says so, and nothing is captured until the user goes on", () => {
  const page = new Page().open();
  page.capture(0.3);
  page.tell({ kind: "pause" });
  page.capture(1);
  page.wait(1);

  assert.equal(page.furthest, 4800);
  assert.deepEqual(page.sent.slice(-2).map(({ type }) => type), ["audio", "pause"]);
  assert.deepEqual(page.did("microphone").map(({ isOn }) => isOn), [true, false]);
  assert.equal(page.view.state, "paused");
  page.tell({ kind: "unpause" });
  page.capture(0.2);
  page.wait(0.1);
  assert.equal(page.audio().at(-1).offset, 4800, "the clock stood still");
});

test("a paused page says every 60 s that it is still here", () => {
  const page = new Page().open();
  page.tell({ kind: "pause" });
  for (let i = 0; i < 37; i += 1) {
    page.wait(5);
    page.ack(0);
  }

  assert.equal(page.said("ping").length, 3);
});

test("a page that records does not ping", () => {
  const page = new Page().open();
  page.speak(70);

  assert.equal(page.said("ping").length, 0);
});

// The end

test("stop sends the rest, names the end and the hash, every second until the audio is stored", () => {
  const page = new Page().open();
  page.capture(0.5);
  page.tell({ kind: "stop" });
  page.wait(3.1);

  const hash = createHash("sha256");
  for (const { data } of page.audio().filter(({ at }) => at === page.audio()[0].at)) hash.update(Buffer.from(data, "base64"));
  const stops = page.said("stop");
  assert.equal(stops.length, 4);
  for (const stop of stops) assert.equal(stop.end_offset, 8000);
  assert.equal(stops[0].sha256, hash.digest("hex"));
  assert.equal(page.did("microphone").at(-1).isOn, false);
});

test("stored clears the ring; stop is then asked every 15 s until the record is there", () => {
  const page = new Page().open();
  page.speak(1);
  page.tell({ kind: "stop" });
  page.wait(0.5);
  page.hear("stored", { samples: 16_000, sha256: "" });
  assert.deepEqual([page.view.phase, page.view.hasUnsaved], ["stored", false]);
  const at = page.now + 1;
  for (let i = 0; i < 3; i += 1) {
    page.wait(15);
    page.hear("stored", { samples: 16_000, sha256: "" });
  }
  assert.equal(page.said("stop", at).length, 3);
  assert.equal(page.did("connect").length, 1, "15 s of silence is what is to be expected now");
  page.saved({ sha256: page.said("stop")[0].sha256, gaps: [[1, 2]] });

  assert.deepEqual(page.view.receipt, {
    transcriptionId: 9, samples: 16_000, gaps: [[1, 2]], segments: 0, transcript: "complete", isIdentical: true,
  });
  assert.equal(page.did("close").length, 1);
  page.wait(60);
  assert.equal(page.did("connect").length, 1);
});

test("a receipt says when the stored bytes are not those captured", () => {
  const page = new Page().open();
  page.speak(1);
  page.tell({ kind: "stop" });
  page.saved({ sha256: "0".repeat(64) });

  assert.equal(page.view.receipt.isIdentical, false);
});

test("a session that the server ends by itself stops the microphone and says so", () => {
  const page = new Page().open();
  page.speak(2, { acks: false });
  page.hear("stored", { samples: 16_000, sha256: "" });

  assert.deepEqual([page.view.phase, page.view.notices], ["stored", ["ended"]]);
  assert.equal(page.did("microphone").at(-1).isOn, false);
});

test("a pending transcript keeps the connection for the second answer", () => {
  const page = new Page().open();
  page.speak(1);
  page.tell({ kind: "stop" });
  page.saved({ transcript: "pending" });
  page.wait(20);
  assert.equal(page.did("close").length, 0);
  page.final(0);
  page.saved({ segments: 1 });

  assert.equal(page.view.receipt.transcript, "complete");
  assert.equal(page.did("close").length, 1);
});

test("a stop before the server ever answered still saves everything", () => {
  const page = new Page();
  page.tell({ kind: "begin" });
  page.capture(3);
  page.tell({ kind: "stop" });
  page.wait(2);
  page.tell({ kind: "opened", connection: page.connection });
  page.ready();
  page.wait(2);

  assert.equal(page.furthest, 48_000);
  assert.equal(page.said("stop")[0].end_offset, 48_000);
});

test("a start on a finished session is answered by saved, and that is heard", () => {
  const page = new Page();
  page.tell({ kind: "begin" });
  page.tell({ kind: "opened", connection: page.connection });
  page.saved({ samples: 5 });

  assert.equal(page.view.phase, "saved");
});

test("a session that the server no longer knows is over", () => {
  const page = new Page({ random: () => 0 }).open();
  page.speak(1, { acks: false });
  page.error("not_found");
  assert.equal(page.view.phase, "recording", "one task may not know; the answer to a resume settles it");
  page.wait(0.1);
  page.error("not_found", { ref: page.said("resume")[0].id });

  assert.equal(page.view.phase, "failed");
  assert.equal(page.view.hasUnsaved, true);
});
