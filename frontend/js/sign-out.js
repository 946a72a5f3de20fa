/** Sign the user out everywhere: in every browser, and of every recording. Touches the network. */

import { SignedOut } from "./sign-in.js";

const TIMEOUT_MS = 15_000;

/**
 * End all that this user has signed in to; harmless when repeated.
 * @param {string} apiUrl
 * @param {import("./sign-in.js").SignIn} signIn
 * @param {import("./sign-in.js").Fetch} fetch
 * @returns {Promise<void>} rejects with SignedOut when the user must sign in to do this, with another error when
 *   it is not, or not all, done
 */
export async function signOutEverywhere(apiUrl, signIn, fetch) {
  const response = await fetch(`${apiUrl}/sign-out-everywhere`, {
    method: "POST",
    headers: { authorization: `Bearer ${await signIn.accessToken()}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status === 401 || response.status === 403) throw new SignedOut("the API refused the access token");
  if (!response.ok) throw new Error("the API did not sign the user out");
}
