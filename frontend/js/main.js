/** Open the page: its language, its configuration, who is signed in. */

import { followPlaces } from "./history/places.js";
import { Page } from "./page.js";
import { remember, remembered } from "./preferences.js";
import { SignIn, answerFromWindow } from "./sign-in.js";
import { beginSpeaking } from "./static-texts.js";
import * as texts from "./texts.js";
import { firstLanguage } from "./texts/language.js";

/** @import { Config } from "./page.js" */

const CONFIG_URL = "/config.json";

async function open() {
  await beginSpeaking(firstLanguage(remembered(localStorage).language, navigator.languages), (language) =>
    remember(localStorage, { language }),
  );
  const address = new URL(location.href);
  if (answerFromWindow(address)) {
    close();
    return;
  }
  const response = await fetch(CONFIG_URL, { cache: "no-store" });
  if (!response.ok) throw new Error("no configuration");
  /** @type {Config} */
  const config = await response.json();
  const browser = { fetch: fetch.bind(globalThis), store: sessionStorage, now: () => Date.now() };
  const signIn = new SignIn(config.sign_in, browser);
  let isRefused = address.searchParams.has("error");
  try {
    await signIn.finish(address);
  } catch {
    isRefused = true;
  }
  history.replaceState(null, "", address.pathname + address.hash); // a used code has no business in the address
  const page = new Page(config, signIn);
  followPlaces(config.api_url, signIn);
  if (isRefused) page.showProblem(() => texts.words.problems.signIn);
}

open().catch(() => {
  const message = document.getElementById("message");
  if (message !== null) {
    message.textContent = texts.words.problems.page;
    message.dataset.gravity = "error";
    message.hidden = false;
  }
});
