/** Show a session and hear the user. Touches the DOM, decides nothing; text goes in as `textContent` only. */

import { button, checkbox, element, put, select } from "./elements.js";
import { ReceiptView } from "./receipt-view.js";
import * as texts from "./texts.js";
import { whenLanguageChanges } from "./texts/language.js";
import { TranscriptView } from "./transcript-view.js";

/** @import { Choices, Snapshot } from "./session-types.js" */
/** @import { Quality } from "./wire.js" */
/** @typedef {string | (() => string)} Sentence a function where the words follow the language */
/** @typedef {"signIn" | "signInAgain" | "signOut" | "start" | "pause" | "stop" | "takeOver"} Wish */

/** The page. */
export class View {
  #state = element("state");
  #message = element("message");
  #timer = element("timer");
  #progress = element("progress");
  #choices = /** @type {HTMLFieldSetElement} */ (element("choices"));
  #selects = { quality: select("quality"), specialty: select("specialty"), conversation: select("conversation") };
  #buttons = {
    signIn: button("sign-in"),
    signInAgain: button("sign-in-again"),
    signOut: button("sign-out"),
    start: button("start"),
    pause: button("pause"),
    stop: button("stop"),
    takeOver: button("take-over"),
  };
  #qualityCost = element("quality-cost");
  #lossless = checkbox("lossless");
  #canEncode = false;
  #chosen = element("chosen");
  #receipt = new ReceiptView();
  transcript = new TranscriptView();
  #saidMessage = "";
  /** @type {Sentence} */
  #problem = "";
  /** @type {Sentence} */
  #news = "";
  #isSignedIn = false;
  /** @type {Parameters<View["show"]> | null} */
  #shown = null;

  /**
   * @param {(wish: Wish) => void} onWish
   * @param {(choices: Choices & { lossless: string }) => void} onChoice
   */
  constructor(onWish, onChoice) {
    for (const [wish, control] of Object.entries(this.#buttons)) {
      control.addEventListener("click", () => {
        if (wish === "start" && this.transcript.hasUnsaved) this.showProblem(() => texts.words.correcting.unsaved);
        else onWish(/** @type {Wish} */ (wish));
      });
    }
    for (const control of [...Object.values(this.#selects), this.#lossless]) {
      control.addEventListener("change", () => {
        this.#showChoices();
        onChoice({ ...this.choices, lossless: this.#lossless.checked ? "yes" : "no" });
      });
    }
    this.#showChoices();
    whenLanguageChanges(() => this.#redraw());
  }

  #redraw() {
    this.#showChoices();
    if (this.#shown !== null) {
      this.show(...this.#shown);
      return;
    }
    this.showSignedIn(this.#isSignedIn);
    this.#say([said(this.#problem)].filter(Boolean), true);
  }

  /** @returns {Choices} */
  get choices() {
    return {
      quality: /** @type {Quality} */ (this.#selects.quality.value),
      specialty: this.#selects.specialty.value,
      conversation: this.#selects.conversation.value,
      encoding: this.#canEncode && !this.#lossless.checked ? "opus" : "pcm",
    };
  }

  /** Send packets from now on, unless the user wants every sample as it is. */
  offerOpus() {
    this.#canEncode = true;
    element("lossless-choice").hidden = false;
    this.#showChoices();
  }

  /** Select what was remembered, where it still exists. @param {Record<string, string>} choices */
  choose(choices) {
    this.#lossless.checked = choices.lossless === "yes";
    for (const [name, control] of Object.entries(this.#selects)) {
      if ([...control.options].some((option) => option.value === choices[name])) control.value = choices[name];
    }
    this.#showChoices();
  }

  /** @param {boolean} isSignedIn */
  showSignedIn(isSignedIn) {
    this.#isSignedIn = isSignedIn;
    document.body.dataset.view = isSignedIn ? "signed-in" : "signed-out";
    this.#showState("idle", isSignedIn ? texts.words.states.idle : texts.words.signedOut);
  }

  /** Make room for a new recording. */
  clear() {
    this.transcript.clear();
    this.#receipt.hide();
    this.#problem = this.#news = "";
  }

  /** Say what went wrong outside the session; an empty sentence takes it back. @param {Sentence} sentence */
  showProblem(sentence) {
    this.#problem = sentence;
    this.#news = "";
    this.#say([said(sentence)].filter(Boolean), true);
  }

  /** Say what has changed, and harms nothing. @param {Sentence} sentence */
  showNews(sentence) {
    this.#news = sentence;
    this.#say([said(sentence)], false);
  }

  /**
   * @param {Snapshot} snapshot
   * @param {import("./progress.js").TextProgress} text
   * @param {import("./progress.js").SoundNotice | null} sound
   */
  show(snapshot, text, sound) {
    this.#shown = [snapshot, text, sound];
    const { phase, state, rateHz, recorded, notices, failure, hasUnsaved, lost } = snapshot;
    this.#showState(state, texts.words.states[state]);
    put(this.#timer, texts.clockText(recorded / rateHz));
    put(this.#progress, texts.progressText(snapshot, text));
    this.transcript.show(snapshot);

    const isOpen = phase === "recording" || phase === "paused";
    const isOver = phase === "saved" || phase === "failed" || phase === "stored" || phase === "idle";
    const hadFocus = document.activeElement === this.#buttons.start;
    this.#buttons.start.hidden = !isOver;
    this.#buttons.signOut.hidden = !isOver; // a slip must not end a consultation
    this.#buttons.pause.hidden = this.#buttons.stop.hidden = isOver;
    this.#buttons.pause.disabled = this.#buttons.stop.disabled = !isOpen;
    this.#choices.hidden = !isOver; // they are settled now, and the text needs the room
    this.#chosen.hidden = isOver;
    if (hadFocus && isOpen) this.#buttons.pause.focus();
    put(this.#buttons.pause, phase === "paused" ? texts.words.buttons.resume : texts.words.buttons.pause);
    put(this.#buttons.start, phase === "idle" ? texts.words.buttons.start : texts.words.buttons.startNew);
    this.#buttons.takeOver.hidden = phase !== "superseded";
    this.#buttons.signInAgain.hidden = !notices.includes("sign_in");

    const sentences = notices.flatMap((notice) => (notice === "silence" ? [] : [texts.words.notices[notice]]));
    if (sound !== null) sentences.push(texts.words.soundNotices[sound]);
    if (this.#news !== "") sentences.push(said(this.#news));
    if (lost !== null) sentences.unshift(texts.lostText(lost, rateHz));
    if (phase === "superseded") sentences.unshift(texts.words.takenOver);
    if (failure !== null) sentences.unshift(texts.failureText(failure, hasUnsaved));
    if (this.#problem !== "") sentences.unshift(said(this.#problem));
    const isGrave = failure !== null || lost !== null || this.#problem !== "" || notices.some((one) => texts.GRAVE_NOTICES.has(one));
    this.#say(sentences, isGrave);
    this.#receipt.show(snapshot, text.transcribedS);
  }

  #showChoices() {
    const { quality, specialty, conversation } = this.#selects;
    const { encoding = "pcm" } = this.choices;
    for (const option of quality.options) put(option, texts.qualityText(/** @type {Quality} */ (option.value), encoding));
    put(this.#qualityCost, texts.qualityCost(this.choices.quality, encoding));
    const chosen = [specialty, conversation, quality].map((control) => control.selectedOptions[0]?.textContent ?? "");
    put(this.#chosen, chosen.join(" · "));
  }

  /** @param {string} state @param {string} text */
  #showState(state, text) {
    this.#state.dataset.state = state;
    put(this.#state, text);
  }

  /** @param {string[]} sentences @param {boolean} isGrave */
  #say(sentences, isGrave) {
    const said = `${isGrave} ${sentences.join("\n")}`;
    if (said === this.#saidMessage) return; // an alert that is written again is read out again
    this.#saidMessage = said;
    this.#message.dataset.gravity = isGrave ? "error" : "warning";
    this.#message.replaceChildren(
      ...sentences.map((sentence) => {
        const paragraph = document.createElement("p");
        paragraph.textContent = sentence;
        return paragraph;
      }),
    );
    this.#message.hidden = sentences.length === 0;
  }
}

/** @param {Sentence} sentence */
const said = (sentence) => (typeof sentence === "function" ? sentence() : sentence);
