/**
 * Keep one good connection: open, replace, give up, try again. Pure: time arrives as `now` in milliseconds.
 *
 * At most two are alive: the active one, over which the session is attached, and a candidate on its way to that.
 * A candidate becomes active when the server has answered `ready` over it; until then an active one goes on, so
 * that replacing an old connection interrupts nothing.
 */

/** @typedef {import("./backoff.js").Backoff} Backoff */
/** @typedef {{ kind: "connect", connection: number } | { kind: "close", connection: number }} LinkEffect */
/**
 * @typedef {object} Link
 * @property {number} number
 * @property {boolean} isOpen
 * @property {number} since when it was asked for, then when it opened
 * @property {number} heardAt
 * @property {number | null} askAt when to ask for `ready` (again); null: it has been answered
 */

const OPENING_LIMIT_MS = 15_000; // ticket and handshake together
const SILENCE_LIMIT_MS = 12_000; // two heartbeats and a bit
const REPLACE_AFTER_MS = 110 * 60_000; // API Gateway closes at 2 h
const ASK_AGAIN_MS = 2500;

/** The connections of one session. */
export class Links {
  #backoff;
  /** @type {Link | null} */
  #active = null;
  /** @type {Link | null} */
  #candidate = null;
  #count = 0;
  #retryAt = -Infinity;

  /** @param {Backoff} backoff */
  constructor(backoff) {
    this.#backoff = backoff;
  }

  /** The connection to send over; null while there is none. */
  get active() {
    return this.#active === null ? null : this.#active.number;
  }

  /**
   * @param {number} connection
   * @param {number} now
   */
  opened(connection, now) {
    if (this.#candidate?.number !== connection) return;
    Object.assign(this.#candidate, { isOpen: true, since: now, heardAt: now, askAt: now });
  }

  /**
   * Hear that a connection is gone, or has never come about.
   * @param {number} connection
   * @param {number} now
   */
  closed(connection, now) {
    if (this.#active?.number === connection) this.#active = null;
    else if (this.#candidate?.number === connection) this.#candidate = null;
    else return;
    this.#retryAt = now + this.#backoff.next();
  }

  /**
   * Note a message; false: from a connection that has been given up.
   * @param {number} connection
   * @param {number} now
   */
  heard(connection, now) {
    const link = this.#find(connection);
    if (link !== null) link.heardAt = now;
    return link !== null;
  }

  /**
   * Hear `ready`: a candidate takes the place of the active connection.
   * @param {number} connection
   * @returns {{ isNew: boolean, effects: LinkEffect[] }}
   */
  ready(connection) {
    const link = this.#find(connection);
    if (link === null) return { isNew: false, effects: [] };
    link.askAt = null;
    this.#backoff.reset();
    if (link === this.#active) return { isNew: false, effects: [] };
    const replaced = this.#active;
    this.#active = link;
    this.#candidate = null;
    return { isNew: true, effects: replaced === null ? [] : [{ kind: "close", connection: replaced.number }] };
  }

  /**
   * Have the session attached anew over the active connection, not before `at`.
   * @param {number} at
   */
  ask(at) {
    if (this.#active !== null && this.#active.askAt === null) this.#active.askAt = at;
  }

  /**
   * Do not ask before then: the server has no room.
   * @param {number} until
   */
  holdAsking(until) {
    for (const link of [this.#active, this.#candidate]) {
      if (link === null || link.askAt === null) continue;
      link.askAt = Math.max(link.askAt, until);
      link.heardAt = Math.max(link.heardAt, until); // it is silent because we are
    }
  }

  /** Try now what would have waited. */
  retryNow() {
    this.#retryAt = -Infinity;
  }

  /** @returns {LinkEffect[]} */
  closeAll() {
    const links = [this.#active, this.#candidate];
    this.#active = this.#candidate = null;
    return links.flatMap((link) => (link === null ? [] : [{ kind: "close", connection: link.number }]));
  }

  /**
   * Do what is due, and name the connections over which `ready` must be asked for now.
   * @param {number} now
   * @param {{ isNeeded: boolean, extraSilenceMs: number }} wish whether a lost connection is to be replaced, and
   *   how much longer than usual the server may be silent
   * @returns {{ effects: LinkEffect[], asking: number[] }}
   */
  tick(now, { isNeeded, extraSilenceMs }) {
    /** @type {LinkEffect[]} */
    const effects = [];
    /** @type {number[]} */
    const asking = [];
    for (const link of [this.#active, this.#candidate]) {
      if (link === null) continue;
      const limitMs = link.isOpen ? SILENCE_LIMIT_MS + extraSilenceMs : OPENING_LIMIT_MS;
      if (isNeeded && now - (link.isOpen ? link.heardAt : link.since) > limitMs) {
        effects.push({ kind: "close", connection: link.number });
        this.closed(link.number, now);
      } else if (link.isOpen && link.askAt !== null && link.askAt <= now) {
        link.askAt = now + ASK_AGAIN_MS;
        asking.push(link.number);
      }
    }
    const isOld = this.#active !== null && now - this.#active.since >= REPLACE_AFTER_MS;
    if (isNeeded && (this.#active === null || isOld) && this.#candidate === null && now >= this.#retryAt) {
      this.#count += 1;
      this.#candidate = { number: this.#count, isOpen: false, since: now, heardAt: now, askAt: null };
      effects.push({ kind: "connect", connection: this.#count });
    }
    return { effects, asking };
  }

  /** @param {number} connection */
  #find(connection) {
    return [this.#active, this.#candidate].find((link) => link?.number === connection) ?? null;
  }
}
