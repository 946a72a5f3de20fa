/**
 * The audio of one session on its way from the microphone to durability: held, counted and digested. Pure.
 * Positions are samples on the session's clock.
 */

import { Sha256 } from "./sha256.js";
import { PCM } from "./sound-forms.js";

/** What has been captured, and what of it is still only here. */
export class Recording {
  #form;
  #ring;
  /** @type {Sha256 | null} null: another page recorded a part */
  #digest = new Sha256();
  #durable = 0;
  #mostSamples;

  /**
   * @param {number} mostSamples how long it may become
   * @param {number} [ringBytes]
   * @param {import("./sound-forms.js").Form} [form]
   */
  constructor(mostSamples, ringBytes, form = PCM) {
    this.#mostSamples = mostSamples;
    this.#form = form;
    this.#ring = form.newRing(ringBytes);
  }

  /** One past the newest sample. */
  get end() {
    return this.#ring.end;
  }

  /** One past the last sample that the server has stored without a hole. */
  get durable() {
    return this.#durable;
  }

  /** The oldest sample still held; null for none. */
  get heldFrom() {
    return this.#ring.isEmpty ? null : this.#ring.from;
  }

  /** How full the ring is, 0 to 1. */
  get fullness() {
    return this.#ring.fullness;
  }

  /** How many samples may still follow. */
  get samplesLeft() {
    return Math.max(0, this.#mostSamples - this.#ring.end);
  }

  /** The SHA-256 in hex of all bytes from the first; null when they are not all known here. */
  get sha256() {
    return this.#digest?.hex() ?? null;
  }

  /** @param {number} samples how long it may become */
  limitTo(samples) {
    this.#mostSamples = samples;
  }

  /**
   * Take audio as far as it may go.
   * @param {Uint8Array} bytes
   * @returns {"taken" | "full" | "complete"} full: nothing was taken for want of room; complete: the longest
   *   recording allowed has been reached
   */
  capture(bytes) {
    const taken = this.#form.head(bytes, this.samplesLeft);
    if (!this.#ring.append(taken)) return "full";
    this.#digest?.update(taken);
    return this.samplesLeft < this.#form.unitSamples ? "complete" : "taken";
  }

  /**
   * Copy samples [from, to), which must be held.
   * @param {number} from
   * @param {number} to
   */
  slice(from, to) {
    return this.#ring.slice(from, to);
  }

  /**
   * Never ask for samples that are no longer held: they are durable, whatever a new owner says first.
   * @param {number} offset
   */
  notBeforeHeld(offset) {
    return Math.max(offset, this.#ring.from);
  }

  /**
   * Let go of what is durable.
   * @param {number} durable
   */
  confirm(durable) {
    this.#durable = Math.max(this.#durable, durable);
    this.#ring.trim(this.#durable);
  }

  /**
   * Let go of everything: the session is stored, up to there.
   * @param {number} samples
   */
  finish(samples) {
    this.#durable = samples;
    this.#ring.clear();
  }

  /**
   * Go on where another page has recorded to.
   * @param {number} offset
   */
  continueFrom(offset) {
    this.#ring.moveTo(offset);
    this.#digest = null;
  }
}
