/**
 * The newest sound of a recording, kept so that a doubtful word can be heard again before the record exists. Pure.
 *
 * In this page's memory only, and bounded: at 16 kHz, which is enough to recognise a word, the newest eight minutes.
 * It is no copy that anything relies on: what is sent, and what counts, is the ring's.
 */

const BYTES = 16 * 1024 * 1024;
const LISTENING_HZ = 16_000;
const BYTES_PER_SAMPLE = 2;

/** @typedef {{ startMs: number, samples: Int16Array }} Piece */

/** What was heard last. */
export class SoundMemory {
  #bytes;
  #held = 0;
  #rateHz = LISTENING_HZ;
  /** @type {Piece[]} */
  #pieces = [];
  #isAnew = true;

  /** @param {number} [bytes] */
  constructor(bytes = BYTES) {
    this.#bytes = bytes;
  }

  /** Of what `cut` gives, in samples per second. */
  get rateHz() {
    return this.#rateHz;
  }

  /** What comes next does not follow what came last: the session's clock stood still, or was moved elsewhere. */
  breakOff() {
    this.#isAnew = true;
  }

  /**
   * Take what was captured.
   * @param {Uint8Array} bytes signed 16-bit little-endian samples; only lent
   * @param {{ rateHz: number, recorded: number }} session its rate, 8, 16 or 48 kHz, and how many samples it has already
   */
  hear(bytes, { rateHz, recorded }) {
    const every = Math.max(1, Math.round(rateHz / LISTENING_HZ));
    this.#rateHz = rateHz / every;
    const samples = thinned(bytes, every);
    const last = this.#pieces.at(-1);
    const follows = last === undefined ? 0 : this.#endMs(last);
    // Within a stretch it is counted here: what an encoder holds back is not recorded yet.
    this.#pieces.push({ startMs: this.#isAnew ? (recorded * 1000) / rateHz : follows, samples });
    this.#isAnew = false;
    this.#held += samples.byteLength;
    while (this.#held > this.#bytes && this.#pieces.length > 1) {
      this.#held -= /** @type {Piece} */ (this.#pieces.shift()).samples.byteLength;
    }
  }

  /**
   * Give a stretch of it; null: it is not held from its beginning on.
   * @param {number} startMs
   * @param {number} endMs
   */
  cut(startMs, endMs) {
    const touched = this.#pieces.filter((piece) => piece.startMs < endMs && this.#endMs(piece) > startMs);
    if (touched.length === 0 || touched[0].startMs > startMs) return null;
    const stretch = new Int16Array(Math.round(((endMs - startMs) * this.#rateHz) / 1000));
    for (const { startMs: at, samples } of touched) {
      const offset = Math.round(((at - startMs) * this.#rateHz) / 1000);
      const from = Math.max(0, -offset);
      stretch.set(samples.subarray(from, from + Math.max(0, stretch.length - Math.max(0, offset))), Math.max(0, offset));
    }
    return stretch;
  }

  /** Forget all of it. */
  clear() {
    this.#pieces = [];
    this.#held = 0;
    this.#isAnew = true;
  }

  /** @param {Piece} piece */
  #endMs({ startMs, samples }) {
    return startMs + (samples.length * 1000) / this.#rateHz;
  }
}

/** Take the mean of every so many samples. @param {Uint8Array} bytes @param {number} every */
function thinned(bytes, every) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Int16Array(Math.floor(bytes.byteLength / BYTES_PER_SAMPLE / every));
  for (let at = 0; at < samples.length; at += 1) {
    let sum = 0;
    for (let one = 0; one < every; one += 1) sum += view.getInt16((at * every + one) * BYTES_PER_SAMPLE, true);
    samples[at] = sum / every;
  }
  return samples;
}
