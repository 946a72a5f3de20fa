/** Packets of Opus in the page: counted, held, cut between and never within, and none lost at a pause. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { sentBitsPerS } from "../js/bandwidth.js";
import { Feed } from "../js/feed.js";
import { BITS_PER_S, OpusEncoder, canEncodeOpus } from "../js/opus-encoder.js";
import { MOST_PACKET_BYTES, PACKET_SAMPLES, packetSamples, packetsIn, withLength } from "../js/opus-packets.js";
import { PacketRing } from "../js/packet-ring.js";
import { Recording } from "../js/recording.js";
import { OPUS } from "../js/sound-forms.js";
import { audioBytesWithin, MESSAGE_BYTES } from "../js/wire.js";

const EXAMPLES = JSON.parse(readFileSync(new URL("../../contract/wire_examples.json", import.meta.url), "utf8"));

/** Make packets that differ in size and say their number. */
function row(first, count) {
  const packets = Array.from({ length: count }, (_, i) => {
    const packet = new Uint8Array(2 + ((first + i) % 5)).fill(first + i);
    packet[0] = 0x78;
    return Buffer.from(withLength(packet));
  });
  return new Uint8Array(Buffer.concat(packets));
}

for (const { name, data, samples } of EXAMPLES.opus_packets) {
  if (samples === null) continue; // the page encodes, and has nothing to refuse
  test(`counts as the server does: ${name}`, () => {
    const bytes = Uint8Array.from(Buffer.from(data, "base64"));

    const packets = packetsIn(bytes);

    assert.deepEqual(packets.map((packet) => packetSamples(packet.subarray(2))), samples);
    assert.deepEqual(Buffer.concat(packets.map((packet) => withLength(packet.subarray(2)))), Buffer.from(bytes));
  });
}

test("a ring of packets gives back what was put in, from any packet to any other", () => {
  const ring = new PacketRing();
  for (let first = 0; first < 3000; first += 5) assert.ok(ring.append(row(first, 5)));

  ring.trim(1500 * PACKET_SAMPLES + 17);

  assert.deepEqual([ring.from, ring.end], [1500 * PACKET_SAMPLES, 3000 * PACKET_SAMPLES]);
  assert.deepEqual(ring.slice(2001 * PACKET_SAMPLES, 2008 * PACKET_SAMPLES), row(2001, 7));
  assert.equal(ring.heldBytes, row(1500, 1500).length);
  assert.throws(() => ring.slice(1499 * PACKET_SAMPLES, 1501 * PACKET_SAMPLES), RangeError);
  ring.clear();
  assert.deepEqual([ring.isEmpty, ring.from, ring.heldBytes], [true, 3000 * PACKET_SAMPLES, 0]);
  ring.moveTo(70);
  assert.ok(ring.append(row(0, 1)));
  assert.deepEqual([ring.from, ring.end, ring.isEmpty], [70, 70 + PACKET_SAMPLES, false]);
});

test("a ring of packets that is full takes nothing, and forgets nothing", () => {
  const ring = new PacketRing(100);
  assert.ok(ring.append(row(0, 10)));

  assert.equal(ring.append(row(10, 20)), false);

  assert.deepEqual(ring.slice(0, ring.end), row(0, 10));
  assert.ok(ring.fullness > 0.5);
});

test("packets that the page may still change are copied", () => {
  const ring = new PacketRing();
  const lent = row(0, 1);
  ring.append(lent);

  lent.fill(0);

  assert.deepEqual(ring.slice(0, PACKET_SAMPLES), row(0, 1));
});

test("the longest recording ends with a whole packet", () => {
  const recording = new Recording(7 * PACKET_SAMPLES + 100, undefined, OPUS);

  assert.equal(recording.capture(row(0, 5)), "taken");
  assert.equal(recording.capture(row(5, 5)), "complete");

  assert.equal(recording.end, 7 * PACKET_SAMPLES);
  assert.deepEqual(recording.slice(0, recording.end), row(0, 7));
});

test("the largest packets fit into a message", () => {
  const packets = OPUS.samplesWithin(audioBytesWithin(MESSAGE_BYTES)) / PACKET_SAMPLES;

  assert.ok(packets >= 10, "200 ms");
  assert.ok(packets * MOST_PACKET_BYTES <= audioBytesWithin(MESSAGE_BYTES));
});

test("what is said of the bandwidth is what packets take on the wire", () => {
  for (const [quality, bits] of Object.entries(BITS_PER_S)) {
    const perPacket = bits / 8 / 50 + 2;
    const base64 = (Math.ceil((10 * perPacket) / 3) * 4 + 110) * 5 * 8;
    assert.ok(Math.abs(sentBitsPerS(quality, "opus") - base64) < 1000, `${quality}: ${sentBitsPerS(quality, "opus")}, not ${base64}`);
  }
});

// -- the encoder, on a browser's likeness of one ----------------------------------------------------------

/** Answers a moment later, like a browser's; its packets carry the first and the last sample they were made of. */
class FakeAudioEncoder {
  static toc = 0x78;
  state = "unconfigured";
  #output;
  #queue = [];

  constructor({ output }) {
    this.#output = output;
  }

  static isConfigSupported(config) {
    return Promise.resolve({ supported: config.codec === "opus" && config.opus.frameDuration === 20_000, config });
  }

  configure() {
    this.state = "configured";
  }

  encode({ samples }) {
    this.#queue.push(samples);
    setTimeout(() => this.#give(), 1);
  }

  async flush() {
    await new Promise((done) => setTimeout(done, 1));
    while (this.#queue.length > 0) this.#give();
  }

  close() {
    this.state = "closed";
  }

  #give() {
    const samples = this.#queue.shift();
    if (samples === undefined) return;
    const packet = new Uint8Array([FakeAudioEncoder.toc, samples[0], samples[959]]);
    this.#output({ byteLength: packet.length, copyTo: (target) => target.set(packet) });
  }
}

class FakeAudioData {
  constructor({ data }) {
    this.samples = new Int16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  }

  close() {
    this.samples = null;
  }
}

/** @param {number} samples @param {number} value */
const pcm = (samples, value) => new Uint8Array(new Int16Array(samples).fill(value).buffer);

function withBrowser(act) {
  Object.assign(globalThis, { AudioEncoder: FakeAudioEncoder, AudioData: class extends FakeAudioData {
    close() {} // the fake encoder reads later; a browser has copied by then
  } });
  return Promise.resolve(act()).finally(() => {
    delete globalThis.AudioEncoder;
    delete globalThis.AudioData;
  });
}

test("packets come in order, and a pause loses no sample", () =>
  withBrowser(async () => {
    const heard = [];
    const encoder = new OpusEncoder("medium", (bytes) => heard.push([...bytes]), assert.fail);

    for (let batch = 1; batch <= 4; batch += 1) encoder.push(pcm(500, batch));
    await encoder.flush();
    encoder.push(pcm(960, 9));
    await encoder.flush();

    assert.deepEqual(heard, [
      [3, 0, 0x78, 1, 2], [3, 0, 0x78, 2, 4], [3, 0, 0x78, 4, 0], [3, 0, 0x78, 0, 0], // the rest, and what an encoder holds back
      [3, 0, 0x78, 9, 9], [3, 0, 0x78, 0, 0],
    ]);
  }));

test("packets of another length are no use, and the page is told", () =>
  withBrowser(async () => {
    let failures = 0;
    FakeAudioEncoder.toc = 0x70; // 10 ms
    const encoder = new OpusEncoder("low", assert.fail, () => (failures += 1));

    encoder.push(pcm(960, 1));
    await encoder.flush();

    FakeAudioEncoder.toc = 0x78;
    assert.equal(failures, 2);
    encoder.close();
    encoder.push(pcm(960, 1));
    encoder.close();
  }));

test("a browser without an encoder, or with one that does not heed what it is told, sends samples", async () => {
  assert.equal(await canEncodeOpus(), false);
  await withBrowser(async () => {
    assert.equal(await canEncodeOpus(), true);
    FakeAudioEncoder.toc = 0x70; // 10 ms, whatever was asked for
    assert.equal(await canEncodeOpus(), false);
    FakeAudioEncoder.toc = 0x78;
  });
});

test("samples go as they are when nothing is encoded", async () => {
  const heard = [];
  const feed = new Feed({ encoding: "pcm", quality: "low" }, (bytes) => heard.push(bytes), assert.fail);

  feed.push(pcm(5, 1));
  await feed.flush();
  feed.close();

  assert.deepEqual(heard, [pcm(5, 1)]);
});

test("packets go in rows of 100 ms, and the last ones at a pause", async () => {
  const heard = [];
  let give = () => {};
  const makeEncoder = (quality, onPacket) => ((give = onPacket), { push() {}, flush: async () => give(row(6, 1)), close() {} });
  const feed = new Feed({ encoding: "opus", quality: "high" }, (bytes) => heard.push(bytes), assert.fail, makeEncoder);

  for (let number = 0; number < 6; number += 1) give(row(number, 1));
  await feed.flush();
  await feed.flush();

  assert.deepEqual(heard, [row(0, 5), row(5, 2), row(6, 1)]);
});

test("an encoder that hangs keeps nobody from stopping", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const makeEncoder = () => ({ push() {}, flush: () => new Promise(() => {}), close() {} });
  const feed = new Feed({ encoding: "opus", quality: "low" }, () => {}, assert.fail, makeEncoder);

  const flushing = feed.flush();
  context.mock.timers.tick(1000);

  await flushing;
});

test("what comes while the last packets are awaited belongs to no stretch", async () => {
  const pushed = [];
  let finish = () => {};
  const makeEncoder = () => ({
    push: (bytes) => pushed.push(bytes),
    flush: () => new Promise((done) => (finish = done)),
    close() {},
  });
  const feed = new Feed({ encoding: "opus", quality: "low" }, () => {}, assert.fail, makeEncoder);

  feed.push(pcm(5, 1));
  const flushing = feed.flush();
  feed.push(pcm(5, 2));
  finish();
  await flushing;
  feed.push(pcm(5, 3));

  assert.deepEqual(pushed, [pcm(5, 1), pcm(5, 3)]);
});
