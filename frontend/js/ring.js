/**
 * Keep the audio that is not known to be durable. Pure.
 *
 * It never overwrites and never forgets by itself: only `trim` and `clear` let go, and a full ring refuses.
 * Positions are samples on the session's clock.
 */

export const RING_BYTES = 60 * 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;

/** The held part [from, end) of a recording. */
export class Ring {
  #bytesPerSample;
  #capacityBytes;
  /** @type {Map<number, Uint8Array>} block n holds bytes n * BLOCK_BYTES on of the recording */
  #blocks = new Map();
  #fromByte = 0;
  #endByte = 0;

  /**
   * @param {number} bytesPerSample
   * @param {number} [capacityBytes]
   */
  constructor(bytesPerSample, capacityBytes = RING_BYTES) {
    this.#bytesPerSample = bytesPerSample;
    this.#capacityBytes = capacityBytes;
  }

  /** The oldest sample still held, if any is. */
  get from() {
    return this.#fromByte / this.#bytesPerSample;
  }

  /** One past the newest sample. */
  get end() {
    return this.#endByte / this.#bytesPerSample;
  }

  get isEmpty() {
    return this.#fromByte === this.#endByte;
  }

  get heldBytes() {
    return this.#endByte - this.#fromByte;
  }

  /** How full it is, 0 to 1. */
  get fullness() {
    return this.heldBytes / this.#capacityBytes;
  }

  /**
   * Take a copy of whole samples at the end.
   * @param {Uint8Array} bytes
   * @returns {boolean} false, and nothing taken, when there is no room for all of them
   */
  append(bytes) {
    if (this.heldBytes + bytes.length > this.#capacityBytes) return false;
    for (let taken = 0; taken < bytes.length; ) {
      const within = this.#endByte % BLOCK_BYTES;
      const part = bytes.subarray(taken, taken + BLOCK_BYTES - within);
      this.#block(Math.floor(this.#endByte / BLOCK_BYTES)).set(part, within);
      this.#endByte += part.length;
      taken += part.length;
    }
    return true;
  }

  /**
   * Copy samples [from, to), which must be held.
   * @param {number} from
   * @param {number} to
   * @returns {Uint8Array}
   */
  slice(from, to) {
    if (from < this.from || to > this.end) throw new RangeError("these samples are not held");
    const copy = new Uint8Array((to - from) * this.#bytesPerSample);
    for (let copied = 0; copied < copy.length; ) {
      const at = from * this.#bytesPerSample + copied;
      const within = at % BLOCK_BYTES;
      const length = Math.min(BLOCK_BYTES - within, copy.length - copied);
      copy.set(this.#block(Math.floor(at / BLOCK_BYTES)).subarray(within, within + length), copied);
      copied += length;
    }
    return copy;
  }

  /**
   * Let go of everything before a sample that is durable.
   * @param {number} durable
   */
  trim(durable) {
    const target = Math.min(durable * this.#bytesPerSample, this.#endByte);
    while (this.#fromByte < target) {
      const block = Math.floor(this.#fromByte / BLOCK_BYTES);
      const blockEnd = (block + 1) * BLOCK_BYTES;
      if (blockEnd <= target) this.#blocks.delete(block);
      this.#fromByte = Math.min(blockEnd, target);
    }
  }

  /** Let go of everything: the server has stored the session. */
  clear() {
    this.#blocks.clear();
    this.#fromByte = this.#endByte;
  }

  /**
   * Hold nothing and go on from a later sample, which another page recorded up to.
   * @param {number} offset
   */
  moveTo(offset) {
    this.#blocks.clear();
    this.#fromByte = this.#endByte = offset * this.#bytesPerSample;
  }

  /** @param {number} number */
  #block(number) {
    let block = this.#blocks.get(number);
    if (block === undefined) {
      block = new Uint8Array(BLOCK_BYTES);
      this.#blocks.set(number, block);
    }
    return block;
  }
}
