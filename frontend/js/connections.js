/** The WebSockets of a session, by the numbers that the session gave them. Touches the network, decides nothing. */

import { freshAddress } from "./head-start.js";
import { SignedOut } from "./sign-in.js";
import { parseServerMessage } from "./wire.js";

/** @typedef {import("./session-types.js").SessionEvent} SessionEvent */
/** @typedef {import("./tickets.js").Ticket} Ticket */

const OPEN = 1; // WebSocket.OPEN

/** Open connections, and those on their way. */
export class Connections {
  #fetchTicket;
  #tell;
  #openSocket;
  #headStart;
  /** @type {Map<number, WebSocket | null>} null: the ticket is being fetched */
  #sockets = new Map();

  /**
   * @param {() => Promise<Ticket>} fetchTicket
   * @param {(event: SessionEvent) => void} tell hears `opened`, `heard` and, once, `closed` of every connection
   *   that was not closed from here
   * @param {{ openSocket?: (url: URL) => WebSocket, headStart?: import("./head-start.js").HeadStart | null }} [how]
   *   `headStart` is used for the first connection
   */
  constructor(fetchTicket, tell, { openSocket = (url) => new WebSocket(url), headStart = null } = {}) {
    this.#fetchTicket = fetchTicket;
    this.#tell = tell;
    this.#openSocket = openSocket;
    this.#headStart = headStart;
  }

  /** @param {number} connection */
  async open(connection) {
    this.#sockets.set(connection, null);
    try {
      const ahead = await this.#headStart?.take();
      const url = ahead ? null : await freshAddress(this.#fetchTicket);
      if (!this.#sockets.has(connection)) ahead?.close(); // given up meanwhile
      else if (ahead) this.#listen(connection, ahead);
      else if (url) this.#listen(connection, this.#openSocket(url));
    } catch (error) {
      this.#lost(connection, error instanceof SignedOut);
    }
  }

  /** @param {number} connection @param {string} text */
  send(connection, text) {
    const socket = this.#sockets.get(connection);
    if (socket?.readyState === OPEN) socket.send(text);
  }

  /** @param {number} connection */
  close(connection) {
    const socket = this.#sockets.get(connection);
    this.#sockets.delete(connection);
    socket?.close();
  }

  /** Close all, and say nothing of it. */
  closeAll() {
    for (const connection of [...this.#sockets.keys()]) this.close(connection);
  }

  /** @param {number} connection @param {WebSocket} socket */
  #listen(connection, socket) {
    this.#sockets.set(connection, socket);
    socket.onopen = () => {
      if (this.#sockets.has(connection)) this.#tell({ kind: "opened", connection });
    };
    socket.onmessage = ({ data }) => {
      if (this.#sockets.has(connection)) {
        this.#tell({ kind: "heard", connection, message: parseServerMessage(data) });
      }
    };
    socket.onclose = () => this.#lost(connection, false);
    if (socket.readyState === OPEN) this.#tell({ kind: "opened", connection });
  }

  /** @param {number} connection @param {boolean} isSignedOut */
  #lost(connection, isSignedOut) {
    if (this.#sockets.delete(connection)) this.#tell({ kind: "closed", connection, isSignedOut });
  }
}
