/** Fetch the ticket that opens or renews one connection. Touches the network. */

import { SignedOut } from "./sign-in.js";

/** @typedef {import("./sign-in.js").SignIn} SignIn */
/** @typedef {{ ticket: string, websocketUrl: string }} Ticket */

const TIMEOUT_MS = 10_000;

/**
 * Get a ticket; it lasts 30 s and opens one connection.
 * @param {string} apiUrl
 * @param {SignIn} signIn
 * @param {import("./sign-in.js").Fetch} fetch
 * @returns {Promise<Ticket>} rejects with SignedOut when the user must sign in
 */
export async function fetchTicket(apiUrl, signIn, fetch) {
  const response = await fetch(`${apiUrl}/tickets`, {
    method: "POST",
    headers: { authorization: `Bearer ${await signIn.accessToken()}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status === 401 || response.status === 403) throw new SignedOut("the API refused the access token");
  if (!response.ok) throw new Error("the API gave no ticket");
  const { ticket, websocket_url: websocketUrl } = await response.json();
  return { ticket, websocketUrl };
}
