/** Keep the screen on while it records. Touches the browser; where it has no wake lock, nothing happens. */

/** Asks for the lock while it is wanted, again whenever the page can be seen again, as hiding it gives it back. */
export class WakeLock {
  #page;
  #wakeLock;
  #isWanted = false;
  #isAsking = false;
  /** @type {WakeLockSentinel | null} */
  #held = null;

  /**
   * @param {Pick<Document, "visibilityState" | "addEventListener">} page
   * @param {Pick<WakeLock_, "request"> | undefined} wakeLock
   */
  constructor(page, wakeLock) {
    this.#page = page;
    this.#wakeLock = wakeLock;
    page.addEventListener("visibilitychange", () => void this.#attend());
  }

  /** @param {boolean} isOn */
  want(isOn) {
    if (this.#isWanted === isOn) return;
    this.#isWanted = isOn;
    void this.#attend();
  }

  async #attend() {
    if (!this.#isWanted) {
      const held = this.#held;
      this.#held = null;
      await held?.release();
      return;
    }
    const isHeld = this.#held !== null && !this.#held.released;
    if (isHeld || this.#isAsking || this.#wakeLock === undefined || this.#page.visibilityState !== "visible") return;
    this.#isAsking = true;
    try {
      this.#held = await this.#wakeLock.request("screen");
    } catch {
      // A battery that is low, or a policy: the recording goes on, and the screen goes its own way.
    } finally {
      this.#isAsking = false;
    }
    if (!this.#isWanted) await this.#attend(); // it was given up while the browser thought about it
  }
}

/** @typedef {{ request(type: "screen"): Promise<WakeLockSentinel> }} WakeLock_ */
