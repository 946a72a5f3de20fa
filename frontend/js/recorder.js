/** Do what a session asks for: connections, tickets, the microphone, and time. Decides nothing itself. */

import { Connections } from "./connections.js";
import { SignedOut } from "./sign-in.js";

/** @import { Session } from "./session.js" */
/** @import { SessionEffect, SessionEvent, Snapshot } from "./session-types.js" */

const TICK_MS = 100;

/** One session at work. */
export class Recorder {
  #session;
  #fetchTicket;
  #setMicrophone;
  #show;
  #connections;
  #timer;

  /**
   * @param {Session} session
   * @param {{ fetchTicket: () => Promise<import("./tickets.js").Ticket>, setMicrophone: (isOn: boolean) => void,
   *   show: (snapshot: Snapshot) => void, headStart?: import("./head-start.js").HeadStart | null }} shell
   */
  constructor(session, { fetchTicket, setMicrophone, show, headStart = null }) {
    this.#session = session;
    this.#fetchTicket = fetchTicket;
    this.#setMicrophone = setMicrophone;
    this.#show = show;
    this.#connections = new Connections(fetchTicket, (event) => this.tell(event), { headStart });
    // A page in the background has its timers slowed to one a second and less. Then the microphone's batches, which
    // come to `tell` as well, keep the time.
    this.#timer = setInterval(() => this.tell({ kind: "tick" }), TICK_MS);
  }

  get snapshot() {
    return this.#session.snapshot();
  }

  /** @param {SessionEvent} event */
  tell(event) {
    for (const effect of this.#session.handle(event, performance.now())) this.#perform(effect);
    this.#show(this.#session.snapshot());
  }

  /** Let go of a session that is over. */
  end() {
    clearInterval(this.#timer);
    this.#connections.closeAll();
  }

  /** @param {SessionEffect} effect */
  #perform(effect) {
    switch (effect.kind) {
      case "connect":
        void this.#connections.open(effect.connection);
        break;
      case "send":
        this.#connections.send(effect.connection, effect.text);
        break;
      case "close":
        this.#connections.close(effect.connection);
        break;
      case "microphone":
        this.#setMicrophone(effect.isOn);
        break;
      case "fetch_ticket":
        void this.#renew();
        break;
      default:
        /** @type {never} */ (effect);
    }
  }

  async #renew() {
    try {
      const { ticket } = await this.#fetchTicket();
      this.tell({ kind: "ticket", ticket });
    } catch (error) {
      this.tell({ kind: "ticket_failed", isSignedOut: error instanceof SignedOut });
    }
  }
}
