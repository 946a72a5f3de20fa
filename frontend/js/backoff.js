/** How long to wait before the next try: full jitter, so that many pages do not come back at once. Pure. */

const FIRST_MS = 250;
const LONGEST_MS = 8000;

/** Waits that grow from try to try. */
export class Backoff {
  #random;
  #ceilingMs = FIRST_MS;

  /** @param {() => number} random gives 0 up to 1 */
  constructor(random) {
    this.#random = random;
  }

  /** Give the wait before the next try, in milliseconds: anything from 0 to a ceiling that doubles. */
  next() {
    const waitMs = this.#random() * this.#ceilingMs;
    this.#ceilingMs = Math.min(LONGEST_MS, this.#ceilingMs * 2);
    return waitMs;
  }

  /** Start again from the shortest: a try has succeeded. */
  reset() {
    this.#ceilingMs = FIRST_MS;
  }
}
