/**
 * A recording session as the page sees it: events in, effects out. Pure: no socket, no clock, no DOM; time
 * arrives as `now`, in milliseconds of any clock that only goes forward.
 *
 * It keeps the client's side of the protocol (contract/README.md, client duties): every sample is held until it
 * is durable and sent until it is received, every final is shown once. Which samples to send is `Outbox`'s to
 * say, over which connection `Links`', what the text is `Finals`', what may follow what the table in phases.js, and
 * what the server's messages mean server-answers.js.
 */

import { isConnected } from "./phases.js";
import { ServerAnswers } from "./server-answers.js";
import { RESUME_ID, SessionState } from "./session-state.js";
import { noticesOf, receiptOf, stateOf } from "./snapshot.js";
import { STOP_AGAIN_STORED_MS } from "./upload.js";
import * as wire from "./wire.js";

/** @import { SessionEffect, SessionEvent, Snapshot } from "./session-types.js" */

const RENEW_ID = "renew";

/** One recording from the first sample to its record. */
export class Session {
  #state;
  #answers;

  /** @param {import("./session-state.js").SessionSettings} settings */
  constructor(settings) {
    this.#state = new SessionState(settings);
    this.#answers = new ServerAnswers(this.#state);
  }

  /**
   * Take an event and give what is to be done now, in order. To be called with `tick` at least every 200 ms.
   * @param {SessionEvent} event
   * @param {number} now
   * @returns {SessionEffect[]}
   */
  handle(event, now) {
    this.#state.effects = [];
    this.#take(event, now);
    this.#attend(now);
    return this.#state.effects;
  }

  /** @param {SessionEvent} event @param {number} now */
  #take(event, now) {
    const state = this.#state;
    switch (event.kind) {
      case "begin":
        state.go(state.leftBehind === null ? "begin" : "reopen");
        break;
      case "pause":
        state.go("pause");
        break;
      case "stop":
        if (state.phase === "joining") state.isEndWanted = true; // its place is not known yet
        else state.go("stop");
        break;
      case "unpause":
        if (state.go("unpause")) state.notices.delete("buffer_full");
        break;
      case "captured":
        if (state.phase === "recording") this.#capture(event.bytes);
        break;
      case "take_over":
        if (state.go("take_over")) state.links.ask(now);
        break;
      case "opened":
        state.notices.delete("sign_in");
        state.links.opened(event.connection, now);
        break;
      case "closed":
        if (event.isSignedOut) state.notices.add("sign_in");
        state.links.closed(event.connection, now);
        break;
      case "heard":
        if (event.message !== null && state.links.heard(event.connection, now)) {
          this.#answers.hear(event.connection, event.message, now);
        }
        break;
      case "ticket":
        state.notices.delete("sign_in");
        this.#send(state.links.active, wire.renew(RENEW_ID, event.ticket), now);
        break;
      case "ticket_failed":
        if (event.isSignedOut) state.notices.add("sign_in");
        break;
      case "retry":
        state.links.retryNow();
        state.upload.retryNow();
        break;
      case "tick":
        break;
      default:
        /** @type {never} */ (event);
    }
  }

  /** @param {Uint8Array} bytes */
  #capture(bytes) {
    const state = this.#state;
    const outcome = state.recording.capture(bytes);
    if (outcome === "full") {
      state.notices.add("buffer_full");
      state.go("pause");
    } else if (outcome === "complete") {
      state.notices.add("duration_reached");
      state.go("stop");
    }
  }

  /** Do what time or the event has made due. @param {number} now */
  #attend(now) {
    const state = this.#state;
    const missesFinals = state.finals.hasHole || state.finals.shown.length < (state.saved?.segments ?? 0);
    if (missesFinals && state.fillHoleAgain.isDue(now)) state.links.ask(now);
    const { effects, asking } = state.links.tick(now, {
      isNeeded: isConnected(state.phase) || (state.phase === "saved" && missesFinals),
      extraSilenceMs: state.phase === "stored" ? STOP_AGAIN_STORED_MS : 0, // heartbeats have ended
    });
    state.effects.push(...effects);
    for (const connection of asking) this.#send(connection, this.#askForReady(), now);
    if (state.upload.wantsTicket(now)) state.effects.push({ kind: "fetch_ticket" });
    if (state.links.active !== null && state.sessionId !== null && state.phase !== "superseded") {
      for (const text of state.upload.due(state.sessionId, state.phase, now)) {
        state.effects.push({ kind: "send", connection: state.links.active, text });
      }
    }
    if (state.saved !== null && state.saved.transcript !== "pending" && !missesFinals) {
      state.effects.push(...state.links.closeAll());
    }
  }

  #askForReady() {
    const state = this.#state;
    if (state.sessionId === null) {
      return wire.start({ requestId: state.startId, client: state.client, ...state.choices });
    }
    return wire.resume({
      id: RESUME_ID,
      sessionId: state.sessionId,
      client: state.client,
      haveFrom: state.recording.heldFrom,
      lastSegment: state.finals.last,
    });
  }

  /** @param {number | null} connection @param {string} text @param {number} now */
  #send(connection, text, now) {
    if (connection === null) return;
    this.#state.upload.spoke(now);
    this.#state.effects.push({ kind: "send", connection, text });
  }

  /**
   * Give what there is to show.
   * @returns {Snapshot}
   */
  snapshot() {
    const state = this.#state;
    const { phase, rateHz, durationS } = state;
    const { end: recorded, durable, heldFrom, fullness, samplesLeft } = state.recording;
    const received = state.upload.received;
    const secondsLeft = samplesLeft / rateHz;
    return {
      phase,
      state: stateOf({
        phase,
        isAttached: state.links.active !== null,
        isKnown: state.sessionId !== null,
        behindS: (recorded - received) / rateHz,
      }),
      sessionId: state.sessionId,
      rateHz,
      recorded,
      received,
      durable,
      secondsLeft,
      lost: state.lost,
      hasUnsaved: heldFrom !== null,
      finals: state.finals.shown,
      partial: state.finals.partial,
      status: state.status,
      notices: noticesOf(state.notices, { phase, fullness, secondsLeft, durationS }),
      failure: state.failure,
      receipt: state.saved === null ? null : receiptOf(state.saved, state.recording.sha256),
    };
  }
}
