/**
 * Open a socket while the browser still opens the microphone, so that the first sound waits for one of them only.
 * Touches the network, sends nothing: without a microphone no session begins.
 */

/** @typedef {import("./tickets.js").Ticket} Ticket */

const GOOD_FOR_MS = 20_000; // who is asked for permission may take long; a ticket is good for 30 s
const CLOSING = 2; // WebSocket.CLOSING

/**
 * Give an address to connect to, once, with a fresh ticket in it.
 * @param {() => Promise<Ticket>} fetchTicket
 */
export async function freshAddress(fetchTicket) {
  const { ticket, websocketUrl } = await fetchTicket();
  const url = new URL(websocketUrl);
  url.searchParams.set("ticket", ticket);
  return url;
}

/** One socket, opened before it is needed. */
export class HeadStart {
  #socket;
  #now;
  #since;

  /**
   * @param {() => Promise<Ticket>} fetchTicket
   * @param {(url: URL) => WebSocket} [openSocket]
   * @param {() => number} [now] milliseconds of a clock that only goes forward
   */
  constructor(fetchTicket, openSocket = (url) => new WebSocket(url), now = () => performance.now()) {
    this.#now = now;
    this.#since = now();
    /** @type {Promise<WebSocket | null>} */
    this.#socket = freshAddress(fetchTicket).then(openSocket, () => null); // then it is opened in the ordinary way
  }

  /**
   * Hand the socket over, open or on its way; null when there is none that is fresh.
   * @returns {Promise<WebSocket | null>}
   */
  async take() {
    const socket = await this.#socket;
    this.#socket = Promise.resolve(null);
    if (socket === null || socket.readyState >= CLOSING) return null;
    if (this.#now() - this.#since < GOOD_FOR_MS) return socket;
    socket.close();
    return null;
  }

  /** Nothing was begun. */
  async drop() {
    (await this.take())?.close();
  }
}
