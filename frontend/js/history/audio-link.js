/** How long a signed address is good, and whether another one helps. Pure: time arrives as `nowMs`. */

const EARLY_MS = 20_000; // a seek with this much left may still be answered; with less it is not risked

/** The address of one recording's sound. */
export class AudioLink {
  #goodUntilMs = -Infinity;
  #hasPlayed = false;

  /** @param {{ expires_in: number }} link @param {number} nowMs when it was asked for */
  renewed({ expires_in: seconds }, nowMs) {
    this.#goodUntilMs = nowMs + seconds * 1000;
    this.#hasPlayed = false;
  }

  /** The browser plays from it. */
  worked() {
    this.#hasPlayed = true;
  }

  /** Whether to ask for another one before playing or seeking. @param {number} nowMs */
  isStale(nowMs) {
    return nowMs >= this.#goodUntilMs - EARLY_MS;
  }

  /**
   * The browser could not play from it: whether another one may help. One that is fresh and never played will not.
   * @param {number} nowMs
   */
  isWorthRenewing(nowMs) {
    return this.#hasPlayed || this.isStale(nowMs);
  }
}
