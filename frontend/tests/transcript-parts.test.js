/** What stands behind the live text: who speaks, and the sound that can be heard again. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { SoundMemory } from "../js/sound-memory.js";
import { speakerNumber, turnsOf } from "../js/speakers.js";
import { wordsOf } from "../js/words.js";

const final = (...said) => ({
  text: said.map(([text]) => text).join(" "),
  start_ms: 0,
  end_ms: said.length * 100,
  speaker: null,
  items: said.map(([text, speaker], at) => ({
    text, speaker, kind: "word", start_ms: at * 100, end_ms: at * 100 + 100, confidence: 1,
  })),
});
const turns = (said) => turnsOf(said, wordsOf(said));

test("a final is cut where another voice begins", () => {
  const said = final(["Any", "0"], ["pain", "0"], ["No", "1"], ["none", null], ["Good", "0"]);

  assert.deepEqual(turns(said), [
    { speaker: "0", from: 0, to: 2 },
    { speaker: "1", from: 2, to: 4 },
    { speaker: "0", from: 4, to: 5 },
  ]);
});

test("a final of nobody known is one turn", () => {
  assert.deepEqual(turns(final(["No", null], ["pain", null])), [{ speaker: null, from: 0, to: 2 }]);
  assert.deepEqual(turns({ ...final(["No", null]), speaker: "1" }), [{ speaker: "1", from: 0, to: 1 }]);
});

test("voices are numbered as people count", () => {
  assert.deepEqual(["0", "spk_1", "Doctor"].map(speakerNumber), ["1", "2", "Doctor"]);
});

const pcm = (...samples) => new Uint8Array(Int16Array.from(samples).buffer);

const at = (recorded, rateHz = 16_000) => ({ recorded, rateHz });

test("a stretch of sound is given to the sample, whatever an encoder holds back", () => {
  const memory = new SoundMemory();
  memory.hear(pcm(...Array.from({ length: 160 }, (_, one) => one)), at(0)); // 10 ms
  memory.hear(pcm(...Array.from({ length: 160 }, (_, one) => 160 + one)), at(0));

  assert.deepEqual([...memory.cut(5, 15)], Array.from({ length: 160 }, (_, one) => 80 + one));
});

test("48 kHz is kept at a third of it", () => {
  const memory = new SoundMemory();
  memory.hear(pcm(3, 6, 9, 30, 60, 90), at(0, 48_000));

  assert.equal(memory.rateHz, 16_000);
  assert.deepEqual([...memory.cut(0, 0.125)], [6, 60]);
});

test("the oldest goes when there is no more room, and is not given in part", () => {
  const memory = new SoundMemory(640); // bytes: 20 ms
  for (let step = 0; step < 4; step += 1) memory.hear(pcm(...new Array(160).fill(step)), at(step * 160));

  assert.equal(memory.cut(15, 25), null);
  assert.deepEqual(new Set(memory.cut(20, 40)), new Set([2, 3]));
});

test("after a break, sound lies where the session's clock goes on", () => {
  const memory = new SoundMemory();
  memory.hear(pcm(...new Array(160).fill(1)), at(0));
  memory.breakOff();
  memory.hear(pcm(...new Array(160).fill(2)), at(16_000));

  assert.deepEqual(new Set(memory.cut(1000, 1010)), new Set([2]));
  assert.equal(memory.cut(500, 900), null);
});
