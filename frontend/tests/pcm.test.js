/** Sound on its way from the browser's floats to the session's samples. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Resampler, loudness, writeS16le } from "../js/pcm.js";

/** A tone of one second or as long as asked. */
function tone(hz, rateHz, samples = rateHz) {
  return Float32Array.from({ length: samples }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rateHz));
}

/** Resample in blocks of the sizes given, one after the other. */
function resample(input, fromHz, toHz, blocks = [128]) {
  const resampler = new Resampler(fromHz, toHz);
  const output = [];
  for (let at = 0, n = 0; at < input.length; n += 1) {
    const block = input.subarray(at, at + blocks[n % blocks.length]);
    const room = new Float32Array(resampler.mostFor(block.length));
    output.push(...room.subarray(0, resampler.push(block, room)));
    at += block.length;
  }
  return Float32Array.from(output);
}

const settled = (samples) => samples.subarray(400, samples.length - 400);
const decibel = (ratio) => 20 * Math.log10(ratio);

const RATES = [
  [48_000, 16_000], [44_100, 16_000], [44_100, 48_000], [48_000, 8000], [44_100, 8000], [96_000, 16_000],
  [16_000, 48_000], [22_050, 16_000], [192_000, 48_000],
];

for (const [fromHz, toHz] of RATES) {
  test(`${fromHz} to ${toHz} Hz: a voice's tone keeps its strength`, () => {
    const output = settled(resample(tone(1000, fromHz), fromHz, toHz));

    assert.ok(Math.abs(decibel(loudness(output) / (0.5 / Math.SQRT2))) < 0.05);
  });

  test(`${fromHz} to ${toHz} Hz: exactly as many samples come out as time has passed`, () => {
    const output = resample(new Float32Array(fromHz + 77), fromHz, toHz);

    assert.equal(output.length, Math.ceil(((fromHz + 77) * toHz) / fromHz));
  });
}

test("what the lower rate cannot hold is filtered out, not folded back", () => {
  for (const hz of [9000, 12_000, 15_000, 20_000]) {
    const output = settled(resample(tone(hz, 48_000), 48_000, 16_000));

    assert.ok(decibel(loudness(output) / (0.5 / Math.SQRT2)) < -70, `${hz} Hz`);
  }
});

test("the tone comes out at its own frequency, undistorted", () => {
  const output = settled(resample(tone(440, 44_100), 44_100, 16_000));
  let [sine, cosine] = [0, 0];
  output.forEach((value, i) => {
    sine += value * Math.sin((2 * Math.PI * 440 * i) / 16_000);
    cosine += value * Math.cos((2 * Math.PI * 440 * i) / 16_000);
  });
  const explained = (2 * (sine ** 2 + cosine ** 2)) / output.length / output.length;

  assert.ok(Math.abs(1 - explained / loudness(output) ** 2) < 1e-3);
});

test("however the blocks are cut, the same samples come out", () => {
  const input = tone(700, 44_100, 9000);
  const whole = resample(input, 44_100, 16_000, [9000]);

  assert.deepEqual(resample(input, 44_100, 16_000, [128]), whole);
  assert.deepEqual(resample(input, 44_100, 16_000, [1, 440, 7, 1024]), whole);
});

test("an hour of 44.1 kHz loses no sample to rounding", () => {
  const resampler = new Resampler(44_100, 16_000);
  const second = new Float32Array(441); // a hundredth: one that does not come out even
  const room = new Float32Array(resampler.mostFor(second.length));
  let written = 0;
  for (let i = 0; i < 36_000; i += 1) written += resampler.push(second, room);

  assert.equal(written, 360 * 16_000);
});

/** Three tones at odd phases, as a formula: what any sampling of them must be. */
const TONES = [[220.5, 0.3, 0.1], [1003.7, 0.2, 1.9], [2890.3, 0.15, 4.2]];
const signal = (seconds) =>
  TONES.reduce((sum, [hz, strength, phase]) => sum + strength * Math.sin(2 * Math.PI * hz * seconds + phase), 0);

for (const [fromHz, toHz] of [[44_100, 16_000], [44_100, 48_000], [48_000, 16_000], [44_100, 8000], [48_000, 44_100]]) {
  test(`${fromHz} to ${toHz} Hz: every sample is the signal at its own instant, after half a minute as at first`, () => {
    const taps = 2 * Math.ceil(24 / (0.92 * Math.min(1, toHz / fromHz)));
    const delayS = taps / 2 / fromHz; // the filter's own, and the same for every sample
    const resampler = new Resampler(fromHz, toHz);
    const input = new Float32Array(128);
    const output = new Float32Array(resampler.mostFor(128));
    let worst = 0;
    for (let block = 0, n = 0; block * 128 < 30 * fromHz; block += 1) {
      for (let i = 0; i < 128; i += 1) input[i] = signal((block * 128 + i) / fromHz);
      const written = resampler.push(input, output);
      for (let i = 0; i < written; i += 1, n += 1) {
        const at = n / toHz - delayS;
        if (at > delayS) worst = Math.max(worst, Math.abs(output[i] - signal(at)));
      }
    }

    assert.ok(worst < 1e-3, `${worst}`);
  });
}

test("never more comes out than there was said to be room for", () => {
  const resampler = new Resampler(16_000, 48_000);
  const room = new Float32Array(resampler.mostFor(128));
  for (let i = 0; i < 100; i += 1) assert.ok(resampler.push(new Float32Array(128), room) <= room.length);
});

test("floats become signed 16-bit little-endian, and loud ones are clipped", () => {
  const bytes = new Uint8Array(16);
  writeS16le(Float32Array.of(9, 0, 1, -1, 2, -2, 0.5, 1 / 32767), 1, 7, bytes, 2);

  assert.deepEqual(
    [...new Int16Array(bytes.buffer)],
    [0, 0, 32767, -32767, 32767, -32768, 16384, 1],
  );
});

test("loudness is the root of the mean square", () => {
  assert.equal(loudness(new Float32Array()), 0);
  assert.equal(loudness(Float32Array.of(0.5, -0.5)), 0.5);
});
