/** How a session opens, sends its audio and keeps what is not safe yet, in simulated time. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Page, REQUEST } from "./fakes/page.js";

const MB = 1024 * 1024;

// Opening

test("audio from before the server is ready is kept, and sent from where the server is", () => {
  const page = new Page();
  page.tell({ kind: "begin" });
  page.capture(1);
  page.wait(0.5);
  page.tell({ kind: "opened", connection: page.connection });
  page.capture(0.5);
  assert.equal(page.audio().length, 0);
  page.ready();
  page.wait(1);

  const [first] = page.audio();
  assert.equal(first.offset, 0);
  assert.equal(page.furthest, 1.4 * 16_000, "all but what is shorter than a message");
});

test("an unanswered start is repeated after 2.5 s, as the same request", () => {
  const page = new Page();
  page.tell({ kind: "begin" });
  page.tell({ kind: "opened", connection: page.connection });
  page.wait(6);

  const starts = page.said("start");
  assert.deepEqual(starts.map(({ at }) => at - starts[0].at), [0, 2500, 5000]);
  for (const start of starts) assert.equal(start.request_id, REQUEST);
  page.ready();
  page.wait(6);
  assert.equal(page.said("start").length, 3);
});

test("a full service is asked again when it said, while recording goes on", () => {
  const page = new Page();
  page.tell({ kind: "begin" });
  page.tell({ kind: "opened", connection: page.connection });
  const asked = page.now;
  page.hear("error", { session_id: null, ref: REQUEST, code: "busy", message: "Full.", retry_after_s: 14 });
  page.speak(13.9, { acks: false });

  assert.deepEqual(page.view.notices, ["busy"]);
  assert.equal(page.said("start").length, 1);
  assert.equal(page.did("connect").length, 1, "silence that was asked for is no dead connection");
  page.wait(0.2);
  assert.equal(page.said("start", asked + 14_000).length, 1);
  page.ready();
  assert.deepEqual(page.view.notices, []);
  assert.equal(page.view.recorded, 13.9 * 16_000);
});

test("a start that is refused for good ends the session with the server's sentence", () => {
  for (const code of ["bad_message", "unsupported_protocol", "unsupported_audio"]) {
    const page = new Page();
    page.tell({ kind: "begin" });
    page.tell({ kind: "opened", connection: page.connection });
    page.hear("error", { session_id: null, ref: REQUEST, code, message: "Reload.", retry_after_s: null });

    assert.equal(page.view.phase, "failed");
    assert.deepEqual(page.view.failure, { code, sentence: "Reload." });
    assert.deepEqual(page.did("microphone").map(({ isOn }) => isOn), [true, false]);
    page.wait(30);
    assert.equal(page.did("connect").length, 1);
  }
});

// Sending

test("live audio goes in messages of 200 ms", () => {
  const page = new Page().open();
  page.speak(2);

  assert.deepEqual(page.audio().map(({ samples }) => samples), Array(10).fill(3200));
});

test("a backlog goes in messages of up to 600 ms, of 32,000 bytes at most", () => {
  for (const [quality, samples] of [["low", 4800], ["medium", 9600], ["high", 11_904]]) {
    const page = new Page({ quality });
    page.tell({ kind: "begin" });
    page.capture(4);
    page.tell({ kind: "opened", connection: page.connection });
    page.ready();
    page.wait(3);

    const sizes = page.audio();
    assert.equal(sizes[0].samples, samples, quality);
    for (const { size } of sizes) assert.ok(size <= 32_000);
    assert.ok(page.view.recorded - page.furthest < page.rateHz * 0.2);
  }
});

test("what is not received is sent again after 2.5 s, then 5, then every 10", () => {
  const page = new Page().open();
  page.capture(0.2);
  for (let second = 0; second < 40; second += 1) {
    page.wait(1);
    page.ack(0);
  }

  const first = page.audio()[0].at;
  assert.deepEqual(page.audio().map(({ at }) => at - first), [0, 2500, 7500, 17_500, 27_500, 37_500]);
});

test("what is sent again is cut anew, into larger messages", () => {
  const page = new Page().open();
  page.speak(1, { acks: false });
  page.now += 5000; // the browser slept
  const at = page.now;
  page.wait(0.3);

  assert.deepEqual(page.audio(at).map(({ offset, samples }) => [offset, samples]), [[0, 9600], [9600, 6400]]);
});

test("a nack has just what is missing sent again at once, and a second one that crosses it does not", () => {
  const page = new Page().open();
  page.speak(2, { acks: false });
  const at = page.now;
  page.hear("nack", { missing: [[3200, 6400], [9600, 10_000]] });
  page.wait(0.05);
  page.hear("nack", { missing: [[3200, 6400]] });
  page.wait(0.1);

  assert.deepEqual(page.audio(at).map(({ offset, samples }) => [offset, samples]), [[3200, 3200], [9600, 400]]);
});

test("a nack for what was never sent, or is long received, changes nothing", () => {
  const page = new Page().open();
  page.speak(2);
  const at = page.now;
  page.hear("nack", { missing: [[0, 3200], [900_000, 990_000]] });
  page.wait(1);

  assert.deepEqual(page.audio(at), []);
});

test("at most 512 KB are in flight", () => {
  const page = new Page({ quality: "high" }).open();
  for (let i = 0; i < 20; i += 1) {
    page.capture(1);
    page.wait(0.1);
  }
  page.wait(2);

  const bytes = page.furthest * 2;
  assert.ok(bytes <= MB / 2 && bytes > MB / 2 - 32_000, `${bytes}`);
  page.ack(page.furthest, 0);
  page.wait(0.5);
  assert.ok(page.furthest * 2 > bytes);
});

test("never more than 40 messages a second in the long run", () => {
  const page = new Page({ quality: "high" }).open();
  const at = page.now;
  for (let i = 0; i < 300; i += 1) {
    page.capture(0.1);
    page.wait(0.1);
    page.hear("nack", { missing: Array.from({ length: 16 }, (_, n) => [n * 9600, n * 9600 + 100]) });
  }

  assert.ok(page.sent.filter((message) => message.at >= at).length <= 40 * 30 + 41);
});

test("a server that asks to wait gets no audio until then, and all of it after", () => {
  for (const code of ["rate_limited", "buffer_limit", "internal"]) {
    const page = new Page().open();
    page.error(code, { retry_after_s: 3 });
    const at = page.now;
    page.speak(2.9, { acks: false });
    assert.equal(page.audio(at).length, 0, code);
    page.speak(1, { acks: false });

    assert.ok(page.furthest >= 3.6 * 16_000, code);
  }
});

test("audio that the server already has otherwise is told to the user, and recording goes on", () => {
  const page = new Page().open();
  page.speak(1);
  page.error("conflict");
  page.speak(1);

  assert.deepEqual([page.view.state, page.view.notices], ["live", ["conflict"]]);
});

test("a server that knows a nearer end than it said has the recording saved up to there", () => {
  const page = new Page().open();
  page.speak(1);
  page.error("duration_limit");
  page.wait(0.1);

  assert.deepEqual([page.view.phase, page.view.notices], ["stopping", ["duration_reached"]]);
  assert.equal(page.said("stop").length, 1);
});

test("a message that was spoilt on the way is sent again and troubles nobody", () => {
  const page = new Page().open();
  page.capture(0.2);
  page.error("bad_message");
  page.wait(2.6);

  assert.equal(page.audio().length, 2);
  assert.deepEqual([page.view.state, page.view.notices], ["live", []]);
});

test("frames of the gateway's own are lost messages, not signs of life", () => {
  const page = new Page().open();
  for (let i = 0; i < 14; i += 1) {
    page.tell({ kind: "heard", connection: 1, message: null });
    page.wait(1);
  }

  assert.equal(page.did("connect").length, 2);
});

// Keeping

test("the ring lets go of what is durable and of nothing else", () => {
  const page = new Page().open();
  page.speak(4, { acks: false });
  page.ack(64_000, 32_000);
  page.tell({ kind: "closed", connection: page.connection });
  page.wait(1);
  page.tell({ kind: "opened", connection: page.connection });

  const [resume] = page.said("resume");
  assert.equal(resume.have_from, 32_000);
  assert.equal(page.view.hasUnsaved, true);
});

test("a full ring stops the microphone for all to see, overwrites nothing, and can go on later", () => {
  const page = new Page({ ringBytes: 64_000 }).open();
  page.tell({ kind: "closed", connection: page.connection });
  page.capture(1.1);
  assert.deepEqual(page.view.notices, ["buffer_half"]);
  page.capture(1);

  assert.deepEqual(page.view.notices, ["buffer_full"]);
  assert.equal(page.view.phase, "paused");
  assert.equal(page.did("microphone").at(-1).isOn, false);
  assert.equal(page.view.recorded, 1.1 * 16_000);
  page.wait(1);
  page.tell({ kind: "opened", connection: page.connection });
  page.ready();
  page.wait(1);
  page.ack(page.view.recorded);
  page.tell({ kind: "unpause" });
  page.capture(0.5);
  assert.deepEqual(page.view.notices, []);
  assert.equal(page.view.recorded, 1.6 * 16_000);
});

test("the longest recording allowed is used to its last sample, and then saved", () => {
  const page = new Page({ limits: { duration_s: 20 } }).open();
  page.speak(18.1);
  assert.deepEqual(page.view.notices, ["duration_near"]);
  assert.ok(page.view.secondsLeft < 2);
  page.capture(3);
  page.wait(0.1);

  assert.equal(page.view.recorded, 320_000);
  assert.deepEqual([page.view.phase, page.view.notices], ["stopping", ["duration_reached"]]);
  assert.equal(page.said("stop")[0].end_offset, 320_000);
});
