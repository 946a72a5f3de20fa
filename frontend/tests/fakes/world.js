/**
 * A page, a server and the network between them in simulated time: messages lost, doubled, late, overtaking and
 * spoilt, connections cut, owners dying, all by a seed. Samples are random, so that none can stand for another.
 */

import { withLength } from "../../js/opus-packets.js";
import { Session } from "../../js/session.js";
import { parseServerMessage } from "../../js/wire.js";
import { seeded } from "./random.js";
import { FakeServer } from "./server.js";

const PACKET_BYTES = 240; // of 20 ms, with its length: a quarter of a byte a sample
const OPUS_SCALE = 8; // so the server, which has two bytes a sample, counts one for every eight

const BATCH_MS = 100;
const TICK_MS = 100;

export const CALM = {
  drop: 0, duplicate: 0, corrupt: 0, reorderMs: 0, dropPush: 0, refuseConnect: 0, cutEveryMs: Infinity, dieEveryMs: Infinity,
  outages: [],
};

export class World {
  now = 0;
  captured = [];
  shown = [];
  breaches = [];
  sent = [];
  microphone = [];
  #random;
  #faults;
  #queue = [];
  #open = new Map();
  #isOn = false;

  constructor({ seed, quality = "low", encoding = "pcm", faults = {}, limits, ringBytes }) {
    this.#random = seeded(seed);
    this.#faults = { ...CALM, ...faults };
    this.isOpus = encoding === "opus";
    this.scale = this.isOpus ? OPUS_SCALE : 1;
    this.rateHz = this.isOpus ? 48_000 : { low: 8000, medium: 16_000, high: 48_000 }[quality];
    this.server = new FakeServer(this.rateHz / this.scale, limits);
    this.session = new Session({
      client: "0f9d6a3e-7f0b-4c3e-8a55-5c8c6f1f2b10",
      requestId: "b3b0c1de-9a64-4f0e-b1a7-2f6f3f5f9a01",
      choices: { quality, encoding, specialty: "PRIMARYCARE", conversation: "DICTATION" },
      random: this.#random,
      ringBytes,
    });
    this.#every(TICK_MS, () => this.tell({ kind: "tick" }));
    this.#every(50, () => this.#push(this.server.tick(this.now)));
    this.#every(BATCH_MS, () => this.#capture());
    if (this.#faults.dieEveryMs < Infinity) this.#every(this.#faults.dieEveryMs, () => this.#kill());
  }

  get bytes() {
    return Buffer.concat(this.captured);
  }

  tell(event) {
    for (const effect of this.session.handle(event, this.now)) this.#perform(effect);
    this.#look();
  }

  run(ms) {
    const until = this.now + ms;
    while (this.#queue.length > 0 && this.#queue[0].at <= until) {
      const { at, act } = this.#queue.shift();
      this.now = at;
      act();
    }
    this.now = until;
  }

  /** Run until something holds; false when it does not within the time. */
  runUntil(holds, longestMs) {
    for (const until = this.now + longestMs; this.now < until; ) {
      if (holds()) return true;
      this.run(100);
    }
    return holds();
  }

  #at(at, act) {
    let index = this.#queue.length;
    while (index > 0 && this.#queue[index - 1].at > at) index -= 1;
    this.#queue.splice(index, 0, { at, act });
  }

  #every(ms, act) {
    const again = () => {
      act();
      this.#at(this.now + ms, again);
    };
    this.#at(this.now + ms, again);
  }

  #isOut() {
    return this.#faults.outages.some(([from, to]) => from <= this.now && this.now < to);
  }

  #capture() {
    const bytes = Buffer.alloc((this.rateHz * BATCH_MS) / 1000 * 2 / this.scale);
    for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE(Math.floor(this.#random() * 2 ** 32), i);
    for (let at = 0; this.isOpus && at < bytes.length; at += PACKET_BYTES) {
      bytes[at + 2] = 0x78;
      bytes.set(withLength(bytes.subarray(at + 2, at + PACKET_BYTES)), at);
    }
    const before = this.session.snapshot().recorded;
    this.tell({ kind: "captured", bytes });
    const taken = this.session.snapshot().recorded - before;
    if (taken > 0) this.captured.push(bytes.subarray(0, taken * 2 / this.scale));
  }

  #kill() {
    this.#push(this.server.die(this.#random() < 0.5));
  }

  #perform(effect) {
    switch (effect.kind) {
      case "connect": {
        const isRefused = this.#random() < this.#faults.refuseConnect || this.#isOut();
        this.#at(this.now + 30 + 200 * this.#random(), () => {
          if (isRefused) return this.tell({ kind: "closed", connection: effect.connection });
          this.#open.set(effect.connection, { pushAt: 0 });
          const cutMs = this.#faults.cutEveryMs * (0.5 + this.#random());
          if (cutMs < Infinity) this.#at(this.now + cutMs, () => this.#cut(effect.connection));
          return this.tell({ kind: "opened", connection: effect.connection });
        });
        break;
      }
      case "close":
        this.#open.delete(effect.connection);
        this.server.detach(effect.connection);
        break;
      case "send":
        this.#upload(effect.connection, effect.text);
        break;
      case "microphone":
        this.#isOn = effect.isOn;
        this.microphone.push(effect.isOn);
        break;
      default:
        this.breaches.push(`an effect of kind ${effect.kind}`);
    }
  }

  #upload(connection, text) {
    if (!this.#open.has(connection)) return;
    const message = JSON.parse(text);
    this.sent.push({ at: this.now, connection, ...message, bytes: text.length });
    if (this.#isOut() || this.#random() < this.#faults.drop) return;
    const copies = this.#random() < this.#faults.duplicate ? 2 : 1;
    const isSpoilt = this.#random() < this.#faults.corrupt;
    for (const field of ["offset", "end_offset", "have_from"]) if (message[field]) message[field] /= this.scale;
    const spoilt = isSpoilt ? this.#spoil(message) : JSON.stringify(message);
    for (let copy = 0; copy < copies; copy += 1) {
      this.#at(this.now + 10 + this.#faults.reorderMs * this.#random(), () => {
        this.#push(this.server.take(connection, spoilt, this.now));
      });
    }
  }

  #spoil(message) {
    if (message.type !== "audio") return JSON.stringify(message);
    const data = Buffer.from(message.data, "base64");
    data[Math.floor(this.#random() * data.length)] ^= 0x41;
    return JSON.stringify({ ...message, data: data.toString("base64") });
  }

  #push(pushes) {
    for (const [connection, message] of pushes) {
      const link = this.#open.get(connection);
      if (link === undefined || this.#isOut() || this.#random() < this.#faults.dropPush) continue;
      link.pushAt = Math.max(link.pushAt, this.now + 5 + 30 * this.#random()); // in order, connection by connection
      const text = JSON.stringify(this.#scaled(message));
      this.#at(link.pushAt, () => {
        if (this.#open.has(connection)) this.tell({ kind: "heard", connection, message: parseServerMessage(text) });
      });
    }
  }

  #scaled(message) {
    const scaled = { ...message };
    for (const field of ["next_offset", "received", "durable", "samples"]) if (message[field]) scaled[field] *= this.scale;
    if (message.missing) scaled.missing = message.missing.map((range) => range.map((at) => at * this.scale));
    return scaled;
  }

  #cut(connection) {
    if (!this.#open.delete(connection)) return;
    this.server.detach(connection);
    this.tell({ kind: "closed", connection });
  }

  #look() {
    const { durable, finals } = this.session.snapshot();
    if (durable > this.server.durable * this.scale) this.breaches.push("took for durable what is not");
    while (this.shown.length < finals.length) this.shown.push(finals[this.shown.length].text);
    if (finals.length < this.shown.length) this.breaches.push("a final was taken back");
  }
}
