/** Bring the microphone's samples to the session in the form it was opened with: as they are, or as packets. */

import { OpusEncoder } from "./opus-encoder.js";
import { joined } from "./opus-packets.js";

/** @typedef {Pick<OpusEncoder, "push" | "flush" | "close">} Encoder */
/** @typedef {(quality: import("./wire.js").Quality, onPacket: (bytes: Uint8Array) => void, onFailed: () => void) => Encoder} MakeEncoder */

/** @type {MakeEncoder} */
const makeOpusEncoder = (quality, onPacket, onFailed) => new OpusEncoder(quality, onPacket, onFailed);

const ROW_PACKETS = 5; // 100 ms, as samples come: every one by itself would redraw the page 50 times a second
const FLUSH_WITHIN_MS = 1000; // an encoder that hangs must not keep the user from stopping

/** The way of one session's sound. */
export class Feed {
  #onAudio;
  /** @type {Encoder | null} null: samples go as they are */
  #encoder = null;
  #isFlushing = false;
  /** @type {Uint8Array[]} */
  #row = [];

  /**
   * @param {import("./session-types.js").Choices} choices
   * @param {(bytes: Uint8Array) => void} onAudio
   * @param {() => void} onFailed the encoder is of no more use
   * @param {MakeEncoder} [makeEncoder]
   */
  constructor({ encoding, quality }, onAudio, onFailed, makeEncoder = makeOpusEncoder) {
    this.#onAudio = onAudio;
    if (encoding === "opus") this.#encoder = makeEncoder(quality, (packet) => this.#add(packet), onFailed);
  }

  /**
   * Take samples while the session records.
   * @param {Uint8Array} bytes
   */
  push(bytes) {
    if (this.#isFlushing) return; // the user has ended the stretch
    if (this.#encoder === null) this.#onAudio(bytes);
    else this.#encoder.push(bytes);
  }

  /** Have all that was pushed with the session before it pauses or stops. */
  async flush() {
    if (this.#encoder === null || this.#isFlushing) return;
    this.#isFlushing = true;
    let timer;
    await Promise.race([this.#encoder.flush(), new Promise((done) => (timer = setTimeout(done, FLUSH_WITHIN_MS)))]);
    clearTimeout(timer);
    this.#give();
    this.#isFlushing = false;
  }

  /** @param {Uint8Array} packet */
  #add(packet) {
    this.#row.push(packet);
    if (this.#row.length === ROW_PACKETS) this.#give();
  }

  #give() {
    if (this.#row.length > 0) this.#onAudio(joined(this.#row));
    this.#row = [];
  }

  close() {
    this.#encoder?.close();
  }
}
