/**
 * Keep the packets that are not known to be durable. Pure. What ring.js is for samples, with packets of 20 ms.
 *
 * It never overwrites and never forgets by itself: only `trim`, `clear` and `moveTo` let go, and a full ring refuses.
 * Positions are samples on the session's clock; those asked for lie between packets.
 */

import { PACKET_SAMPLES, joined, packetsIn } from "./opus-packets.js";
import { RING_BYTES } from "./ring.js";

const TIDY_PACKETS = 1024; // dropped one by one, an array of an hour's packets would be moved 50 times a second

/** The held part [from, end) of a recording. */
export class PacketRing {
  #capacityBytes;
  /** @type {Uint8Array[]} those before `#first` are let go of */
  #packets = [];
  #first = 0;
  #from = 0;
  #heldBytes = 0;

  /** @param {number} [capacityBytes] */
  constructor(capacityBytes = RING_BYTES) {
    this.#capacityBytes = capacityBytes;
  }

  /** The oldest sample still held, if any is. */
  get from() {
    return this.#from;
  }

  /** One past the newest sample. */
  get end() {
    return this.#from + (this.#packets.length - this.#first) * PACKET_SAMPLES;
  }

  get isEmpty() {
    return this.#first === this.#packets.length;
  }

  get heldBytes() {
    return this.#heldBytes;
  }

  /** How full it is, 0 to 1. */
  get fullness() {
    return this.#heldBytes / this.#capacityBytes;
  }

  /**
   * Take a copy of whole packets at the end.
   * @param {Uint8Array} bytes
   * @returns {boolean} false, and nothing taken, when there is no room for all of them
   */
  append(bytes) {
    if (this.#heldBytes + bytes.length > this.#capacityBytes) return false;
    this.#packets.push(...packetsIn(bytes.slice()));
    this.#heldBytes += bytes.length;
    return true;
  }

  /**
   * Copy the packets of samples [from, to), which must be held.
   * @param {number} from
   * @param {number} to
   * @returns {Uint8Array}
   */
  slice(from, to) {
    if (from < this.from || to > this.end) throw new RangeError("these samples are not held");
    return joined(this.#packets.slice(this.#indexOf(from), this.#indexOf(to)));
  }

  /**
   * Let go of every packet before a sample that is durable.
   * @param {number} durable
   */
  trim(durable) {
    while (!this.isEmpty && this.#from + PACKET_SAMPLES <= durable) {
      this.#heldBytes -= this.#packets[this.#first].length;
      this.#first += 1;
      this.#from += PACKET_SAMPLES;
    }
    if (this.#first >= TIDY_PACKETS) this.#tidy();
  }

  /** Let go of everything: the server has stored the session. */
  clear() {
    this.moveTo(this.end);
  }

  /**
   * Hold nothing and go on from a later sample, which another page recorded up to.
   * @param {number} offset
   */
  moveTo(offset) {
    this.#packets = [];
    this.#first = 0;
    this.#heldBytes = 0;
    this.#from = offset;
  }

  /** @param {number} sample */
  #indexOf(sample) {
    return this.#first + (sample - this.#from) / PACKET_SAMPLES;
  }

  #tidy() {
    this.#packets = this.#packets.slice(this.#first);
    this.#first = 0;
  }
}
