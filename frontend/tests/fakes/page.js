/** A session and the hand that drives it: time goes on in ticks, and what was sent is kept as messages. */

import { Session } from "../../js/session.js";
import { parseServerMessage } from "../../js/wire.js";
import { LIMITS } from "./server.js";

export const SESSION = "6f1c2e0a-53a1-5d0e-9f64-0c2f8f0f7d11";
export const REQUEST = "b3b0c1de-9a64-4f0e-b1a7-2f6f3f5f9a01";
const CLIENT = "0f9d6a3e-7f0b-4c3e-8a55-5c8c6f1f2b10";
const TICK_MS = 50;

export class Page {
  now = 1000;
  effects = [];
  sent = [];
  epoch = 1;

  constructor({ quality = "medium", random = () => 0.5, ringBytes, limits = {}, leftBehind } = {}) {
    this.rateHz = { low: 8000, medium: 16_000, high: 48_000 }[quality];
    this.limits = { ...LIMITS, ...limits };
    this.session = new Session({
      client: CLIENT,
      requestId: REQUEST,
      choices: { quality, specialty: "UROLOGY", conversation: "CONVERSATION" },
      random,
      ringBytes,
      leftBehind,
    });
  }

  get view() {
    return this.session.snapshot();
  }

  /** Have an event happen, and give the effects that followed. */
  tell(event) {
    const effects = this.session.handle(event, this.now);
    for (const effect of effects) {
      this.effects.push({ at: this.now, ...effect });
      if (effect.kind === "send") {
        this.sent.push({ at: this.now, connection: effect.connection, size: effect.text.length, ...JSON.parse(effect.text) });
      }
    }
    return effects;
  }

  /** Let time pass. */
  wait(seconds) {
    for (const until = this.now + seconds * 1000; this.now < until; ) {
      this.now = Math.min(until, this.now + TICK_MS);
      this.tell({ kind: "tick" });
    }
  }

  /** Capture that much audio at this very moment; sample n holds n modulo 2^15. */
  capture(seconds) {
    const from = this.view.recorded;
    const bytes = Buffer.alloc(Math.round(seconds * this.rateHz) * 2);
    for (let i = 0; i < bytes.length / 2; i += 1) bytes.writeInt16LE((from + i) & 0x7fff, i * 2);
    this.tell({ kind: "captured", bytes });
  }

  /** Speak in real time; the server hears all of it and stores it, unless told not to. */
  speak(seconds, { acks = true } = {}) {
    for (let i = 0; i < Math.round(seconds * 10); i += 1) {
      this.capture(0.1);
      this.wait(0.1);
      if (acks) this.ack(this.furthest);
    }
  }

  /** One past the last sample that was sent. */
  get furthest() {
    return Math.max(0, ...this.audio().map(({ offset, samples }) => offset + samples));
  }

  /** The audio messages sent so far, or since a moment. */
  audio(since = -Infinity) {
    return this.sent
      .filter(({ type, at }) => type === "audio" && at >= since)
      .map((message) => ({ ...message, samples: Buffer.from(message.data, "base64").length / 2 }));
  }

  said(type, since = -Infinity) {
    return this.sent.filter((message) => message.type === type && message.at >= since);
  }

  did(kind, since = -Infinity) {
    return this.effects.filter((effect) => effect.kind === kind && effect.at >= since);
  }

  /** The number of the last connection that was asked for. */
  get connection() {
    return this.did("connect").at(-1)?.connection;
  }

  /** Hear a message about the session over the last connection. */
  hear(type, fields = {}, { connection = this.connection, epoch = this.epoch } = {}) {
    const message = parseServerMessage(JSON.stringify({ type, session_id: SESSION, epoch, ...fields }));
    return this.tell({ kind: "heard", connection, message });
  }

  ack(received, durable = received) {
    return this.hear("ack", { received, durable });
  }

  ready(nextOffset = 0, where = {}) {
    return this.hear("ready", { ref: null, next_offset: nextOffset, limits: this.limits }, where);
  }

  error(code, fields = {}) {
    return this.hear("error", { ref: null, code, message: `${code}.`, retryable: false, retry_after_s: null, ...fields });
  }

  final(segment) {
    return this.hear("final", { segment, start_ms: 0, end_ms: 1, text: `f${segment}`, stream: 0, speaker: null, items: [], entities: [] });
  }

  saved(fields = {}) {
    return this.hear("saved", {
      transcription_id: 9, samples: this.view.recorded, sha256: "", segments: 0, gaps: [], transcript: "complete", ...fields,
    });
  }

  /** Begin, connect, and be answered. */
  open() {
    this.tell({ kind: "begin" });
    this.tell({ kind: "opened", connection: this.connection });
    this.ready();
    return this;
  }
}
