/** Put the page together: the only place that builds things. */

import { Capture } from "./capture.js";
import { remember, remembered } from "./preferences.js";
import { Recorder } from "./recorder.js";
import { Session } from "./session.js";
import { SignIn, SignedOut, WindowBlocked, answerFromWindow } from "./sign-in.js";
import { signOutEverywhere } from "./sign-out.js";
import * as texts from "./texts.js";
import { fetchTicket } from "./tickets.js";
import { View } from "./view.js";
import { RATE_HZ } from "./wire.js";

/** @typedef {{ api_url: string, sign_in: import("./sign-in.js").SignInConfig }} Config */

const CONFIG_URL = "/config.json";

/** The page at work. */
class Page {
  #config;
  #signIn;
  #view;
  #client = crypto.randomUUID();
  /** @type {Recorder | null} */
  #recorder = null;
  /** @type {Capture | null} */
  #capture = null;
  #isStarting = false;
  #signingIn = new AbortController();

  /** @param {Config} config @param {SignIn} signIn */
  constructor(config, signIn) {
    this.#config = config;
    this.#signIn = signIn;
    this.#view = new View(
      (wish) => void this.#grant(wish),
      (choices) => remember(localStorage, choices),
    );
    this.#view.choose(remembered(localStorage));
    this.#view.showSignedIn(signIn.isSignedIn);
    addEventListener("beforeunload", (event) => {
      if (this.#recorder?.snapshot.hasUnsaved) event.preventDefault();
    });
    addEventListener("online", () => this.#recorder?.tell({ kind: "retry" }));
  }

  /** @param {string} sentence */
  showProblem(sentence) {
    this.#view.showProblem(sentence);
  }

  /** @param {import("./view.js").Wish} wish */
  async #grant(wish) {
    switch (wish) {
      case "signIn":
        location.assign(await this.#signIn.begin());
        break;
      case "signInAgain":
        await this.#signInAgain();
        break;
      case "signOut":
        await this.#signOut();
        break;
      case "start":
        await this.#start();
        break;
      case "pause":
        await this.#pauseOrResume();
        break;
      case "stop":
        this.#recorder?.tell({ kind: "stop" });
        break;
      case "takeOver":
        if (await this.#openMicrophone()) this.#recorder?.tell({ kind: "take_over" });
        break;
      default:
        /** @type {never} */ (wish);
    }
  }

  async #start() {
    if (this.#isStarting) return; // the browser may be asking for permission still
    this.#isStarting = true;
    try {
      const choices = this.#view.choices;
      if (!(await this.#openMicrophone(RATE_HZ[choices.quality]))) return;
      this.#recorder?.end();
      this.#view.clear();
      const session = new Session({
        client: this.#client,
        requestId: crypto.randomUUID(),
        choices,
        random: Math.random,
      });
      this.#recorder = new Recorder(session, {
        fetchTicket: () => fetchTicket(this.#config.api_url, this.#signIn, fetch.bind(globalThis)),
        setMicrophone: (isOn) => this.#capture?.setOn(isOn),
        show: (snapshot) => this.#show(snapshot),
      });
      this.#recorder.tell({ kind: "begin" });
    } finally {
      this.#isStarting = false;
    }
  }

  /** @param {import("./session-types.js").Snapshot} snapshot */
  #show(snapshot) {
    this.#view.show(snapshot);
    const isDone = snapshot.phase !== "recording" && snapshot.phase !== "paused";
    if (isDone && this.#capture !== null) {
      this.#capture.close();
      this.#capture = null;
      this.#view.clearLevel();
    }
  }

  async #pauseOrResume() {
    const isPaused = this.#recorder?.snapshot.phase === "paused";
    if (!isPaused) this.#recorder?.tell({ kind: "pause" });
    else if (await this.#openMicrophone()) this.#recorder?.tell({ kind: "unpause" });
  }

  /**
   * Have the microphone open, at the session's rate unless another is given.
   * @param {number} [rateHz]
   * @returns {Promise<boolean>} false: it cannot be had, and the user has been told
   */
  async #openMicrophone(rateHz = this.#recorder?.snapshot.rateHz ?? RATE_HZ.medium) {
    this.#view.showProblem("");
    if (this.#capture !== null) return true;
    try {
      this.#capture = await Capture.open({
        rateHz,
        onBatch: (bytes, level) => {
          this.#view.showLevel(level);
          this.#recorder?.tell({ kind: "captured", bytes });
        },
        onLost: () => this.#loseMicrophone(),
      });
      return true;
    } catch (error) {
      this.#view.showProblem(texts.microphoneError(error instanceof Error ? error.name : ""));
      return false;
    }
  }

  #loseMicrophone() {
    this.#capture?.close();
    this.#capture = null;
    this.#view.clearLevel();
    this.#view.showProblem(texts.MICROPHONE_LOST);
    this.#recorder?.tell({ kind: "pause" });
  }

  async #signOut() {
    this.#view.showProblem("");
    try {
      await signOutEverywhere(this.#config.api_url, this.#signIn, fetch.bind(globalThis));
      location.assign(this.#signIn.logoutUrl);
    } catch (error) {
      this.#view.showProblem(error instanceof SignedOut ? texts.SIGN_OUT_NEEDS_SIGN_IN : texts.SIGN_OUT_FAILED);
    }
  }

  async #signInAgain() {
    this.#signingIn.abort();
    this.#signingIn = new AbortController();
    try {
      const openWindow = (/** @type {string} */ url) => window.open(url, "_blank", "popup,width=520,height=720");
      await this.#signIn.inWindow(openWindow, this.#signingIn.signal);
      this.#view.showProblem("");
      this.#recorder?.tell({ kind: "retry" });
    } catch (error) {
      this.#view.showProblem(error instanceof WindowBlocked ? texts.SIGN_IN_BLOCKED : texts.SIGN_IN_FAILED);
    }
  }
}

async function open() {
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
  let problem = address.searchParams.has("error") ? texts.SIGN_IN_FAILED : "";
  try {
    await signIn.finish(address);
  } catch {
    problem = texts.SIGN_IN_FAILED;
  }
  history.replaceState(null, "", address.pathname); // a used code has no business in the address
  new Page(config, signIn).showProblem(problem);
}

open().catch(() => {
  const message = document.getElementById("message");
  if (message !== null) {
    message.textContent = texts.PAGE_FAILED;
    message.hidden = false;
  }
});
