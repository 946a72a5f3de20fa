/**
 * Decide which samples go into the next message. Pure: time arrives as `now` in milliseconds.
 *
 * What has been sent is in flight until the server says `received`. It is sent again when it was named missing or
 * has waited too long, and cut anew then. Fresh audio goes in small messages while the page keeps up and in large
 * ones while it catches up. Never more than 512 KB is in flight, four times real time, or the messages a second
 * that the server allows.
 */

import { Allowance } from "./allowance.js";
import { PCM } from "./sound-forms.js";
import { audioBytesWithin } from "./wire.js";

/** @typedef {import("./wire.js").Range} Range */
/** @typedef {{ from: number, to: number, sentAt: number, dueAt: number, waitMs: number }} Flight */

const LIVE_MESSAGE_S = 0.2;
const REPLAY_MESSAGE_S = 0.6;
const REPLAY_SPEED = 4; // times real time
const RESEND_FIRST_MS = 2500;
const RESEND_LONGEST_MS = 10_000;
const IN_FLIGHT_BYTES = 512 * 1024;
const NACK_DEAF_MS = 200; // a nack sent before the resend arrived would have it sent again and again

/** What of a recording is under way to the server, and what is next. */
export class Outbox {
  #form;
  #liveSamples;
  #mostSamples;
  #pace;
  #messages;
  /** @type {Flight[]} without gaps from `received` to `#next` */
  #flights = [];
  #received = 0;
  #receivedEpoch = -1;
  #next = 0;
  #heldUntil = -Infinity;

  /**
   * @param {number} rateHz
   * @param {{ message_bytes: number, messages_per_s: number }} limits
   * @param {import("./sound-forms.js").Form} [form]
   */
  constructor(rateHz, limits, form = PCM) {
    this.#form = form;
    const fitting = form.samplesWithin(audioBytesWithin(limits.message_bytes));
    this.#liveSamples = Math.min(fitting, Math.round(rateHz * LIVE_MESSAGE_S));
    this.#mostSamples = Math.min(fitting, Math.round(rateHz * REPLAY_MESSAGE_S));
    this.#pace = new Allowance(rateHz * REPLAY_SPEED, rateHz * REPLAY_MESSAGE_S);
    this.#messages = new Allowance(limits.messages_per_s, limits.messages_per_s);
  }

  /** One past the last sample that the server has without a hole. */
  get received() {
    return this.#received;
  }

  /** One past the last sample that has been sent at least once since the last restart. */
  get sent() {
    return this.#next;
  }

  /**
   * Begin again at what the server has: what was in flight went to another connection or another owner.
   * @param {number} received
   * @param {number} epoch
   */
  restart(received, epoch) {
    this.#received = epoch > this.#receivedEpoch ? received : Math.max(received, this.#received);
    this.#receivedEpoch = epoch;
    this.resendAll();
  }

  /**
   * Hear how far the server has come. Within one epoch only the furthest counts, as answers may overtake each
   * other; a new owner may know of less, and is sent it again.
   * @param {number} received
   * @param {number} epoch
   */
  acknowledge(received, epoch) {
    if (epoch > this.#receivedEpoch) {
      this.restart(received, epoch);
      return;
    }
    if (received <= this.#received) return;
    this.#received = received;
    this.#next = Math.max(this.#next, received);
    this.#flights = this.#flights.filter((flight) => flight.to > received);
    if (this.#flights.length > 0) this.#flights[0].from = Math.max(this.#flights[0].from, received);
  }

  /**
   * Hear what the server misses: that is due at once.
   * @param {Range[]} missing
   * @param {number} now
   */
  missing(missing, now) {
    for (const [from, to] of missing) {
      this.#flights = this.#flights.flatMap((flight) =>
        flight.from < to && from < flight.to && now - flight.sentAt >= NACK_DEAF_MS
          ? splitDue(flight, from, to, now)
          : [flight],
      );
    }
  }

  /** What is in flight was refused: all of it is due. */
  resendAll() {
    this.#flights = [];
    this.#next = this.#received;
  }

  /**
   * Send no audio until then: the server asked for it.
   * @param {number} until
   */
  holdUntil(until) {
    this.#heldUntil = until;
  }

  /**
   * Count a message that carries no audio.
   * @param {number} now
   */
  countMessage(now) {
    this.#messages.spend(1, now);
  }

  /**
   * Take the samples for the next message; null when nothing may or need be sent now.
   * @param {number} end one past the newest sample there is
   * @param {boolean} isWhole whether a message shorter than usual is worth sending, since no more follows soon
   * @param {number} now
   * @returns {Range | null}
   */
  take(end, isWhole, now) {
    if (now < this.#heldUntil || !this.#messages.has(now) || !this.#pace.has(now)) return null;
    const range = this.#takeDue(now) ?? this.#takeFresh(end, isWhole, now);
    if (range !== null) {
      this.#messages.spend(1, now);
      this.#pace.spend(range[1] - range[0], now);
    }
    return range;
  }

  /**
   * @param {number} now
   * @returns {Range | null}
   */
  #takeDue(now) {
    const first = this.#flights.findIndex((flight) => flight.dueAt <= now);
    if (first === -1) return null;
    const { from, waitMs } = this.#flights[first];
    const most = from + this.#mostSamples;
    let after = first;
    while (after < this.#flights.length && this.#flights[after].dueAt <= now && this.#flights[after].from < most) {
      after += 1;
    }
    const last = this.#flights[after - 1];
    const to = Math.min(last.to, most);
    const waitNextMs = Math.min(RESEND_LONGEST_MS, waitMs * 2);
    const again = { from, to, sentAt: now, dueAt: now + waitNextMs, waitMs: waitNextMs };
    const rest = to < last.to ? [{ ...last, from: to }] : [];
    this.#flights.splice(first, after - first, again, ...rest);
    return [from, to];
  }

  /**
   * @param {number} end
   * @param {boolean} isWhole
   * @param {number} now
   * @returns {Range | null}
   */
  #takeFresh(end, isWhole, now) {
    const from = this.#next;
    const waiting = end - from;
    if (waiting <= 0 || (waiting < this.#liveSamples && !isWhole)) return null;
    const isBehind = waiting >= 2 * this.#liveSamples;
    const to = from + Math.min(waiting, isBehind ? this.#mostSamples : this.#liveSamples);
    if ((to - this.#received) * this.#form.bytesPerSample > IN_FLIGHT_BYTES) return null;
    this.#next = to;
    this.#flights.push({ from, to, sentAt: now, dueAt: now + RESEND_FIRST_MS, waitMs: RESEND_FIRST_MS });
    return [from, to];
  }
}

/**
 * Make the part [from, to) of a flight due, and leave the rest as it is.
 * @param {Flight} flight
 * @param {number} from
 * @param {number} to
 * @param {number} now
 * @returns {Flight[]}
 */
function splitDue(flight, from, to, now) {
  const before = { ...flight, to: Math.max(flight.from, from) };
  const within = { ...flight, from: before.to, to: Math.min(flight.to, to), dueAt: now };
  const after = { ...flight, from: within.to };
  return [before, within, after].filter((part) => part.from < part.to);
}
