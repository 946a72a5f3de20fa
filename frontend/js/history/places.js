/**
 * Follow the address: the live transcription, the list of recordings, or one of them. Touches the DOM.
 *
 * Tokens live in this page's memory only, so there is one document; a recording goes on whatever is looked at. What
 * is behind the list is loaded when somebody first opens it.
 */

import { element } from "../elements.js";
import { RecordsApi } from "../records-api.js";
import { whenLanguageChanges, words } from "../texts/language.js";
import { LIST_HASH, placeOf } from "./place.js";

/** @import { SignIn } from "../sign-in.js" */
/** @typedef {import("./history.js").History} History */

const STYLES = "/history.css";
const WISHED_KEY = "seva-arogya.place"; // where somebody wanted to go who had to sign in first: a number at the most

/** Have the views' own styles, once; without them they can still be read. */
function styled() {
  if (document.querySelector(`link[href="${STYLES}"]`) !== null) return null;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = STYLES;
  document.head.append(link);
  return new Promise((resolve) => (link.onload = link.onerror = resolve));
}

/**
 * Show what the address names, now and whenever it changes.
 * @param {string} apiUrl
 * @param {SignIn} signIn
 */
export function followPlaces(apiUrl, signIn) {
  const home = /** @type {HTMLAnchorElement} */ (element("to-live"));
  const list = /** @type {HTMLAnchorElement} */ (element("to-recordings"));
  const container = element("history");
  const heading = element("live-title");
  /** @type {Promise<History> | null} */
  let loading = null;
  /** @type {History | null} */
  let history = null;

  const load = async () => {
    const [{ History }] = await Promise.all([import("./history.js"), styled()]);
    return new History(new RecordsApi(apiUrl, signIn, fetch.bind(globalThis)), signIn, container);
  };

  const follow = async () => {
    const place = placeOf(signIn.isSignedIn ? location.hash : "");
    const isLive = place.view === "live";
    const wasLive = document.body.dataset.place !== "recordings";
    document.body.dataset.place = isLive ? "live" : "recordings";
    container.hidden = isLive;
    for (const [link, isHere] of /** @type {const} */ ([[home, isLive], [list, !isLive]])) {
      if (isHere) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (isLive) {
      history?.leave();
      document.title = words.page.title;
      if (!wasLive) heading.focus();
      return;
    }
    try {
      history = await (loading ??= load());
      if (placeOf(location.hash).view !== "live") history.show(placeOf(location.hash));
    } catch {
      loading = null;
      container.replaceChildren(words.problems.page);
    }
  };

  if (!signIn.isSignedIn && placeOf(location.hash).view !== "live") sessionStorage.setItem(WISHED_KEY, location.hash);
  if (signIn.isSignedIn) {
    const wished = sessionStorage.getItem(WISHED_KEY) ?? "";
    sessionStorage.removeItem(WISHED_KEY);
    if (placeOf(wished).view !== "live") window.history.replaceState(null, "", wished);
  }
  list.href = LIST_HASH;
  addEventListener("hashchange", () => void follow());
  whenLanguageChanges(() => history?.redraw());
  void follow();
}
