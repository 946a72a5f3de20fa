/** The field in which something is looked for within one text. Touches the DOM. */

import { put } from "../elements.js";
import { Finding } from "../find.js";
import { findingText } from "../texts.js";
import { words } from "../texts/language.js";
import { button, make, say } from "./make.js";

/** @import { Match } from "../find.js" */

/** Field, place, and the ways to the next and the one before. */
export class FindBar {
  #field = make("input", { type: "search", class: "find-field", autocomplete: "off", spellcheck: "false" });
  #place = make("span", { class: "hint", role: "status" });
  #onFound;
  /** @type {readonly string[]} */
  #texts = [];
  #finding = new Finding();
  element;

  /** @param {(matches: readonly Match[], current: number | null, isMoved: boolean) => void} onFound */
  constructor(onFound) {
    this.#onFound = onFound;
    say(this.#field, () => words.find.field, "aria-label");
    say(this.#field, () => words.find.field, "placeholder");
    const previous = button(() => "‹", () => this.#go(-1), "quiet");
    const next = button(() => "›", () => this.#go(1), "quiet");
    for (const attribute of ["aria-label", "title"]) {
      say(previous, () => words.find.previous, attribute);
      say(next, () => words.find.next, attribute);
    }
    this.#field.addEventListener("input", () => {
      this.#finding.current = null;
      this.#look();
      this.#go(1);
    });
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#go(event.shiftKey ? -1 : 1);
    });
    this.element = make("div", { class: "find" }, this.#field, previous, next, this.#place);
  }

  /** Look in other texts for the same. @param {readonly string[]} texts */
  show(texts) {
    this.#texts = texts;
    this.#look();
    this.#tell(false);
  }

  /** Look for nothing. */
  clear() {
    this.#field.value = "";
    this.#finding.current = null;
    this.show([]);
  }

  #look() {
    this.#finding.look(this.#texts, this.#field.value);
  }

  /** @param {1 | -1} step */
  #go(step) {
    this.#finding.go(step);
    this.#tell(true);
  }

  /** @param {boolean} isMoved */
  #tell(isMoved) {
    put(this.#place, findingText(this.#field.value, this.#finding));
    this.#onFound(this.#finding.matches, this.#finding.current, isMoved);
  }
}
