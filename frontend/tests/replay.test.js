/** A moment is heard again from wherever it is to be had, and never into the microphone. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { RecordsTrouble } from "../js/records-api.js";
import { Replay } from "../js/replay.js";
import { SoundMemory } from "../js/sound-memory.js";

const WORD = { startMs: 2000, endMs: 2400 };
const SAVED = { phase: "saved", sessionId: "session" };

/** @type {Player} */
let player;
class Player {
  src = "";
  currentTime = 0;
  isPlaying = false;
  constructor() {
    player = this;
  }
  addEventListener = (_, listener) => (this.tick = listener);
  removeAttribute = () => (this.src = "");
  play = async () => (this.isPlaying = true);
  pause = () => (this.isPlaying = false);
}

beforeEach(() => (globalThis.Audio = Player));
afterEach(() => delete globalThis.Audio);

function begun(...answers) {
  const asked = [];
  const api = {
    audioUrl: async (id) => {
      asked.push(id);
      const answer = answers.shift() ?? { url: `of ${id}` };
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return { replay: new Replay(new SoundMemory(), api), asked };
}

test("what the page no longer holds is played from the record, and only that moment", async () => {
  const { replay, asked } = begun();

  assert.equal(await replay.play(WORD, SAVED), null);
  assert.deepEqual([player.src, player.currentTime, player.isPlaying], ["of session", 1.75, true]);
  player.currentTime = 2.7;
  player.tick();
  assert.equal(player.isPlaying, true);
  player.currentTime = 2.76;
  player.tick();
  assert.equal(player.isPlaying, false);
  await replay.play(WORD, SAVED);
  assert.deepEqual(asked, ["session"]);
});

test("without an answer it says so, and asks again at the next press", async () => {
  const { replay, asked } = begun(new RecordsTrouble("not_now"));

  assert.equal(await replay.play(WORD, SAVED), "unreachable");
  assert.equal(await replay.play(WORD, SAVED), null);
  assert.equal(asked.length, 2);
});

test("nothing is played while the microphone is open, nor what is nowhere to be had", async () => {
  const { replay, asked } = begun();

  for (const phase of ["recording", "joining"]) assert.equal(await replay.play(WORD, { ...SAVED, phase }), "recording");
  for (const phase of ["paused", "stored"]) assert.equal(await replay.play(WORD, { ...SAVED, phase }), "too_old");
  assert.deepEqual([asked, player.isPlaying], [[], false]);
});

test("going on silences it", async () => {
  const { replay } = begun();
  await replay.play(WORD, SAVED);

  replay.stop();

  assert.equal(player.isPlaying, false);
});
