/**
 * Judge from its loudness whether the microphone hears someone speak. Pure: time arrives as `now` in milliseconds.
 *
 * A room is never quite silent and a voice comes and goes: speech is what stands out from the quietest that was
 * heard lately, again and again. A device that gives exact silence is muted or unplugged.
 */

/** @typedef {"waiting" | "dead" | "quiet" | "speech"} Verdict */

const DEAD_LEVEL = 1e-5; // -100 dB: below the noise of any real microphone
const DEAD_AFTER_MS = 3000;
const SPEECH_LEVEL = 0.003; // -50 dB: softer than this no one speaks into a microphone
const ABOVE_FLOOR = 3; // about 10 dB
const FLOOR_MOST = 0.01; // who speaks from the first moment on is not the noise of the room
const FLOOR_RISE = 1.02; // a batch: the floor follows a room that becomes noisy within half a minute
const WINDOW_MS = 2000;
const LOUD_MS = 300; // within the window: more than a cough or a knock
const HELD_MS = 3000; // pauses for breath are still speech

/** What one microphone has heard so far. */
export class Hearing {
  #floor = FLOOR_MOST;
  #firstAt = Infinity;
  #lastAt = -Infinity;
  #soundAt = -Infinity;
  #speechAt = -Infinity;
  #speechMs = 0;
  /** @type {{ at: number, ms: number }[]} loud moments within the window */
  #loud = [];

  /**
   * Take the loudness of what came since the last time.
   * @param {number} level root mean square, 0 to 1
   * @param {number} now
   */
  add(level, now) {
    const ms = this.#lastAt === -Infinity ? 0 : Math.min(now - this.#lastAt, WINDOW_MS);
    this.#firstAt = Math.min(this.#firstAt, now);
    this.#lastAt = now;
    if (level > DEAD_LEVEL) this.#soundAt = now;
    if (level > Math.max(SPEECH_LEVEL, this.#floor * ABOVE_FLOOR)) {
      this.#loud.push({ at: now, ms });
      this.#speechMs += ms;
    }
    this.#floor = Math.min(FLOOR_MOST, Math.max(level, DEAD_LEVEL), this.#floor * FLOOR_RISE);
    while (this.#loud.length > 0 && this.#loud[0].at < now - WINDOW_MS) this.#loud.shift();
    if (this.#loud.reduce((sum, moment) => sum + moment.ms, 0) >= LOUD_MS) this.#speechAt = now;
  }

  /** How long someone has spoken since the last `text`, in milliseconds of loud sound. */
  get speechMs() {
    return this.#speechMs;
  }

  /** Text has come: what was spoken until now counts as understood. */
  text() {
    this.#speechMs = 0;
  }

  /**
   * Say what is heard.
   * @param {number} now
   * @returns {Verdict}
   */
  verdict(now) {
    if (now - this.#speechAt < HELD_MS) return "speech";
    if (now - Math.max(this.#soundAt, this.#firstAt) >= DEAD_AFTER_MS) return "dead";
    return now - this.#firstAt >= WINDOW_MS ? "quiet" : "waiting";
  }
}
