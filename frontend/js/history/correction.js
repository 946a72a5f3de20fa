/**
 * One segment that is being corrected: from the first key to what is kept. Pure. Nothing that was typed is lost but
 * by the user's own word.
 *
 * A record has one version number, so a correction is also refused when only another segment was corrected meanwhile:
 * then it is sent again by itself. Where this very segment reads differently now, the user sees both and chooses.
 */

/** @import { Correction, Trouble } from "../records-api.js" */

/**
 * `editing`: wait for the user. `saving`: `wish` is on its way. `looking`: the record is being read again. `conflict`:
 * somebody else's text has come meanwhile, `theirs`. `saved`: what is typed is kept.
 * @typedef {"editing" | "saving" | "looking" | "conflict" | "saved"} State
 */

const MOST_TRIES = 5; // of one press; others may correct as fast as we do

/** White space is made single spaces, as the server does. @param {string} text */
export const asKept = (text) => text.trim().split(/\s+/).join(" ");

/** A correction under way. */
export class Correcting {
  #segment;
  #base;
  #version;
  #typed;
  /** @type {State} */
  #state = "editing";
  /** @type {string | null} */
  #theirs = null;
  /** @type {Trouble | null} */
  #trouble = null;
  #tries = 0;

  /**
   * @param {number} segment
   * @param {string} text as it reads
   * @param {number} version of the record that was read
   */
  constructor(segment, text, version) {
    this.#segment = segment;
    this.#base = text;
    this.#typed = text;
    this.#version = version;
  }

  get segment() {
    return this.#segment;
  }

  get typed() {
    return this.#typed;
  }

  get state() {
    return this.#state;
  }

  /** How it reads elsewhere, in a conflict. */
  get theirs() {
    return this.#theirs;
  }

  /** Why it is not kept yet. */
  get trouble() {
    return this.#trouble;
  }

  /** Whether leaving would lose something. */
  get isDirty() {
    return this.#state !== "saved" && asKept(this.#typed) !== this.#base;
  }

  /** @param {string} text */
  type(text) {
    this.#typed = text;
  }

  /**
   * Keep what is typed, whatever else there is; null: there is nothing to be kept, or something is under way.
   * @returns {Correction | null}
   */
  save() {
    if (this.#state !== "editing" && this.#state !== "conflict") return null;
    if (this.#theirs !== null) this.#base = this.#theirs;
    if (!this.isDirty) {
      this.#state = "saved";
      return null;
    }
    this.#tries = 0;
    return this.#send();
  }

  /** The server keeps it. @param {number} version */
  kept(version) {
    this.#version = version;
    this.#base = asKept(this.#typed);
    this.#state = "saved";
  }

  /**
   * The server does not keep it, or its answer was lost.
   * @param {Trouble} trouble
   * @returns {boolean} whether the record is to be read again, for `seen` or `unseen`
   */
  refused(trouble) {
    if (trouble === "not_now") {
      this.#state = "looking";
      return true;
    }
    this.#wait(trouble);
    return false;
  }

  /**
   * The record was read: so the segment reads, in that version.
   * @param {string} text
   * @param {number} version
   * @returns {Correction | null} what is to be sent again
   */
  seen(text, version) {
    if (version < this.#version || this.#state === "saved" || this.#state === "saving") return null;
    this.#version = version;
    const isAsked = this.#state === "looking";
    if (text === asKept(this.#typed) && (isAsked || text !== this.#base)) {
      this.kept(version); // by an answer that was lost, or by somebody of the same opinion
      return null;
    }
    if (text !== this.#base) {
      this.#theirs = text;
      this.#state = "conflict";
      return null;
    }
    if (this.#state === "conflict") {
      this.#theirs = null; // they took it back
      this.#state = "editing";
    }
    if (!isAsked) return null;
    if (this.#tries < MOST_TRIES) return this.#send();
    this.#wait("busy");
    return null;
  }

  /** The record could not be read. @param {Trouble} trouble */
  unseen(trouble) {
    if (this.#state === "looking") this.#wait(trouble);
  }

  /** @param {Trouble} trouble */
  #wait(trouble) {
    this.#trouble = trouble;
    this.#state = "editing";
  }

  #send() {
    this.#tries += 1;
    this.#trouble = this.#theirs = null;
    this.#state = "saving";
    return { segment: this.#segment, text: asKept(this.#typed), baseVersion: this.#version };
  }
}
