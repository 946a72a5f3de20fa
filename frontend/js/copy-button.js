/** A button that copies a text, or has the user do it. Touches the DOM. */

import { copyText } from "./copy-text.js";
import { put } from "./elements.js";
import { whenLanguageChanges, words } from "./texts/language.js";

const TOLD_MS = 5000; // long enough to read it and act on it

/** A button that says for a while what it has done. */
export class CopyButton {
  #button;
  /** @type {"copy" | "copied" | "copyByHand"} */
  #says = "copy";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #told;

  /**
   * @param {HTMLElement} button
   * @param {() => string} textOf
   * @param {HTMLElement} shown where the text stands, to be selected where the browser does not let a page copy
   */
  constructor(button, textOf, shown) {
    this.#button = button;
    button.addEventListener("click", () => void this.#copy(textOf(), shown));
    whenLanguageChanges(() => this.#say(this.#says));
  }

  /** @param {string} text @param {HTMLElement} shown */
  async #copy(text, shown) {
    this.#say((await copyText(text, shown)) ? "copied" : "copyByHand");
    clearTimeout(this.#told);
    this.#told = setTimeout(() => this.#say("copy"), TOLD_MS);
  }

  /** @param {"copy" | "copied" | "copyByHand"} what */
  #say(what) {
    this.#says = what;
    put(this.#button, words.buttons[what]);
  }
}
