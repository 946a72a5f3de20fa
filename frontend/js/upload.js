/**
 * Say what is due over an attached connection: audio, pause, stop, ping, and that a fresh ticket is needed.
 * Pure: time arrives as `now` in milliseconds.
 */

import { Outbox } from "./outbox.js";
import { isEnding, isSending } from "./phases.js";
import { Repeat } from "./repeat.js";
import * as wire from "./wire.js";

/** @typedef {import("./session-types.js").Phase} Phase */
/** @typedef {import("./recording.js").Recording} Recording */

const STOP_AGAIN_MS = 1000;
export const STOP_AGAIN_STORED_MS = 15_000;
const PING_AFTER_MS = 60_000;
const RENEW_AGAIN_MS = 5000;

/** The page's side of an open session. */
export class Upload {
  #rateHz;
  #recording;
  #form;
  /** @type {Outbox | null} null until `ready` has named the limits */
  #outbox = null;
  #spokeAt = -Infinity;
  #isPauseDue = false;
  #isRenewalDue = false;
  #stopAgain = new Repeat(STOP_AGAIN_MS);
  #stopAgainStored = new Repeat(STOP_AGAIN_STORED_MS);
  #renewAgain = new Repeat(RENEW_AGAIN_MS);

  /**
   * @param {Recording} recording
   * @param {number} rateHz
   * @param {import("./sound-forms.js").Form} form
   */
  constructor(recording, rateHz, form) {
    this.#form = form;
    this.#recording = recording;
    this.#rateHz = rateHz;
  }

  /** One past the last sample that the server has without a hole. */
  get received() {
    return Math.max(this.#recording.durable, this.#outbox?.received ?? 0);
  }

  /**
   * Go on from where the server is; over a new connection, what was in flight goes again.
   * @param {import("./wire.js").Ready} ready
   * @param {boolean} isNewConnection
   */
  attach(ready, isNewConnection) {
    this.#outbox ??= new Outbox(this.#rateHz, ready.limits, this.#form);
    const next = this.#recording.notBeforeHeld(ready.next_offset);
    if (isNewConnection) {
      this.#isRenewalDue = false; // its ticket was fresh
      this.#outbox.holdUntil(-Infinity);
      this.#outbox.restart(next, ready.epoch);
    } else {
      this.#outbox.acknowledge(next, ready.epoch);
    }
  }

  /** @param {import("./wire.js").Ack} ack */
  acknowledge(ack) {
    this.#recording.confirm(ack.durable);
    this.#outbox?.acknowledge(this.#recording.notBeforeHeld(ack.received), ack.epoch);
  }

  /** @param {import("./wire.js").Nack} nack @param {number} now */
  missing(nack, now) {
    this.#outbox?.missing(nack.missing, now);
  }

  /** Send no audio until then: the server asked for it. @param {number} until */
  holdUntil(until) {
    this.#outbox?.holdUntil(until);
  }

  /** Say `pause` when all audio has gone out, or no longer. @param {boolean} isDue */
  sayPause(isDue) {
    this.#isPauseDue = isDue;
  }

  /** The session is stored: `stop` is now asked seldom. @param {number} now */
  stored(now) {
    this.#stopAgainStored.rest(now);
  }

  /** A fresh ticket is needed for this connection. */
  needTicket() {
    if (!this.#isRenewalDue) this.#renewAgain.reset();
    this.#isRenewalDue = true;
  }

  /** The authorisation has run out: no audio is taken until it is renewed. @param {number} now */
  expired(now) {
    this.needTicket();
    this.#outbox?.holdUntil(now + RENEW_AGAIN_MS);
  }

  /** Ask for a needed ticket at once. */
  retryNow() {
    this.#renewAgain.reset();
  }

  /** The connection is authorised again: what was refused meanwhile goes now. */
  renewed() {
    this.#isRenewalDue = false;
    this.#outbox?.holdUntil(-Infinity);
    this.#outbox?.resendAll();
  }

  /** Count a message that was sent from elsewhere. @param {number} now */
  spoke(now) {
    this.#spokeAt = now;
    this.#outbox?.countMessage(now);
  }

  /**
   * Tell whether a ticket is to be fetched now.
   * @param {number} now
   */
  wantsTicket(now) {
    return this.#isRenewalDue && this.#renewAgain.isDue(now);
  }

  /**
   * Give the messages that are due, in order.
   * @param {string} sessionId
   * @param {Phase} phase
   * @param {number} now
   * @returns {string[]}
   */
  due(sessionId, phase, now) {
    const texts = isSending(phase) && this.#outbox !== null ? this.#audio(this.#outbox, sessionId, phase, now) : [];
    const stopAgain = phase === "stored" ? this.#stopAgainStored : this.#stopAgain;
    if (isEnding(phase) && stopAgain.isDue(now)) {
      this.spoke(now);
      texts.push(wire.stop(sessionId, this.#recording.end, this.#recording.sha256));
    }
    if (now - this.#spokeAt >= PING_AFTER_MS) {
      this.spoke(now);
      texts.push(wire.ping(sessionId));
    }
    return texts;
  }

  /** @param {Outbox} outbox @param {string} sessionId @param {Phase} phase @param {number} now */
  #audio(outbox, sessionId, phase, now) {
    const texts = [];
    const end = this.#recording.end;
    const isWhole = phase !== "recording";
    for (let range; (range = outbox.take(end, isWhole, now)) !== null; ) {
      this.#spokeAt = now;
      texts.push(wire.audio(sessionId, range[0], this.#recording.slice(...range)));
    }
    if (this.#isPauseDue && outbox.sent === end) {
      this.#isPauseDue = false;
      this.spoke(now);
      texts.push(wire.pause(sessionId));
    }
    return texts;
  }
}
