/**
 * A server of one session as the protocol describes it, without a network: messages in, messages out, time passed
 * in. It checks what it is sent and remembers every breach. `die` gives the session to a new owner that knows
 * only what was durable.
 */

import { createHash } from "node:crypto";

import { crc32 } from "../../js/crc32.js";

export const LIMITS = {
  idle_s: 300, duration_s: 1800, buffer_bytes: 62_914_560, message_bytes: 32_000, messages_per_s: 40,
};
const SESSION_ID = "6f1c2e0a-53a1-5d0e-9f64-0c2f8f0f7d11";
const ACK_MS = 500;
const HEARTBEAT_MS = 5000;
const DURABLE_MS = 2000;
const NACK_AFTER_MS = 500;
const FINAL_S = 2; // of received audio

export class FakeServer {
  breaches = [];
  finals = [];
  saved = null;
  #rateHz;
  #bytes = Buffer.alloc(0);
  #isReceived = new Uint8Array(0);
  #isDurable = new Uint8Array(0);
  #received = 0;
  #durable = 0;
  #epoch = 1;
  #end = null;
  #clientSha256 = null;
  #isStored = false;
  #attached = null;
  #toldReceived = -1;
  #toldDurable = -1;
  #ackAt = 0;
  #heartbeatAt = 0;
  #durableAt = 0;
  #nackAt = 0;
  #savedAt = Infinity;
  #furthest = 0;

  constructor(rateHz, limits = LIMITS) {
    this.#rateHz = rateHz;
    this.limits = limits;
  }

  get durable() {
    return this.#durable;
  }

  get received() {
    return this.#received;
  }

  /** The bytes of all samples that came, in order. */
  get bytes() {
    return this.#bytes;
  }

  /** Take a message's text over a connection, and give [connection, message] pairs to send. */
  take(connection, text, now) {
    if (Buffer.byteLength(text) > this.limits.message_bytes) this.breaches.push("a message over 32,000 bytes");
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return [[connection, this.#error("bad_message")]];
    }
    switch (message.type) {
      case "start":
      case "resume":
        return this.#attach(connection, message);
      case "audio":
        return this.#audio(connection, message, now);
      case "stop":
        return this.#stop(connection, message);
      case "pause":
      case "ping":
        return [];
      default:
        this.breaches.push(`unexpected ${message.type}`);
        return [];
    }
  }

  /** Let time pass. */
  tick(now) {
    const out = [];
    if (now >= this.#durableAt) {
      this.#durableAt = now + DURABLE_MS;
      this.#isDurable.fill(1, this.#durable, this.#received);
      this.#durable = this.#received;
    }
    while (this.#received >= (this.finals.length + 1) * FINAL_S * this.#rateHz) out.push(this.#makeFinal());
    if (this.#end !== null && this.#durable === this.#end) {
      if (!this.#isStored) {
        this.#isStored = true;
        out.push(this.#stored());
        this.#savedAt = now + 1500;
      }
      if (now >= this.#savedAt && this.saved === null) {
        if (this.#received > this.finals.length * FINAL_S * this.#rateHz) out.push(this.#makeFinal());
        out.push(this.#makeSaved());
      }
    } else {
      if (this.#received !== this.#toldReceived || this.#durable !== this.#toldDurable ? now >= this.#ackAt : now >= this.#heartbeatAt) {
        this.#ackAt = now + ACK_MS;
        this.#heartbeatAt = now + HEARTBEAT_MS;
        out.push(this.#ack());
      }
      if (now >= this.#nackAt && this.#furthest > this.#received) {
        this.#nackAt = now + NACK_AFTER_MS;
        out.push(this.#about("nack", { missing: this.#holes() }));
      }
    }
    if (this.#attached === null) return [];
    return out.map((message) => [this.#attached, message]);
  }

  /** The owner dies; a new one takes over with what was durable, and says so unless that is lost too. */
  die(saysSo) {
    this.#epoch += 1;
    this.#isReceived = this.#isDurable.slice();
    this.#received = this.#durable;
    this.#furthest = this.#durable;
    this.#toldReceived = -1;
    return saysSo && this.#attached !== null ? [[this.#attached, this.#about("moved", {})]] : [];
  }

  /** A connection is gone. */
  detach(connection) {
    if (this.#attached === connection) this.#attached = null;
  }

  #about(type, fields) {
    return { type, session_id: SESSION_ID, epoch: this.#epoch, ...fields };
  }

  #error(code, ref = null) {
    return { ...this.#about("error", {}), ref, code, message: `${code}.`, retryable: false, retry_after_s: null };
  }

  #ack() {
    this.#toldReceived = this.#received;
    this.#toldDurable = this.#durable;
    return this.#about("ack", { received: this.#received, durable: this.#durable });
  }

  #stored() {
    return this.#about("stored", { samples: this.#end, sha256: this.#sha256() });
  }

  #makeFinal() {
    const segment = this.finals.length;
    const final = {
      segment, start_ms: segment * 2000, end_ms: segment * 2000 + 1900, text: `final ${segment}`, stream: 0,
      speaker: null, items: [], entities: [],
    };
    this.finals.push(final);
    return this.#about("final", final);
  }

  #makeSaved() {
    if (this.#clientSha256 !== null && this.#clientSha256 !== this.#sha256()) this.breaches.push("another SHA-256");
    this.saved = {
      transcription_id: 7, samples: this.#end, sha256: this.#sha256(), segments: this.finals.length, gaps: [],
      transcript: "complete",
    };
    return this.#about("saved", this.saved);
  }

  #sha256() {
    return createHash("sha256").update(this.#bytes.subarray(0, this.#end * 2)).digest("hex");
  }

  #attach(connection, message) {
    this.#attached = connection;
    if (message.type === "resume" && message.have_from !== null && message.have_from > this.#durable) {
      this.breaches.push(`let go of samples from ${this.#durable} that were not durable`);
    }
    const answer = [this.#about("ready", { ref: message.id, next_offset: this.#received, limits: this.limits })];
    if (message.type === "resume") {
      answer.push(...this.finals.slice(message.last_segment + 1).map((final) => this.#about("final", final)));
    }
    if (this.saved !== null) answer.push(this.#about("saved", this.saved));
    else if (this.#isStored) answer.push(this.#stored());
    else answer.push(this.#ack());
    return answer.map((one) => [connection, one]);
  }

  #stop(connection, message) {
    this.#end ??= message.end_offset;
    this.#clientSha256 ??= message.sha256;
    if (this.saved !== null) return [[connection, this.#about("saved", this.saved)]];
    return [[connection, this.#isStored ? this.#stored() : this.#ack()]];
  }

  #audio(connection, message, now) {
    const data = Buffer.from(message.data, "base64");
    if (crc32(data) !== message.crc32) return [[connection, this.#error("bad_message")]];
    const [from, to] = [message.offset, message.offset + data.length / 2];
    if (to - from > 0.6 * this.#rateHz) this.breaches.push("more than 600 ms in a message");
    if ((to - this.#received) * 2 > 512 * 1024 + 2 * 1024 * 1024) this.breaches.push("too far ahead");
    this.#grow(to);
    for (let sample = from; sample < to; sample += 1) {
      if (this.#isReceived[sample] === 0) {
        this.#isReceived[sample] = 1;
        data.copy(this.#bytes, sample * 2, (sample - from) * 2, (sample - from) * 2 + 2);
      } else if (this.#bytes.readInt16LE(sample * 2) !== data.readInt16LE((sample - from) * 2)) {
        this.breaches.push(`other bytes for sample ${sample}`);
        break;
      }
    }
    while (this.#isReceived[this.#received] === 1) this.#received += 1;
    return [];
  }

  #grow(samples) {
    this.#furthest = Math.max(this.#furthest, samples);
    if (this.#isReceived.length >= samples) return;
    const room = Math.max(samples, 2 * this.#isReceived.length);
    const [received, durable, bytes] = [new Uint8Array(room), new Uint8Array(room), Buffer.alloc(room * 2)];
    received.set(this.#isReceived);
    durable.set(this.#isDurable);
    bytes.set(this.#bytes);
    [this.#isReceived, this.#isDurable, this.#bytes] = [received, durable, bytes];
  }

  #holes() {
    const holes = [];
    for (let at = this.#received; at < this.#furthest && holes.length < 16; ) {
      let to = at;
      while (to < this.#furthest && this.#isReceived[to] === 0) to += 1;
      holes.push([at, to]);
      at = to;
      while (at < this.#furthest && this.#isReceived[at] === 1) at += 1;
    }
    return holes;
  }
}
