/** What a session does about its connections, its owners, other pages and its authorisation, in simulated time. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Page, SESSION } from "./fakes/page.js";

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
