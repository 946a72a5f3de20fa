/** Offer to go on with a recording whose page is gone, or to finish it. Touches the DOM. */

import { button, element, put } from "./elements.js";
import { leftBehindText } from "./texts.js";
import { whenLanguageChanges } from "./texts/language.js";

/** @typedef {import("./left-behind.js").Note & { isAlive: boolean }} FoundNote */

/** The offer. */
export class LeftBehindView {
  #card = element("left-behind");
  #text = element("left-behind-text");
  #reopen = button("reopen");
  #finish = button("finish");
  #forget = button("forget");
  /** @type {FoundNote | null} */
  #shown = null;

  /** @param {{ onReopen: () => void, onFinish: () => void, onForget: () => void }} hearers */
  constructor({ onReopen, onFinish, onForget }) {
    this.#reopen.addEventListener("click", onReopen);
    this.#finish.addEventListener("click", onFinish);
    this.#forget.addEventListener("click", onForget);
    whenLanguageChanges(() => this.show(this.#shown));
  }

  /** @param {FoundNote | null} note null: there is nothing to go on with */
  show(note) {
    this.#shown = note;
    this.#card.hidden = note === null;
    if (note === null) return;
    put(this.#text, leftBehindText(note));
    this.#reopen.hidden = this.#finish.hidden = note.sessionId === null;
    this.#forget.hidden = note.isAlive;
  }
}
