/**
 * SHA-256 that takes its bytes as they come (FIPS 180-4). Pure.
 *
 * WebCrypto digests only what is whole, and a recording never is while the doctor speaks: keeping up to 173 MB
 * for one call at the end is not an option. Not for secrets: it makes no promise about timing.
 */

const BLOCK_BYTES = 64;
const LENGTH_AT = 56; // the last 8 bytes of the last block hold the length in bits

/** The first 32 bits of a root's fraction. @param {number} prime @param {number} power */
function fractionBits(prime, power) {
  const root = prime ** power;
  return ((root - Math.floor(root)) * 2 ** 32) | 0;
}

/** @param {number} count */
function firstPrimes(count) {
  /** @type {number[]} */
  const primes = [];
  for (let candidate = 2; primes.length < count; candidate += 1) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}

const PRIMES = firstPrimes(64);
const ROUND = Int32Array.from(PRIMES, (prime) => fractionBits(prime, 1 / 3));
const INITIAL = Int32Array.from(PRIMES.slice(0, 8), (prime) => fractionBits(prime, 1 / 2));

/** @param {number} word @param {number} bits */
const rotate = (word, bits) => (word >>> bits) | (word << (32 - bits));

/** A digest under way. */
export class Sha256 {
  #state = INITIAL.slice();
  #schedule = new Int32Array(64);
  #block = new Uint8Array(BLOCK_BYTES);
  #blockBytes = 0;
  #totalBytes = 0;

  /**
   * Take the next bytes.
   * @param {Uint8Array} bytes
   */
  update(bytes) {
    this.#totalBytes += bytes.length;
    let at = 0;
    while (at < bytes.length) {
      const part = bytes.subarray(at, at + BLOCK_BYTES - this.#blockBytes);
      this.#block.set(part, this.#blockBytes);
      this.#blockBytes += part.length;
      at += part.length;
      if (this.#blockBytes === BLOCK_BYTES) {
        this.#compress();
        this.#blockBytes = 0;
      }
    }
  }

  /**
   * Give the digest of all bytes so far in hex; more may follow.
   * @returns {string}
   */
  hex() {
    const last = new Sha256();
    last.#state.set(this.#state);
    last.#block.set(this.#block);
    last.#blockBytes = this.#blockBytes;
    return last.#finish(this.#totalBytes);
  }

  /** @param {number} totalBytes */
  #finish(totalBytes) {
    const padding = new Uint8Array(((LENGTH_AT - 1 - this.#blockBytes + BLOCK_BYTES) % BLOCK_BYTES) + 1 + 8);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    const bits = totalBytes * 8;
    view.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(padding.length - 4, bits >>> 0);
    this.update(padding);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #compress() {
    const w = this.#schedule;
    const block = new DataView(this.#block.buffer);
    for (let i = 0; i < 16; i += 1) w[i] = block.getInt32(i * 4);
    for (let i = 16; i < 64; i += 1) {
      const s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >>> 3);
      const s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    let [a, b, c, d, e, f, g, h] = this.#state;
    for (let i = 0; i < 64; i += 1) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i] + w[i]) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => {
      this.#state[i] += word;
    });
  }
}
