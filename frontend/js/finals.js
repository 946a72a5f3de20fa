/** Put the transcript together: every final once, in the order of its segments. Pure. */

import { NO_SEGMENT } from "./wire.js";

/** @typedef {import("./wire.js").Final} Final */
/** @typedef {import("./wire.js").Partial} Partial */

/** The finals without a hole, those that wait behind one, and the text that may still change. */
export class Finals {
  /** @type {Final[]} */
  #shown = [];
  /** @type {Map<number, Final>} */
  #waiting = new Map();
  /** @type {Partial | null} */
  #partial = null;

  /** The finals 0, 1, 2, ... as far as none is missing. */
  get shown() {
    return this.#shown;
  }

  /** The highest contiguous segment, -1 for none. */
  get last() {
    return this.#shown.length + NO_SEGMENT;
  }

  /** Whether a later final has come while an earlier one has not. */
  get hasHole() {
    return this.#waiting.size > 0;
  }

  /** The newest text that may still change. */
  get partial() {
    return this.#partial;
  }

  /**
   * Take a final; one that is known changes nothing.
   * @param {Final} final
   */
  add(final) {
    if (final.segment <= this.last) return;
    this.#waiting.set(final.segment, final);
    for (let next; (next = this.#waiting.get(this.last + 1)) !== undefined; ) {
      this.#waiting.delete(next.segment);
      this.#shown.push(next);
    }
    if (this.#partial !== null && this.#partial.segment <= final.segment) this.#partial = null;
  }

  /**
   * Take text that may still change, unless it is older than what is known.
   * @param {Partial} partial
   */
  addPartial(partial) {
    if (partial.segment <= this.last || this.#waiting.has(partial.segment)) return;
    const known = this.#partial;
    const isOlder =
      known !== null &&
      known.epoch === partial.epoch &&
      (partial.segment < known.segment ||
        (partial.segment === known.segment && partial.revision <= known.revision));
    if (!isOlder) this.#partial = partial;
  }

  /** Forget the text that may still change: no more of it will come. */
  dropPartial() {
    this.#partial = null;
  }
}
