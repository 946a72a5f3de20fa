/** Whether a microphone hears someone, judged from loudness alone. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Hearing } from "../js/hearing.js";

const ROOM = 0.0008;
const VOICE = 0.05;

/** Hear levels one after the other, a tenth of a second each. */
function hear(hearing, levels, from = 0) {
  levels.forEach((level, i) => hearing.add(level, from + i * 100));
  return from + levels.length * 100;
}
const times = (count, level) => Array(count).fill(level);
/** Words with pauses between them. */
const speech = (count) => Array.from({ length: count }, (_, i) => (i % 4 === 3 ? ROOM * 2 : VOICE));

test("a voice in a quiet room is heard, and for a breath after it", () => {
  const hearing = new Hearing();
  const spoken = hear(hearing, [...times(10, ROOM), ...speech(15)]);
  assert.equal(hearing.verdict(spoken), "speech");
  const breath = hear(hearing, times(20, ROOM), spoken);
  assert.equal(hearing.verdict(breath), "speech");

  assert.equal(hearing.verdict(hear(hearing, times(30, ROOM), breath)), "quiet");
});

test("who speaks from the first moment on is heard as well", () => {
  for (const words of [speech(8), times(8, VOICE)]) {
    const hearing = new Hearing();

    assert.equal(hearing.verdict(hear(hearing, words)), "speech");
  }
});

test("the noise of a room is no speech, soft or loud", () => {
  for (const level of [ROOM, 0.004, 0.015]) {
    const hearing = new Hearing();
    const noise = Array.from({ length: 200 }, (_, i) => level * (1 + 0.2 * Math.sin(i)));

    assert.equal(hearing.verdict(hear(hearing, noise)), "quiet", `${level}`);
  }
});

test("one knock is no speech", () => {
  const hearing = new Hearing();

  assert.equal(hearing.verdict(hear(hearing, [...times(20, ROOM), 0.5, 0.2, ...times(10, ROOM)])), "quiet");
});

test("a voice above a noisy room is heard", () => {
  const hearing = new Hearing();
  const at = hear(hearing, times(50, 0.008));

  assert.equal(hearing.verdict(hear(hearing, speech(15), at)), "speech");
});

test("exact silence is a muted device, once it has lasted", () => {
  const hearing = new Hearing();
  const early = hear(hearing, times(15, 0));
  assert.equal(hearing.verdict(early), "waiting");
  const late = hear(hearing, times(20, 0), early);
  assert.equal(hearing.verdict(late), "dead");

  assert.equal(hearing.verdict(hear(hearing, [ROOM], late)), "quiet");
});

test("spoken time is counted from one text to the next", () => {
  const hearing = new Hearing();
  const at = hear(hearing, [...times(10, ROOM), ...times(30, VOICE)]);
  assert.ok(Math.abs(hearing.speechMs - 3000) < 200);
  hearing.text();
  assert.equal(hearing.speechMs, 0);
  hear(hearing, times(30, ROOM), at);

  assert.equal(hearing.speechMs, 0);
});
