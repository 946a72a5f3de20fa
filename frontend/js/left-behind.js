/**
 * Remember in this browser which recordings are open, so that a page that was closed amid one can be followed by
 * another: the session's id and how far it had captured. No sound, no text, no name.
 */

const PREFIX = "seva-arogya.open.";
const REMEMBERED_MS = 24 * 3_600_000; // the server answers for a finished session as long
const ALIVE_MS = 5000; // a page that records writes every second
const WRITE_EVERY_MS = 1000;

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Store */
/**
 * @typedef {object} Note
 * @property {string} requestId names the note
 * @property {string | null} sessionId null: the server was never reached
 * @property {number} recorded samples captured
 * @property {number} rateHz
 * @property {string} quality
 * @property {string} encoding
 * @property {boolean} isClosed its page said goodbye
 * @property {number} at when it was written, in milliseconds since 1970
 */

/**
 * Give the recordings that were left open, the newest first; what is too old to be asked for is forgotten.
 * @param {Store} store
 * @param {number} wallNow milliseconds since 1970
 * @returns {(Note & { isAlive: boolean })[]} `isAlive`: another page seems to record it at this moment
 */
export function notesLeft(store, wallNow) {
  const found = [];
  for (const key of keysOf(store)) {
    const note = parseNote(key, store);
    if (note === null || Math.abs(wallNow - note.at) > REMEMBERED_MS) forget(store, key.slice(PREFIX.length));
    else found.push({ ...note, isAlive: !note.isClosed && Math.abs(wallNow - note.at) < ALIVE_MS });
  }
  return found.sort((a, b) => b.at - a.at);
}

/** @param {Store} store @param {string} requestId */
export function forget(store, requestId) {
  try {
    store.removeItem(PREFIX + requestId);
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

/** Writes how far one recording has come, and no more than once a second. */
export class NoteKeeper {
  #store;
  #requestId;
  #writtenAt = -Infinity;
  #isOver = false;
  #isReopened;

  /**
   * @param {Store} store
   * @param {string} requestId
   * @param {boolean} isReopened a note that was found stays when the session cannot be had: it may be another user's
   */
  constructor(store, requestId, isReopened) {
    this.#store = store;
    this.#requestId = requestId;
    this.#isReopened = isReopened;
  }

  /**
   * Follow the recording; once its audio is stored, or it cannot go on, nothing is kept.
   * @param {import("./session-types.js").Snapshot} snapshot
   * @param {{ quality: string, encoding?: string }} choices
   * @param {number} wallNow milliseconds since 1970
   * @param {{ isLast?: boolean }} [how] `isLast`: the page is closing
   */
  follow(snapshot, choices, wallNow, { isLast = false } = {}) {
    const { phase, recorded, sessionId, rateHz } = snapshot;
    const isOpen = phase === "recording" || phase === "paused" || phase === "stopping";
    if (!isOpen) {
      if (phase === "stored" || phase === "saved" || (phase === "failed" && !this.#isReopened)) this.#end();
      return; // superseded: the other page writes
    }
    if (recorded === 0 || this.#isOver) return; // nothing could be lost yet
    if (wallNow - this.#writtenAt < WRITE_EVERY_MS && wallNow >= this.#writtenAt && !isLast) return;
    this.#writtenAt = wallNow;
    const { quality, encoding = "pcm" } = choices;
    try {
      const note = { sessionId, recorded, rateHz, quality, encoding, isClosed: isLast, at: wallNow };
      this.#store.setItem(PREFIX + this.#requestId, JSON.stringify(note));
    } catch {
      // A browser that keeps nothing cannot offer to go on.
    }
  }

  #end() {
    if (!this.#isOver) forget(this.#store, this.#requestId);
    this.#isOver = true;
  }
}

/** @param {Store} store */
function keysOf(store) {
  try {
    return Array.from({ length: store.length }, (_, i) => store.key(i) ?? "").filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}

/** @param {string} key @param {Store} store @returns {Note | null} null: spoilt */
function parseNote(key, store) {
  try {
    const { sessionId, recorded, rateHz, quality, encoding, isClosed, at } = JSON.parse(store.getItem(key) ?? "");
    const isSound =
      (sessionId === null || typeof sessionId === "string") &&
      [recorded, rateHz, at].every((value) => Number.isFinite(value) && value > 0) &&
      [quality, encoding].every((value) => typeof value === "string");
    const requestId = key.slice(PREFIX.length);
    return isSound ? { requestId, sessionId, recorded, rateHz, quality, encoding, isClosed: isClosed === true, at } : null;
  } catch {
    return null;
  }
}
