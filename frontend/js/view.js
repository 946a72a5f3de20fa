/** Show a session and hear the user. Touches the DOM, decides nothing; text goes in as `textContent` only. */

import * as texts from "./texts.js";
import { TranscriptView } from "./transcript-view.js";

/** @import { Choices, Snapshot } from "./session-types.js" */
/** @import { Quality } from "./wire.js" */
/** @typedef {"signIn" | "signInAgain" | "signOut" | "start" | "pause" | "stop" | "takeOver"} Wish */

const LEVEL_FLOOR_DB = -60; // shown as silence
const LEVEL_FALL = 0.8; // of the last level is kept, so that the bar falls softly
const COPY_TOLD_MS = 5000; // long enough to read it and act on it

/** @param {string} id @returns {HTMLElement} */
function element(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}
/** @param {string} id */
const button = (id) => /** @type {HTMLButtonElement} */ (element(id));
/** @param {string} id */
const select = (id) => /** @type {HTMLSelectElement} */ (element(id));

/** The page. */
export class View {
  #state = element("state");
  #message = element("message");
  #timer = element("timer");
  #progress = element("progress");
  #level = element("level");
  #levelBar = element("level-bar");
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
  #chosen = element("chosen");
  #copy = button("copy");
  #receipt = element("receipt");
  #transcript = new TranscriptView({
    scroll: element("scroll"),
    finals: element("transcript"),
    partial: element("partial"),
    empty: element("empty"),
  });
  #shownLevel = 0;
  #saidMessage = "";
  #problem = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #copyTold;

  /**
   * @param {(wish: Wish) => void} onWish
   * @param {(choices: Choices) => void} onChoice
   */
  constructor(onWish, onChoice) {
    for (const [wish, control] of Object.entries(this.#buttons)) {
      control.addEventListener("click", () => onWish(/** @type {Wish} */ (wish)));
    }
    for (const control of Object.values(this.#selects)) {
      control.addEventListener("change", () => {
        this.#showChoices();
        onChoice(this.choices);
      });
    }
    for (const option of this.#selects.quality.options) {
      option.textContent = texts.qualityText(/** @type {Quality} */ (option.value));
    }
    this.#showChoices();
    this.#copy.addEventListener("click", () => void this.#copyText());
  }

  /** @returns {Choices} */
  get choices() {
    return {
      quality: /** @type {Quality} */ (this.#selects.quality.value),
      specialty: this.#selects.specialty.value,
      conversation: this.#selects.conversation.value,
    };
  }

  /** Select what was remembered, where it still exists. @param {Record<string, string>} choices */
  choose(choices) {
    for (const [name, control] of Object.entries(this.#selects)) {
      if ([...control.options].some((option) => option.value === choices[name])) control.value = choices[name];
    }
    this.#showChoices();
  }

  /** @param {boolean} isSignedIn */
  showSignedIn(isSignedIn) {
    document.body.dataset.view = isSignedIn ? "signed-in" : "signed-out";
    this.#showState("idle", isSignedIn ? texts.STATES.idle : texts.SIGNED_OUT);
  }

  /** Make room for a new recording. */
  clear() {
    this.#transcript.clear();
    this.#receipt.hidden = true;
    this.#problem = "";
  }

  /** Say what went wrong outside the session; an empty sentence takes it back. @param {string} sentence */
  showProblem(sentence) {
    this.#problem = sentence;
    this.#say(sentence === "" ? [] : [sentence], true);
  }

  /** Show how loud it is. @param {number} level root mean square, 0 to 1 */
  showLevel(level) {
    const db = 20 * Math.log10(Math.max(level, 1e-6));
    const share = Math.min(1, Math.max(0, 1 - db / LEVEL_FLOOR_DB));
    this.#drawLevel(Math.max(share, this.#shownLevel * LEVEL_FALL));
  }

  /** The microphone is closed. */
  clearLevel() {
    this.#drawLevel(0);
  }

  /** @param {number} share */
  #drawLevel(share) {
    this.#shownLevel = share;
    this.#levelBar.style.transform = `scaleX(${this.#shownLevel.toFixed(3)})`;
    this.#level.setAttribute("aria-valuenow", String(Math.round(this.#shownLevel * 100)));
  }

  /** @param {Snapshot} snapshot */
  show(snapshot) {
    const { phase, state, rateHz, recorded, notices, failure, hasUnsaved } = snapshot;
    this.#showState(state, texts.STATES[state]);
    this.#put(this.#timer, texts.clockText(recorded / rateHz));
    this.#put(this.#progress, texts.progressText(snapshot));
    this.#transcript.show(snapshot.finals, snapshot.partial);
    this.#copy.hidden = snapshot.finals.length === 0;

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
    this.#put(this.#buttons.pause, phase === "paused" ? texts.RESUME : texts.PAUSE);
    this.#put(this.#buttons.start, phase === "idle" ? texts.START : texts.START_NEW);
    this.#buttons.takeOver.hidden = phase !== "superseded";
    this.#buttons.signInAgain.hidden = !notices.includes("sign_in");

    const sentences = notices.map((notice) => texts.NOTICES[notice]);
    if (phase === "superseded") sentences.unshift(texts.TAKEN_OVER);
    if (failure !== null) sentences.unshift(texts.failureText(failure, hasUnsaved));
    if (this.#problem !== "") sentences.unshift(this.#problem);
    const isGrave = failure !== null || this.#problem !== "" || notices.some((one) => texts.GRAVE_NOTICES.has(one));
    this.#say(sentences, isGrave);
    this.#showReceipt(snapshot);
  }

  #showChoices() {
    const { quality, specialty, conversation } = this.#selects;
    this.#put(this.#qualityCost, texts.qualityCost(this.choices.quality));
    const chosen = [specialty, conversation, quality].map((control) => control.selectedOptions[0]?.textContent ?? "");
    this.#put(this.#chosen, chosen.join(" · "));
  }

  /** @param {Snapshot} snapshot */
  #showReceipt({ receipt, sessionId, rateHz }) {
    if (receipt === null) return;
    const { dataset } = this.#receipt;
    if (!this.#receipt.hidden && dataset.transcript === receipt.transcript) return;
    dataset.transcriptionId = String(receipt.transcriptionId);
    dataset.sessionId = sessionId ?? "";
    dataset.transcript = receipt.transcript;
    dataset.gravity = receipt.gaps.length > 0 || receipt.isIdentical === false ? "error" : "good";
    const list = document.createDocumentFragment();
    for (const [name, fact] of texts.receiptFacts(receipt, rateHz)) {
      const pair = document.createElement("div");
      const term = document.createElement("dt");
      const value = document.createElement("dd");
      term.textContent = name;
      value.textContent = fact;
      pair.append(term, value);
      list.append(pair);
    }
    element("receipt-facts").replaceChildren(list);
    const wasHidden = this.#receipt.hidden;
    this.#receipt.hidden = false;
    if (wasHidden) this.#receipt.focus(); // so that who cannot see it is told
  }

  /** @param {string} state @param {string} text */
  #showState(state, text) {
    this.#state.dataset.state = state;
    this.#put(this.#state, text);
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

  /** @param {HTMLElement} target @param {string} text */
  #put(target, text) {
    if (target.textContent !== text) target.textContent = text; // a screen reader hears only what changes
  }

  async #copyText() {
    const transcript = element("transcript");
    const finals = [...transcript.querySelectorAll("p")].map((paragraph) => paragraph.textContent);
    let told = texts.COPIED;
    try {
      await navigator.clipboard.writeText(finals.join("\n"));
    } catch {
      // The browser or its owner does not allow it, or there is no clipboard outside a secure context.
      document.getSelection()?.selectAllChildren(transcript);
      told = texts.COPY_BY_HAND;
    }
    this.#put(this.#copy, told);
    clearTimeout(this.#copyTold);
    this.#copyTold = setTimeout(() => this.#put(this.#copy, texts.COPY), COPY_TOLD_MS);
  }
}
