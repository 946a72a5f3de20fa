/** The ring is the copy that counts while the network is away. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";

import { Recording } from "../js/recording.js";
import { RING_BYTES, Ring } from "../js/ring.js";

test("gives back exactly what it took, across its blocks", () => {
  const ring = new Ring(2);
  const bytes = randomBytes(300_000);
  for (let at = 0; at < bytes.length; at += 3200) ring.append(bytes.subarray(at, at + 3200));

  assert.equal(ring.end, 150_000);
  assert.deepEqual(Buffer.from(ring.slice(30_000, 120_000)), bytes.subarray(60_000, 240_000));
  assert.deepEqual(Buffer.from(ring.slice(32_767, 32_769)), bytes.subarray(65_534, 65_538));
});

test("keeps its own copy: the microphone's buffer is filled again at once", () => {
  const ring = new Ring(2);
  const lent = Uint8Array.of(1, 2, 3, 4);
  ring.append(lent);
  lent.fill(9);

  assert.deepEqual([...ring.slice(0, 2)], [1, 2, 3, 4]);
});

test("lets go only below what is durable", () => {
  const ring = new Ring(2);
  const bytes = randomBytes(400_000);
  ring.append(bytes);
  ring.trim(70_000);

  assert.equal(ring.from, 70_000);
  assert.deepEqual(Buffer.from(ring.slice(70_000, 200_000)), bytes.subarray(140_000));
  assert.throws(() => ring.slice(69_999, 70_001), RangeError);
  ring.trim(1000);
  assert.equal(ring.from, 70_000, "an older word takes nothing back");
});

test("says durable further than captured without losing its place", () => {
  const ring = new Ring(2);
  ring.append(new Uint8Array(20));
  ring.trim(1_000_000);

  assert.deepEqual([ring.from, ring.end, ring.isEmpty], [10, 10, true]);
});

test("refuses when it is full, takes nothing then, and overwrites nothing", () => {
  const ring = new Ring(2, 1000);
  const bytes = randomBytes(1000);
  assert.equal(ring.append(bytes.subarray(0, 900)), true);

  assert.equal(ring.append(new Uint8Array(102)), false);
  assert.equal(ring.end, 450);
  assert.equal(ring.append(bytes.subarray(900)), true);
  assert.equal(ring.fullness, 1);
  assert.deepEqual(Buffer.from(ring.slice(0, 500)), bytes);
  ring.trim(100);
  assert.equal(ring.append(new Uint8Array(200)), true, "what became durable made room");
});

test("holds 60 MB, as the protocol says", () => {
  assert.equal(RING_BYTES, 62_914_560);
});

test("an hour of trimming leaves nothing behind", () => {
  const ring = new Ring(2, 10_000);
  for (let i = 1; i <= 20_000; i += 1) {
    assert.equal(ring.append(new Uint8Array(3200)), true);
    ring.trim(i * 1600 - 800);
  }

  assert.equal(ring.heldBytes, 1600);
});

test("a recording ends exactly at the longest allowed", () => {
  const recording = new Recording(1000);
  assert.equal(recording.capture(new Uint8Array(1600)), "taken");
  assert.equal(recording.capture(new Uint8Array(1600)), "complete");

  assert.equal(recording.end, 1000);
  assert.equal(recording.samplesLeft, 0);
});

test("a recording that another page continued no longer vouches for its bytes", () => {
  const recording = new Recording(1000);
  recording.capture(Uint8Array.of(1, 2));
  assert.notEqual(recording.sha256, null);
  recording.continueFrom(500);

  assert.deepEqual([recording.end, recording.heldFrom, recording.sha256], [500, null, null]);
});
