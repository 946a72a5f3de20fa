/** Something to be done again and again until it has worked. Pure. */

/** A deadline that moves on each time it is met, by a wait that may grow. */
export class Repeat {
  #firstMs;
  #longestMs;
  #waitMs;
  #dueAt = -Infinity;

  /**
   * @param {number} firstMs
   * @param {number} [longestMs] the wait doubles up to this
   */
  constructor(firstMs, longestMs = firstMs) {
    this.#firstMs = this.#waitMs = firstMs;
    this.#longestMs = longestMs;
  }

  /**
   * Tell whether it is time; the next time is then a wait away.
   * @param {number} now
   */
  isDue(now) {
    if (now < this.#dueAt) return false;
    this.#dueAt = now + this.#waitMs;
    this.#waitMs = Math.min(this.#longestMs, this.#waitMs * 2);
    return true;
  }

  /** Be due at once, and wait the shortest time after that. */
  reset() {
    this.#waitMs = this.#firstMs;
    this.#dueAt = -Infinity;
  }

  /**
   * Wait the shortest time from now on.
   * @param {number} now
   */
  rest(now) {
    this.#waitMs = this.#firstMs;
    this.#dueAt = now + this.#waitMs;
  }
}
