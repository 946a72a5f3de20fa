/** Something that may be spent at a rate, with a little saved up. Pure. */

/** A token bucket that starts full. */
export class Allowance {
  #perMs;
  #most;
  #left;
  #countedAt = -Infinity;

  /**
   * @param {number} perSecond
   * @param {number} most how much can be saved up
   */
  constructor(perSecond, most) {
    this.#perMs = perSecond / 1000;
    this.#most = most;
    this.#left = most;
  }

  /**
   * Tell whether anything is left.
   * @param {number} now
   */
  has(now) {
    this.#count(now);
    return this.#left > 0;
  }

  /**
   * Spend; what goes beyond is a debt, so that the rate holds in the long run.
   * @param {number} amount
   * @param {number} now
   */
  spend(amount, now) {
    this.#count(now);
    this.#left -= amount;
  }

  /** @param {number} now */
  #count(now) {
    if (now <= this.#countedAt) return;
    if (this.#countedAt > -Infinity) {
      this.#left = Math.min(this.#most, this.#left + (now - this.#countedAt) * this.#perMs);
    }
    this.#countedAt = now;
  }
}
