/**
 * Sign in with OAuth's authorisation code and PKCE (RFC 7636), and keep the access token fresh.
 *
 * Tokens live in this object's memory only. Only the PKCE verifier and `state` outlast the way to the sign-in
 * page and back, in sessionStorage; they are used once. While a recording runs, signing in again happens in a
 * window of its own, so that the page and the audio in it stay.
 */

import { toBase64Url } from "./base64.js";

/**
 * @typedef {object} SignInConfig
 * @property {string} authorize_url
 * @property {string} token_url
 * @property {string} logout_url
 * @property {string} client_id
 * @property {string} redirect_uri
 * @property {string[]} scopes
 */
/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Store */
/** @typedef {(url: string, options: RequestInit) => Promise<Response>} Fetch */

const PENDING_KEY = "seva-arogya.sign-in";
const CHANNEL = "seva-arogya.sign-in";
const WINDOW_STATE = "window."; // a `state` of this form belongs to a sign-in window
const EARLY_MS = 60_000; // a token this close to its end is renewed first
const TIMEOUT_MS = 10_000;
const RANDOM_BYTES = 32;

/** Nobody is signed in, or no longer. */
export class SignedOut extends Error {}

/** The browser would not open the sign-in window. */
export class WindowBlocked extends Error {}

/** The user's tokens, and the ways to get them. */
export class SignIn {
  #config;
  #fetch;
  #store;
  #now;
  /** @type {string | null} */
  #accessToken = null;
  /** @type {string | null} */
  #refreshToken = null;
  #expiresAt = 0;

  /**
   * @param {SignInConfig} config
   * @param {{ fetch: Fetch, store: Store, now: () => number }} browser `now` in milliseconds
   */
  constructor(config, { fetch, store, now }) {
    this.#config = config;
    this.#fetch = fetch;
    this.#store = store;
    this.#now = now;
  }

  get isSignedIn() {
    return this.#accessToken !== null;
  }

  /**
   * Where this browser forgets, too, who signed in: its sign-in page would otherwise ask nothing the next time.
   * It comes back to the page.
   */
  get logoutUrl() {
    const url = new URL(this.#config.logout_url);
    url.search = String(
      new URLSearchParams({ client_id: this.#config.client_id, logout_uri: this.#config.redirect_uri }),
    );
    return url.href;
  }

  /**
   * Prepare the way to the sign-in page in this window, and give its address.
   * @returns {Promise<string>}
   */
  async begin() {
    const pending = { state: randomText(), verifier: randomText() };
    this.#store.setItem(PENDING_KEY, JSON.stringify(pending));
    return this.#authorizeUrl(pending);
  }

  /**
   * Finish with the address that the sign-in page came back to. Without a code in it nothing happens.
   * @param {URL} address
   * @returns {Promise<void>} rejects with SignedOut when the answer is not to our question, or is refused
   */
  async finish(address) {
    const answer = readAnswer(address);
    if (answer === null) return;
    const pending = JSON.parse(this.#store.getItem(PENDING_KEY) ?? "null");
    this.#store.removeItem(PENDING_KEY);
    await this.#redeem(answer, pending);
  }

  /**
   * Sign in again in a window of its own.
   * @param {(url: string) => unknown} openWindow gives something falsy when the browser would not
   * @param {AbortSignal} signal ends the wait when the user tries again
   */
  async inWindow(openWindow, signal) {
    const pending = { state: WINDOW_STATE + randomText(), verifier: randomText() };
    const url = await this.#authorizeUrl(pending);
    const channel = new BroadcastChannel(CHANNEL);
    try {
      /** @type {Promise<{ state: string, code: string }>} */
      const answered = new Promise((resolve, reject) => {
        channel.onmessage = ({ data }) => {
          if (data?.state === pending.state) resolve(data);
        };
        const giveUp = () => reject(new SignedOut("signing in was given up"));
        if (signal.aborted) giveUp();
        signal.addEventListener("abort", giveUp);
      });
      answered.catch(() => undefined); // the window may be blocked first
      if (!openWindow(url)) throw new WindowBlocked("the sign-in window was blocked");
      await this.#redeem(await answered, pending);
    } finally {
      channel.close();
    }
  }

  /**
   * Give an access token that is good for a while, renewed if need be.
   * @returns {Promise<string>} rejects with SignedOut when only the user can help, with the browser's own error
   *   when the network can
   */
  async accessToken() {
    if (this.#accessToken === null) throw new SignedOut("nobody is signed in");
    if (this.#now() < this.#expiresAt - EARLY_MS) return this.#accessToken;
    if (this.#refreshToken !== null) {
      await this.#ask({ grant_type: "refresh_token", refresh_token: this.#refreshToken });
    } else if (this.#now() >= this.#expiresAt) {
      throw new SignedOut("the sign-in has expired");
    }
    return this.#accessToken;
  }

  /**
   * @param {{ state: string, code: string }} answer
   * @param {{ state: string, verifier: string } | null} pending
   */
  async #redeem(answer, pending) {
    if (pending === null || answer.state !== pending.state) throw new SignedOut("an answer to no question of ours");
    await this.#ask({
      grant_type: "authorization_code",
      code: answer.code,
      code_verifier: pending.verifier,
      redirect_uri: this.#config.redirect_uri,
    });
  }

  /** @param {Record<string, string>} grant */
  async #ask(grant) {
    const response = await this.#fetch(this.#config.token_url, {
      method: "POST",
      body: new URLSearchParams({ client_id: this.#config.client_id, ...grant }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status === 400 || response.status === 401) {
      this.#refreshToken = null;
      throw new SignedOut("the sign-in was refused");
    }
    if (!response.ok) throw new Error("the sign-in service did not answer");
    const tokens = await response.json();
    this.#accessToken = tokens.access_token;
    this.#refreshToken = tokens.refresh_token ?? this.#refreshToken;
    this.#expiresAt = this.#now() + tokens.expires_in * 1000;
  }

  /** @param {{ state: string, verifier: string }} pending */
  async #authorizeUrl({ state, verifier }) {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    const url = new URL(this.#config.authorize_url);
    url.search = String(
      new URLSearchParams({
        response_type: "code",
        client_id: this.#config.client_id,
        redirect_uri: this.#config.redirect_uri,
        scope: this.#config.scopes.join(" "),
        state,
        code_challenge: toBase64Url(new Uint8Array(digest)),
        code_challenge_method: "S256",
      }),
    );
    return url.href;
  }
}

/**
 * If this page is a sign-in window that came back, hand its answer to the page that waits, and say so.
 * @param {URL} address
 */
export function answerFromWindow(address) {
  const answer = readAnswer(address);
  if (answer === null || !answer.state.startsWith(WINDOW_STATE)) return false;
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(answer);
  channel.close();
  return true;
}

/** @param {URL} address */
function readAnswer(address) {
  const code = address.searchParams.get("code");
  const state = address.searchParams.get("state");
  return code === null || state === null ? null : { code, state };
}

function randomText() {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)));
}
