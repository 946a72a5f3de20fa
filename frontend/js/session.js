/**
 * A recording session as the page sees it: events in, effects out. Pure: no socket, no clock, no DOM; time
 * arrives as `now`, in milliseconds of any clock that only goes forward.
 *
 * It keeps the client's side of the protocol (contract/README.md, client duties): every sample is held until it
 * is durable and sent until it is received, every final is shown once. Which samples to send is `Outbox`'s to
 * say, over which connection `Links`', what the text is `Finals`', what may follow what the table in phases.js.
 */

import { Backoff } from "./backoff.js";
import { Finals } from "./finals.js";
import { Links } from "./links.js";
import { PHASES, isConnected } from "./phases.js";
import { Recording } from "./recording.js";
import { Repeat } from "./repeat.js";
import { noticesOf, receiptOf, stateOf } from "./snapshot.js";
import { formOf } from "./sound-forms.js";
import { STOP_AGAIN_STORED_MS, Upload } from "./upload.js";
import * as wire from "./wire.js";

/** @import { Notice, Phase, SessionEffect, SessionEvent, Snapshot } from "./session-types.js" */
/** @import { ErrorMessage, Ready, Saved, ServerMessage, Status } from "./wire.js" */

const RESUME_ID = "resume"; // comes back as `ref`
const RENEW_ID = "renew";
const HOLE_FIRST_MS = 2500;
const HOLE_LONGEST_MS = 10_000;
const RETRY_DEFAULT_S = 1; // when the server asks to wait and does not say how long
const DURATION_DEFAULT_S = 1800; // until `ready` has said

/** One recording from the first sample to its record. */
export class Session {
  #client;
  #startId;
  #choices;
  #rateHz;
  #durationS = DURATION_DEFAULT_S;
  #leftBehind;
  #isEndWanted = false;
  /** @type {wire.Range | null} */
  #lost = null;
  #recording;
  #upload;
  #links;
  #finals = new Finals();
  /** @type {Phase} */
  #phase = "idle";
  /** @type {string | null} */
  #sessionId = null;
  #epoch = -1;
  #fillHoleAgain = new Repeat(HOLE_FIRST_MS, HOLE_LONGEST_MS);
  /** @type {Status | null} */
  #status = null;
  /** @type {Saved | null} */
  #saved = null;
  /** @type {Snapshot["failure"]} */
  #failure = null;
  /** @type {Set<Notice>} */
  #notices = new Set();
  /** @type {SessionEffect[]} */
  #effects = [];

  /**
   * @param {{ client: string, requestId: string, choices: import("./session-types.js").Choices,
   *   random: () => number, ringBytes?: number, leftBehind?: import("./session-types.js").LeftBehind | null }} settings
   *   `client` is this page's UUID, `requestId` this session's; `random` gives 0 up to 1; `leftBehind` is a session
   *   to go on with, or to finish
   */
  constructor({ client, requestId, choices, random, ringBytes, leftBehind = null }) {
    this.#client = client;
    this.#startId = requestId;
    this.#choices = choices;
    this.#rateHz = wire.rateHz(choices);
    const form = formOf(choices.encoding);
    this.#leftBehind = leftBehind;
    this.#sessionId = leftBehind?.sessionId ?? null;
    this.#recording = new Recording(this.#durationS * this.#rateHz, ringBytes, form);
    this.#upload = new Upload(this.#recording, this.#rateHz, form);
    this.#links = new Links(new Backoff(random));
  }

  /**
   * Take an event and give what is to be done now, in order. To be called with `tick` at least every 200 ms.
   * @param {SessionEvent} event
   * @param {number} now
   * @returns {SessionEffect[]}
   */
  handle(event, now) {
    this.#effects = [];
    this.#take(event, now);
    this.#attend(now);
    return this.#effects;
  }

  /** @param {SessionEvent} event @param {number} now */
  #take(event, now) {
    switch (event.kind) {
      case "begin":
        this.#go(this.#leftBehind === null ? "begin" : "reopen");
        break;
      case "pause":
        this.#go("pause");
        break;
      case "stop":
        if (this.#phase === "joining") this.#isEndWanted = true; // its place is not known yet
        else this.#go("stop");
        break;
      case "unpause":
        if (this.#go("unpause")) this.#notices.delete("buffer_full");
        break;
      case "captured":
        if (this.#phase === "recording") this.#capture(event.bytes);
        break;
      case "take_over":
        if (this.#go("take_over")) this.#links.ask(now);
        break;
      case "opened":
        this.#notices.delete("sign_in");
        this.#links.opened(event.connection, now);
        break;
      case "closed":
        if (event.isSignedOut) this.#notices.add("sign_in");
        this.#links.closed(event.connection, now);
        break;
      case "heard":
        if (event.message !== null && this.#links.heard(event.connection, now)) {
          this.#hear(event.connection, event.message, now);
        }
        break;
      case "ticket":
        this.#notices.delete("sign_in");
        this.#send(this.#links.active, wire.renew(RENEW_ID, event.ticket), now);
        break;
      case "ticket_failed":
        if (event.isSignedOut) this.#notices.add("sign_in");
        break;
      case "retry":
        this.#links.retryNow();
        this.#upload.retryNow();
        break;
      case "tick":
        break;
      default:
        /** @type {never} */ (event);
    }
  }

  /**
   * Go to the next phase, if the step leads from this one; the microphone follows.
   * @param {import("./phases.js").Step} step
   */
  #go(step) {
    const next = PHASES[this.#phase][step];
    if (next === undefined) return false;
    if ((this.#phase === "recording") !== (next === "recording")) {
      this.#effects.push({ kind: "microphone", isOn: next === "recording" });
    }
    this.#upload.sayPause(next === "paused");
    this.#phase = next;
    return true;
  }

  /** @param {Uint8Array} bytes */
  #capture(bytes) {
    const outcome = this.#recording.capture(bytes);
    if (outcome === "full") {
      this.#notices.add("buffer_full");
      this.#go("pause");
    } else if (outcome === "complete") {
      this.#notices.add("duration_reached");
      this.#go("stop");
    }
  }

  /** @param {number} connection @param {ServerMessage} message @param {number} now */
  #hear(connection, message, now) {
    if (message.type === "renewed") return this.#upload.renewed();
    if (this.#sessionId !== null && (message.session_id ?? this.#sessionId) !== this.#sessionId) return;
    if ((message.epoch ?? this.#epoch) < this.#epoch) return; // from an owner that is none any more
    if (message.type === "error") return this.#hearError(message, now);
    if (message.epoch > this.#epoch && this.#epoch >= 0) this.#links.ask(now); // it must know what we hold
    this.#epoch = message.epoch;
    this.#sessionId = message.session_id;
    switch (message.type) {
      case "ready":
        this.#attach(connection, message);
        break;
      case "ack":
        this.#upload.acknowledge(message);
        break;
      case "nack":
        this.#upload.missing(message, now);
        break;
      case "partial":
        this.#notices.delete("silence");
        this.#finals.addPartial(message);
        break;
      case "final":
        this.#notices.delete("silence");
        this.#finals.add(message);
        if (!this.#finals.hasHole) this.#fillHoleAgain.reset();
        break;
      case "status":
        this.#status = message;
        break;
      case "warning":
        if (message.code === "auth_expiring") this.#upload.needTicket();
        else if (message.code === "silence") this.#notices.add("silence");
        break; // the ring's filling and the time left are known here untold
      case "moved":
        this.#links.ask(now);
        break;
      case "stored":
        this.#finish(message.samples, "store", now);
        break;
      case "saved":
        this.#saved = message;
        this.#finish(message.samples, "save", now);
        break;
      default:
        /** @type {never} */ (message);
    }
  }

  /** @param {number} connection @param {Ready} ready */
  #attach(connection, ready) {
    const { isNew, effects } = this.#links.ready(connection);
    this.#effects.push(...effects);
    this.#notices.delete("busy");
    this.#durationS = ready.limits.duration_s;
    this.#recording.limitTo(this.#durationS * this.#rateHz);
    const isElsewhere = this.#phase === "joining" || ready.next_offset > this.#recording.end;
    if (isElsewhere) this.#join(ready.next_offset);
    this.#upload.attach(ready, isNew || isElsewhere);
  }

  /** Go on where other pages have come to: what this one holds is older. @param {number} offset */
  #join(offset) {
    const { heldFrom, end } = this.#recording;
    if (heldFrom !== null && this.#phase !== "joining") this.#lost = [Math.max(heldFrom, this.#upload.received), end];
    this.#loseFrom(offset);
    this.#recording.continueFrom(offset);
    this.#go(this.#isEndWanted ? "join_to_stop" : "join");
  }

  /** Say what the closed page had captured and the server has not. @param {number} offset */
  #loseFrom(offset) {
    const captured = this.#leftBehind?.recorded ?? 0;
    if (offset < captured) this.#lost = [offset, captured];
    this.#leftBehind = null;
  }

  /** @param {number} samples @param {"store" | "save"} step @param {number} now */
  #finish(samples, step, now) {
    const isOpen = this.#phase === "recording" || this.#phase === "paused";
    if (isOpen || (this.#phase === "joining" && !this.#isEndWanted)) this.#notices.add("ended");
    this.#loseFrom(samples);
    this.#recording.finish(samples);
    if (step === "save") this.#finals.dropPartial();
    if (this.#go(step)) this.#upload.stored(now);
  }

  /** @param {ErrorMessage} error @param {number} now */
  #hearError(error, now) {
    const retryAt = now + 1000 * (error.retry_after_s ?? RETRY_DEFAULT_S);
    switch (error.code) {
      case "superseded":
        if (this.#go("supersede") && this.#upload.received < this.#recording.end) {
          this.#lost = [this.#upload.received, this.#recording.end];
        }
        break;
      case "busy":
        this.#notices.add("busy");
        this.#links.holdAsking(retryAt);
        break;
      case "rate_limited":
      case "buffer_limit":
      case "internal":
        this.#upload.holdUntil(retryAt);
        break;
      case "auth_expired":
        this.#upload.expired(now);
        break;
      case "conflict":
        this.#notices.add("conflict");
        break;
      case "duration_limit":
        this.#notices.add("duration_reached");
        this.#go("stop");
        break;
      case "not_found":
        if (error.ref === RESUME_ID) this.#fail(error);
        else this.#links.ask(now); // perhaps only that task does not know; the answer to a resume settles it
        break;
      default:
        // A refused `start` cannot be mended by repeating it. Any other message was spoilt on the way: audio that
        // is not acknowledged goes again.
        if (error.ref === this.#startId) this.#fail(error);
    }
  }

  /** @param {ErrorMessage} error */
  #fail(error) {
    if (!this.#go("fail")) return;
    this.#failure = { code: error.code, sentence: error.message };
    this.#effects.push(...this.#links.closeAll());
  }

  /** Do what time or the event has made due. @param {number} now */
  #attend(now) {
    const missesFinals = this.#finals.hasHole || this.#finals.shown.length < (this.#saved?.segments ?? 0);
    if (missesFinals && this.#fillHoleAgain.isDue(now)) this.#links.ask(now);
    const { effects, asking } = this.#links.tick(now, {
      isNeeded: isConnected(this.#phase) || (this.#phase === "saved" && missesFinals),
      extraSilenceMs: this.#phase === "stored" ? STOP_AGAIN_STORED_MS : 0, // heartbeats have ended
    });
    this.#effects.push(...effects);
    for (const connection of asking) this.#send(connection, this.#askForReady(), now);
    if (this.#upload.wantsTicket(now)) this.#effects.push({ kind: "fetch_ticket" });
    if (this.#links.active !== null && this.#sessionId !== null && this.#phase !== "superseded") {
      for (const text of this.#upload.due(this.#sessionId, this.#phase, now)) {
        this.#effects.push({ kind: "send", connection: this.#links.active, text });
      }
    }
    if (this.#saved !== null && this.#saved.transcript !== "pending" && !missesFinals) {
      this.#effects.push(...this.#links.closeAll());
    }
  }

  #askForReady() {
    if (this.#sessionId === null) {
      return wire.start({ requestId: this.#startId, client: this.#client, ...this.#choices });
    }
    return wire.resume({
      id: RESUME_ID,
      sessionId: this.#sessionId,
      client: this.#client,
      haveFrom: this.#recording.heldFrom,
      lastSegment: this.#finals.last,
    });
  }

  /** @param {number | null} connection @param {string} text @param {number} now */
  #send(connection, text, now) {
    if (connection === null) return;
    this.#upload.spoke(now);
    this.#effects.push({ kind: "send", connection, text });
  }

  /**
   * Give what there is to show.
   * @returns {Snapshot}
   */
  snapshot() {
    const { end: recorded, durable, heldFrom, fullness, samplesLeft } = this.#recording;
    const received = this.#upload.received;
    const secondsLeft = samplesLeft / this.#rateHz;
    return {
      phase: this.#phase,
      state: stateOf({
        phase: this.#phase,
        isAttached: this.#links.active !== null,
        isKnown: this.#sessionId !== null,
        behindS: (recorded - received) / this.#rateHz,
      }),
      sessionId: this.#sessionId,
      rateHz: this.#rateHz,
      recorded,
      received,
      durable,
      secondsLeft,
      lost: this.#lost,
      hasUnsaved: heldFrom !== null,
      finals: this.#finals.shown,
      partial: this.#finals.partial,
      status: this.#status,
      notices: noticesOf(this.#notices, { phase: this.#phase, fullness, secondsLeft, durationS: this.#durationS }),
      failure: this.#failure,
      receipt: this.#saved === null ? null : receiptOf(this.#saved, this.#recording.sha256),
    };
  }
}
