/** The page at work: it builds its parts and passes on what each of them tells. */

import { ANY_DEVICE } from "./device-choice.js";
import { HeadStart } from "./head-start.js";
import { LeftBehindView } from "./left-behind-view.js";
import { NoteKeeper, forget, notesLeft } from "./left-behind.js";
import { Feed } from "./feed.js";
import { Listening } from "./listening.js";
import { canEncodeOpus } from "./opus-encoder.js";
import { remember, remembered } from "./preferences.js";
import { Progress, soundNotice } from "./progress.js";
import { Recorder } from "./recorder.js";
import { Session } from "./session.js";
import { SignedOut, WindowBlocked } from "./sign-in.js";
import { signOutEverywhere } from "./sign-out.js";
import * as texts from "./texts.js";
import { fetchTicket } from "./tickets.js";
import { View } from "./view.js";
import { WakeLock } from "./wake-lock.js";
import { RATE_HZ, rateHz } from "./wire.js";

/** @import { SignIn } from "./sign-in.js" */

/** @typedef {{ api_url: string, sign_in: import("./sign-in.js").SignInConfig }} Config */

const LOOK_EVERY_MS = 1000; // for recordings that other pages have left behind

/** What the user wishes goes in, what is shown comes out. */
export class Page {
  #config;
  #signIn;
  #view;
  #client = crypto.randomUUID();
  /** @type {Recorder | null} */
  #recorder = null;
  #listening;
  #wakeLock = new WakeLock(document, navigator.wakeLock);
  #progress = new Progress();
  #leftBehind;
  /** @type {NoteKeeper | null} */
  #keeper = null;
  /** @type {import("./left-behind-view.js").FoundNote | null} */
  #found = null;
  /** @type {import("./session-types.js").Choices | null} */
  #choices = null; // of the recording
  /** @type {Feed | null} */
  #feed = null;
  #isStarting = false;
  #isChecking = false;
  #signingIn = new AbortController();

  /** @param {Config} config @param {SignIn} signIn */
  constructor(config, signIn) {
    this.#config = config;
    this.#signIn = signIn;
    const known = remembered(localStorage);
    this.#view = new View(
      (wish) => void this.#grant(wish),
      (choices) => remember(localStorage, choices),
    );
    this.#view.transcript.connect(config.api_url, signIn);
    this.#view.choose(known);
    void canEncodeOpus().then((isPossible) => isPossible && this.#view.offerOpus());
    this.#view.showSignedIn(signIn.isSignedIn);
    this.#listening = new Listening({
      wanted: { deviceId: known.microphoneId ?? ANY_DEVICE, label: known.microphoneLabel ?? "" },
      onBatch: (bytes) => this.#heard(bytes),
      onChange: (change) => this.#changeMicrophone(change),
      onProblem: (sentence) => this.#view.showProblem(sentence),
      onChoice: ({ deviceId, label }) => remember(localStorage, { microphoneId: deviceId, microphoneLabel: label }),
      onCheck: () => void this.#check(),
    });
    this.#leftBehind = new LeftBehindView({
      onReopen: () => void this.#reopen(),
      onFinish: () => this.#finish(),
      onForget: () => this.#forget(),
    });
    this.#lookForLeftBehind();
    setInterval(() => this.#lookForLeftBehind(), LOOK_EVERY_MS);
    addEventListener("beforeunload", (event) => {
      if (this.#recorder?.snapshot.hasUnsaved) event.preventDefault();
    });
    addEventListener("pagehide", () => {
      if (this.#recorder !== null) this.#note(this.#recorder.snapshot, { isLast: true });
    });
    addEventListener("online", () => this.#recorder?.tell({ kind: "retry" }));
  }

  #fetchTicket = () => fetchTicket(this.#config.api_url, this.#signIn, fetch.bind(globalThis));

  /** @param {import("./view.js").Sentence} sentence */
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
        await this.#feed?.flush();
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
      const headStart = new HeadStart(this.#fetchTicket);
      if (await this.#openMicrophone(rateHz(choices))) this.#begin(choices, crypto.randomUUID(), null, headStart);
      else await headStart.drop();
    } finally {
      this.#isStarting = false;
    }
  }

  /**
   * @param {import("./session-types.js").Choices} choices
   * @param {string} requestId
   * @param {import("./session-types.js").LeftBehind | null} leftBehind
   * @param {HeadStart | null} [headStart]
   */
  #begin(choices, requestId, leftBehind, headStart) {
    this.#recorder?.end();
    this.#view.clear();
    this.#isChecking = false;
    this.#progress = new Progress();
    this.#choices = choices;
    this.#keeper = new NoteKeeper(localStorage, requestId, leftBehind !== null);
    const session = new Session({ client: this.#client, requestId, choices, random: Math.random, leftBehind });
    this.#recorder = new Recorder(session, {
      fetchTicket: this.#fetchTicket,
      headStart,
      setMicrophone: (isOn) => this.#listening.setOn(isOn),
      show: (snapshot) => this.#show(snapshot),
    });
    this.#feed?.close();
    const recorder = this.#recorder;
    this.#feed = new Feed(
      choices,
      (bytes) => recorder.tell({ kind: "captured", bytes }),
      () => this.#loseEncoder(),
    );
    this.#leftBehind.show(null);
    this.#recorder.tell({ kind: "begin" });
  }

  /** @param {Uint8Array} bytes */
  #heard(bytes) {
    const snapshot = this.#recorder?.snapshot;
    if (snapshot?.phase === "recording") {
      this.#view.transcript.hear(bytes, snapshot);
      this.#feed?.push(bytes);
    } else this.#recorder?.tell({ kind: "tick" }); // a page in the background has its timers slowed
  }

  #loseEncoder() {
    this.#recorder?.tell({ kind: "pause" });
    this.#view.showProblem(() => texts.words.problems.encoder);
  }

  /** @param {import("./session-types.js").Snapshot} snapshot */
  #show(snapshot) {
    const { isNewText, ...text } = this.#progress.follow(snapshot);
    if (isNewText) this.#listening.text();
    this.#view.show(snapshot, text, soundNotice(snapshot, this.#listening));
    this.#wakeLock.want(snapshot.phase === "recording");
    this.#note(snapshot);
    const needsMicrophone = ["joining", "recording", "paused"].includes(snapshot.phase) || this.#isChecking;
    if (!needsMicrophone && this.#listening.isOpen) this.#listening.close();
    this.#showCheck();
  }

  async #pauseOrResume() {
    const isPaused = this.#recorder?.snapshot.phase === "paused";
    if (!isPaused) {
      await this.#feed?.flush();
      this.#recorder?.tell({ kind: "pause" });
    }
    else if (await this.#openMicrophone()) this.#recorder?.tell({ kind: "unpause" });
  }

  /**
   * Have the microphone open, at the session's rate unless another is given.
   * @param {number} [rateHz]
   * @returns {Promise<boolean>} false: it cannot be had, and the user has been told
   */
  async #openMicrophone(rateHz = this.#recorder?.snapshot.rateHz ?? RATE_HZ.medium) {
    this.#view.showProblem("");
    return this.#listening.open(rateHz);
  }

  /** @param {import("./microphone.js").Change} change */
  #changeMicrophone(change) {
    const snapshot = this.#recorder?.snapshot;
    const isOpen = snapshot?.phase === "recording" || snapshot?.phase === "paused";
    const at = isOpen ? texts.clockText(snapshot.recorded / snapshot.rateHz) : null;
    const sentence = () => texts.microphoneChange(change, at);
    if (change.kind === "moved") {
      this.#view.showNews(sentence);
      return;
    }
    this.#isChecking = false;
    this.#showCheck();
    this.#view.showProblem(sentence);
    this.#recorder?.tell({ kind: "pause" });
  }

  get #isIdle() {
    return this.#recorder === null || ["stored", "saved", "failed"].includes(this.#recorder.snapshot.phase);
  }

  /** Open the microphone to see that it hears, or end that. */
  async #check() {
    if (!this.#isIdle || this.#isStarting) return;
    this.#isStarting = true;
    try {
      this.#isChecking = !this.#isChecking && (await this.#openMicrophone(rateHz(this.#view.choices)));
      if (!this.#isChecking) this.#listening.close();
      this.#showCheck();
    } finally {
      this.#isStarting = false;
    }
  }

  #showCheck() {
    this.#listening.showCheck({ isChecking: this.#isChecking, isPossible: this.#isIdle });
  }

  /** Go on with a recording whose page is gone. */
  async #reopen() {
    const note = this.#found;
    if (note === null || note.sessionId === null || this.#isStarting) return;
    this.#isStarting = true;
    try {
      if (await this.#openMicrophone(note.rateHz)) this.#beginLeftBehind(note, note.sessionId);
    } finally {
      this.#isStarting = false;
    }
  }

  /** End a recording whose page is gone. */
  #finish() {
    const note = this.#found;
    if (note === null || note.sessionId === null || this.#isStarting) return;
    this.#view.showProblem("");
    this.#isChecking = false;
    this.#listening.close();
    this.#beginLeftBehind(note, note.sessionId);
    this.#recorder?.tell({ kind: "stop" });
  }

  /** @param {import("./left-behind.js").Note} note @param {string} sessionId */
  #beginLeftBehind({ requestId, recorded, quality, encoding }, sessionId) {
    const choices = {
      ...this.#view.choices,
      quality: /** @type {import("./wire.js").Quality} */ (quality),
      encoding: /** @type {import("./wire.js").Encoding} */ (encoding),
    };
    this.#begin(choices, requestId, { sessionId, recorded });
  }

  #forget() {
    if (this.#found !== null) forget(localStorage, this.#found.requestId);
    this.#lookForLeftBehind();
  }

  #lookForLeftBehind() {
    this.#found = (this.#isIdle && this.#signIn.isSignedIn && notesLeft(localStorage, Date.now())[0]) || null;
    this.#leftBehind.show(this.#found);
  }

  /** @param {import("./session-types.js").Snapshot} snapshot @param {{ isLast: boolean }} [how] */
  #note(snapshot, how) {
    if (this.#choices !== null) this.#keeper?.follow(snapshot, this.#choices, Date.now(), how);
  }

  async #signOut() {
    this.#view.showProblem("");
    try {
      await signOutEverywhere(this.#config.api_url, this.#signIn, fetch.bind(globalThis));
      location.assign(this.#signIn.logoutUrl);
    } catch (error) {
      this.#view.showProblem(() => texts.words.problems[error instanceof SignedOut ? "signOutNeedsSignIn" : "signOut"]);
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
      this.#view.showProblem(() => texts.words.problems[error instanceof WindowBlocked ? "signInBlocked" : "signIn"]);
    }
  }
}
