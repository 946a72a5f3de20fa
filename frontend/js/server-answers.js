/** What a session makes of the server's messages. Pure: it changes the session's state, and nothing else. */

import { RESUME_ID } from "./session-state.js";

/** @import { SessionState } from "./session-state.js" */
/** @import { ErrorMessage, Ready, ServerMessage } from "./wire.js" */

const RETRY_DEFAULT_S = 1; // when the server asks to wait and does not say how long

/** The server's part in a session. */
export class ServerAnswers {
  #state;

  /** @param {SessionState} state */
  constructor(state) {
    this.#state = state;
  }

  /**
   * Take a message; what comes from an owner that is none any more, or is about another session, changes nothing.
   * @param {number} connection
   * @param {ServerMessage} message
   * @param {number} now
   */
  hear(connection, message, now) {
    const state = this.#state;
    if (message.type === "renewed") return state.upload.renewed();
    if (state.sessionId !== null && (message.session_id ?? state.sessionId) !== state.sessionId) return;
    if ((message.epoch ?? state.epoch) < state.epoch) return; // from an owner that is none any more
    if (message.type === "error") return this.#hearError(message, now);
    if (message.epoch > state.epoch && state.epoch >= 0) state.links.ask(now); // it must know what we hold
    state.epoch = message.epoch;
    state.sessionId = message.session_id;
    switch (message.type) {
      case "ready":
        this.#attach(connection, message);
        break;
      case "ack":
        state.upload.acknowledge(message);
        break;
      case "nack":
        state.upload.missing(message, now);
        break;
      case "partial":
        state.notices.delete("silence");
        state.finals.addPartial(message);
        break;
      case "final":
        state.notices.delete("silence");
        state.finals.add(message);
        if (!state.finals.hasHole) state.fillHoleAgain.reset();
        break;
      case "status":
        state.status = message;
        break;
      case "warning":
        if (message.code === "auth_expiring") state.upload.needTicket();
        else if (message.code === "silence") state.notices.add("silence");
        break; // the ring's filling and the time left are known here untold
      case "moved":
        state.links.ask(now);
        break;
      case "stored":
        this.#finish(message.samples, "store", now);
        break;
      case "saved":
        state.saved = message;
        this.#finish(message.samples, "save", now);
        break;
      default:
        /** @type {never} */ (message);
    }
  }

  /** @param {number} connection @param {Ready} ready */
  #attach(connection, ready) {
    const state = this.#state;
    const { isNew, effects } = state.links.ready(connection);
    state.effects.push(...effects);
    state.notices.delete("busy");
    state.durationS = ready.limits.duration_s;
    state.recording.limitTo(state.durationS * state.rateHz);
    const isElsewhere = state.phase === "joining" || ready.next_offset > state.recording.end;
    if (isElsewhere) this.#join(ready.next_offset);
    state.upload.attach(ready, isNew || isElsewhere);
  }

  /** Go on where other pages have come to: what this one holds is older. @param {number} offset */
  #join(offset) {
    const state = this.#state;
    const { heldFrom, end } = state.recording;
    if (heldFrom !== null && state.phase !== "joining") state.lost = [Math.max(heldFrom, state.upload.received), end];
    this.#loseFrom(offset);
    state.recording.continueFrom(offset);
    state.go(state.isEndWanted ? "join_to_stop" : "join");
  }

  /** Say what the closed page had captured and the server has not. @param {number} offset */
  #loseFrom(offset) {
    const state = this.#state;
    const captured = state.leftBehind?.recorded ?? 0;
    if (offset < captured) state.lost = [offset, captured];
    state.leftBehind = null;
  }

  /** @param {number} samples @param {"store" | "save"} step @param {number} now */
  #finish(samples, step, now) {
    const state = this.#state;
    const isOpen = state.phase === "recording" || state.phase === "paused";
    if (isOpen || (state.phase === "joining" && !state.isEndWanted)) state.notices.add("ended");
    this.#loseFrom(samples);
    state.recording.finish(samples);
    if (step === "save") state.finals.dropPartial();
    if (state.go(step)) state.upload.stored(now);
  }

  /** @param {ErrorMessage} error @param {number} now */
  #hearError(error, now) {
    const state = this.#state;
    const retryAt = now + 1000 * (error.retry_after_s ?? RETRY_DEFAULT_S);
    switch (error.code) {
      case "superseded":
        if (state.go("supersede") && state.upload.received < state.recording.end) {
          state.lost = [state.upload.received, state.recording.end];
        }
        break;
      case "busy":
        state.notices.add("busy");
        state.links.holdAsking(retryAt);
        break;
      case "rate_limited":
      case "buffer_limit":
      case "internal":
        state.upload.holdUntil(retryAt);
        break;
      case "auth_expired":
        state.upload.expired(now);
        break;
      case "conflict":
        state.notices.add("conflict");
        break;
      case "duration_limit":
        state.notices.add("duration_reached");
        state.go("stop");
        break;
      case "not_found":
        if (error.ref === RESUME_ID) this.#fail(error);
        else state.links.ask(now); // perhaps only that task does not know; the answer to a resume settles it
        break;
      default:
        // A refused `start` cannot be mended by repeating it. Any other message was spoilt on the way: audio that
        // is not acknowledged goes again.
        if (error.ref === state.startId) this.#fail(error);
    }
  }

  /** @param {ErrorMessage} error */
  #fail(error) {
    const state = this.#state;
    if (!state.go("fail")) return;
    state.failure = { code: error.code, sentence: error.message };
    state.effects.push(...state.links.closeAll());
  }
}
