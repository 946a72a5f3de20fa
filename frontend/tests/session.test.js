/** The client's duties one by one, against a session in simulated time. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { PHASES } from "../js/phases.js";
import { Page, REQUEST, SESSION } from "./fakes/page.js";

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

  assert.deepEqual(page.view.notices, ["buffer_full", "buffer_half"]);
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

// Connections

test("silence of 12 s is a dead connection; the microphone goes on and nothing is lost", () => {
  const page = new Page({ random: () => 0 }).open();
  page.speak(3);
  page.speak(12.2, { acks: false });

  assert.deepEqual(page.did("close").map(({ connection }) => connection), [1]);
  assert.equal(page.connection, 2);
  assert.equal(page.view.state, "reconnecting");
  page.tell({ kind: "opened", connection: 2 });
  page.ready(3 * 16_000);
  page.speak(5);
  assert.equal(page.view.state, "live");
  assert.equal(page.furthest, page.view.recorded);
});

test("a heartbeat every 5 s keeps a paused connection", () => {
  const page = new Page().open();
  page.tell({ kind: "pause" });
  for (let i = 0; i < 20; i += 1) {
    page.wait(5);
    page.ack(0);
  }

  assert.equal(page.did("connect").length, 1);
});

test("tries again after 0.25 s to 8 s with full jitter, and from the shortest after a success", () => {
  const page = new Page({ random: () => 0.999 });
  page.tell({ kind: "begin" });
  const waits = [];
  for (let i = 0; i < 8; i += 1) {
    const count = page.did("connect").length;
    const from = page.now;
    page.tell({ kind: "closed", connection: page.connection });
    while (page.did("connect").length === count) page.wait(0.05);
    waits.push(Math.round((page.now - from) / 50) * 50);
  }
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
  page.tell({ kind: "opened", connection: page.connection });
  page.ready();
  page.tell({ kind: "closed", connection: page.connection });
  const count = page.did("connect").length;
  page.wait(0.25);

  assert.equal(page.did("connect").length, count + 1);
});

test("a handshake that never ends is given up", () => {
  const page = new Page({ random: () => 0 });
  page.tell({ kind: "begin" });
  page.wait(15.2);

  assert.deepEqual(page.did("connect").map(({ connection }) => connection), [1, 2]);
  assert.deepEqual(page.did("close").map(({ connection }) => connection), [1]);
});

test("an unanswered resume is repeated after 2.5 s", () => {
  const page = new Page({ random: () => 0 }).open();
  page.tell({ kind: "closed", connection: 1 });
  page.wait(0.1);
  page.tell({ kind: "opened", connection: 2 });
  page.wait(5.1);

  const resumes = page.said("resume");
  assert.deepEqual(resumes.map(({ at }) => at - resumes[0].at), [0, 2500, 5000]);
  for (const resume of resumes) assert.equal(resume.session_id, SESSION);
});

test("when the browser is online again it tries at once", () => {
  const page = new Page({ random: () => 0.999 });
  page.tell({ kind: "begin" });
  for (let i = 0; i < 6; i += 1) {
    page.tell({ kind: "closed", connection: page.connection });
    page.wait(8);
  }
  page.tell({ kind: "closed", connection: page.connection });
  const count = page.did("connect").length;
  page.tell({ kind: "retry" });

  assert.equal(page.did("connect").length, count + 1);
});

test("a connection is replaced at 110 min, the new one first and without a pause in sending", () => {
  const page = new Page().open();
  page.tell({ kind: "pause" });
  for (let minute = 0; minute < 109; minute += 1) {
    for (let i = 0; i < 6; i += 1) {
      page.wait(10);
      page.ack(0);
    }
  }
  assert.equal(page.did("connect").length, 1);
  page.tell({ kind: "unpause" });
  page.speak(70);
  assert.equal(page.did("connect").length, 2);
  const hear = { connection: 1 };
  page.hear("ack", { received: page.furthest, durable: page.furthest }, hear);
  const at = page.now;
  page.tell({ kind: "opened", connection: 2 });
  page.capture(0.4);
  page.wait(0.1);

  assert.equal(page.said("resume", at)[0].connection, 2);
  assert.ok(page.audio(at).length > 0);
  for (const { connection } of page.audio(at)) assert.equal(connection, 1, "the old one still carries the audio");
  page.ready(page.furthest);
  assert.deepEqual(page.did("close").map(({ connection }) => connection), [1]);
  page.capture(0.4);
  page.wait(0.1);
  assert.equal(page.audio().at(-1).connection, 2);
});

test("what a connection says that was given up is not heard", () => {
  const page = new Page({ random: () => 0 }).open();
  page.speak(1, { acks: false });
  page.tell({ kind: "closed", connection: 1 });
  page.wait(0.1);
  page.hear("ack", { received: 16_000, durable: 16_000 }, { connection: 1 });

  assert.equal(page.view.durable, 0);
});

// Owners

test("what an owner says that is none any more is not heard", () => {
  const page = new Page().open();
  page.speak(1, { acks: false });
  page.hear("ack", { received: 3200, durable: 3200 }, { epoch: 4 });
  page.hear("ack", { received: 16_000, durable: 16_000 }, { epoch: 3 });
  page.hear("final", { segment: 0, start_ms: 0, end_ms: 1, text: "old", items: [] }, { epoch: 3 });
  page.hear("error", { code: "superseded", message: "Old.", ref: null }, { epoch: 3 });

  assert.deepEqual([page.view.durable, page.view.received, page.view.finals.length], [3200, 3200, 0]);
  assert.equal(page.view.phase, "recording");
});

test("moved is answered with resume, and audio goes on meanwhile", () => {
  const page = new Page().open();
  page.speak(2);
  const at = page.now;
  page.epoch = 2;
  page.hear("moved");
  page.capture(0.2);
  page.wait(0.1);

  assert.deepEqual(page.said("resume", at).map(({ have_from: from, last_segment: last }) => [from, last]), [[null, -1]]);
  assert.equal(page.audio(at).length, 1);
});

test("a new owner that has less is sent what it lacks, even if the word that it moved was lost", () => {
  const page = new Page().open();
  page.speak(4, { acks: false });
  page.ack(64_000, 16_000);
  page.wait(0.05);
  const at = page.now;
  page.epoch = 2;
  page.ack(16_000, 16_000);
  page.wait(2);

  assert.equal(page.said("resume", at).length, 1);
  assert.equal(page.audio(at)[0].offset, 16_000);
  const sent = page.audio(at).reduce((sum, { samples }) => sum + samples, 0);
  assert.equal(sent, 48_000, "and each sample once");
});

test("acknowledgements that overtake each other do not turn back", () => {
  const page = new Page().open();
  page.speak(2, { acks: false });
  page.ack(32_000, 16_000);
  page.ack(9600, 3200);

  assert.deepEqual([page.view.received, page.view.durable], [32_000, 16_000]);
});

test("a session of someone else's is not ours, whatever it says", () => {
  const page = new Page().open();
  page.hear("stored", { session_id: "another", samples: 0, sha256: "" });

  assert.equal(page.view.phase, "recording");
});

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

// Two pages

test("a page that was superseded sends nothing more, stops the microphone, and stays away", () => {
  const page = new Page().open();
  page.speak(2);
  page.error("superseded");
  const at = page.now + 1;
  page.capture(1);
  page.wait(90);
  page.tell({ kind: "closed", connection: 1 });
  page.wait(30);

  assert.equal(page.view.state, "superseded");
  assert.deepEqual(page.sent.filter((message) => message.at >= at), []);
  assert.equal(page.did("microphone").at(-1).isOn, false);
  assert.equal(page.did("connect").length, 1);
});

test("it can take over again, and goes on where the other page has come to", () => {
  const page = new Page({ random: () => 0 }).open();
  page.speak(2);
  page.error("superseded");
  page.tell({ kind: "closed", connection: 1 });
  page.tell({ kind: "take_over" });
  page.wait(0.1);
  page.tell({ kind: "opened", connection: 2 });
  page.ready(80_000);
  page.capture(0.2);
  page.wait(0.1);
  page.tell({ kind: "stop" });
  page.wait(0.1);

  assert.equal(page.did("microphone").at(-2).isOn, true);
  assert.equal(page.audio().at(-1).offset, 80_000);
  const [stop] = page.said("stop");
  assert.deepEqual([stop.end_offset, stop.sha256], [83_200, null], "it cannot vouch for the other page's bytes");
});

// Authorisation

test("an authorisation that runs out soon is renewed with a fresh ticket", () => {
  const page = new Page().open();
  page.hear("warning", { code: "auth_expiring", message: "Soon." });
  page.wait(0.1);
  assert.equal(page.did("fetch_ticket").length, 1);
  page.tell({ kind: "ticket", ticket: "fresh" });
  assert.equal(page.said("renew")[0].ticket, "fresh");
  page.wait(5);
  assert.equal(page.did("fetch_ticket").length, 2, "an answer that is lost is asked for again");
  page.tell({ kind: "ticket", ticket: "fresher" });
  page.tell({ kind: "heard", connection: 1, message: { type: "renewed", ref: null, expires_in_s: 900 } });
  page.wait(11);

  assert.equal(page.did("fetch_ticket").length, 2);
});

test("audio that was refused for an expired authorisation goes again as soon as it is renewed", () => {
  const page = new Page().open();
  page.speak(1);
  page.speak(1, { acks: false });
  page.error("auth_expired");
  const expired = page.now;
  page.speak(1, { acks: false });
  assert.deepEqual(page.audio(expired + 1), []);
  page.tell({ kind: "ticket", ticket: "fresh" });
  const renewed = page.now;
  page.tell({ kind: "heard", connection: 1, message: { type: "renewed", ref: null, expires_in_s: 900 } });
  page.wait(1);

  assert.equal(page.audio(renewed)[0].offset, 16_000);
  assert.equal(page.furthest, 48_000);
});

test("who is signed out is told, and goes on after signing in without loss", () => {
  const page = new Page({ random: () => 0.999 }).open();
  page.tell({ kind: "closed", connection: 1 });
  page.speak(1, { acks: false });
  page.tell({ kind: "closed", connection: page.connection, isSignedOut: true });
  page.speak(1, { acks: false });
  assert.deepEqual(page.view.notices, ["sign_in"]);
  page.tell({ kind: "retry" });
  page.tell({ kind: "opened", connection: page.connection });
  page.ready();
  page.wait(2);

  assert.deepEqual(page.view.notices, []);
  assert.equal(page.furthest, 32_000);
});

test("a ticket that cannot be had while connected is told as well", () => {
  const page = new Page().open();
  page.hear("warning", { code: "auth_expiring", message: "Soon." });
  page.tell({ kind: "ticket_failed", isSignedOut: true });
  assert.deepEqual(page.view.notices, ["sign_in"]);
  page.tell({ kind: "retry" });

  assert.equal(page.did("fetch_ticket").length, 2);
});

// The whole table

/** How each phase comes about, and what each step is. */
const STEPS = {
  begin: (page) => page.tell({ kind: "begin" }),
  pause: (page) => page.tell({ kind: "pause" }),
  unpause: (page) => page.tell({ kind: "unpause" }),
  stop: (page) => page.tell({ kind: "stop" }),
  take_over: (page) => page.tell({ kind: "take_over" }),
  supersede: (page) => page.error("superseded"),
  store: (page) => page.hear("stored", { samples: 0, sha256: "" }),
  save: (page) => page.saved({ transcript: "pending" }),
  fail: (page) => page.error("not_found", { ref: "resume" }),
};
const WAYS = {
  recording: [], paused: ["pause"], stopping: ["stop"], superseded: ["supersede"], stored: ["stop", "store"],
  saved: ["stop", "store", "save"], failed: ["fail"],
};

for (const [phase, way] of Object.entries(WAYS)) {
  for (const step of Object.keys(STEPS)) {
    test(`${step} in phase ${phase} leads where the table says`, () => {
      const page = new Page().open();
      for (const before of way) STEPS[before](page);
      assert.equal(page.view.phase, phase);
      const wasOn = page.did("microphone").at(-1).isOn;
      STEPS[step](page);

      assert.equal(page.view.phase, PHASES[phase][step] ?? phase);
      assert.equal(wasOn, phase === "recording");
      assert.equal(page.did("microphone").at(-1).isOn, page.view.phase === "recording");
    });
  }
}

test("before it has begun a session does nothing", () => {
  const page = new Page();
  for (const kind of ["pause", "unpause", "stop", "take_over", "retry", "tick"]) page.tell({ kind });
  page.capture(1);

  assert.deepEqual(page.effects, []);
  assert.deepEqual([page.view.phase, page.view.recorded], ["idle", 0]);
});
