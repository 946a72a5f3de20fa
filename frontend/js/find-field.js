/**
 * Find words in a text that is shown: how often they are there, and each place in turn. Touches the DOM, but not the
 * text: the places are painted over it, so that nothing that is read, selected or edited is disturbed.
 */

import { Finding } from "./find.js";
import { findingText } from "./texts.js";
import { whenLanguageChanges, words } from "./texts/language.js";

/** @import { Match } from "./find.js" */

const ALL = "found"; // names of highlights, in styles.css
const CURRENT = "found-now";

/** A field, its count, and the steps from place to place. */
export class FindField {
  #field;
  #count;
  #buttons;
  #parts;
  #onGo;
  /** @type {HTMLElement[]} */
  #searched = [];
  #finding = new Finding();

  /**
   * @param {object} elements
   * @param {HTMLInputElement} elements.field
   * @param {HTMLElement} elements.count
   * @param {HTMLButtonElement} elements.previous
   * @param {HTMLButtonElement} elements.next
   * @param {() => HTMLElement[]} parts of the text, in order; nothing is found across two of them
   * @param {(place: Range) => void} onGo show this place
   */
  constructor({ field, count, previous, next }, parts, onGo) {
    this.#field = field;
    this.#count = count;
    this.#buttons = [previous, next];
    this.#parts = parts;
    this.#onGo = onGo;
    field.addEventListener("input", () => {
      this.#finding.current = null;
      this.refresh();
      this.#go(1);
    });
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter") this.#go(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape") this.clear();
    });
    previous.addEventListener("click", () => this.#go(-1));
    next.addEventListener("click", () => this.#go(1));
    whenLanguageChanges(() => this.#draw());
    this.#draw();
  }

  /** Look for nothing any more. */
  clear() {
    this.#field.value = "";
    this.#finding.current = null;
    this.refresh();
  }

  /** Look again: the text has changed. */
  refresh() {
    if (this.#field.value.trim() === "" && this.#finding.matches.length === 0) {
      this.#draw();
      return;
    }
    this.#searched = this.#parts();
    this.#finding.look(
      this.#searched.map((part) => part.textContent ?? ""),
      this.#field.value,
    );
    this.#paint();
    this.#draw();
  }

  /** @param {1 | -1} step */
  #go(step) {
    this.#finding.go(step);
    this.#paint();
    this.#draw();
    for (const place of this.#place) this.#onGo(place);
  }

  /** The place that was gone to, if there is one. */
  get #place() {
    const { matches, current } = this.#finding;
    return current === null ? [] : [this.#range(matches[current])];
  }

  #paint() {
    if (typeof Highlight === "undefined") return; // then the count and the steps must do
    CSS.highlights.set(ALL, new Highlight(...this.#finding.matches.map((match) => this.#range(match))));
    CSS.highlights.set(CURRENT, new Highlight(...this.#place));
  }

  #draw() {
    this.#count.textContent = findingText(this.#field.value, this.#finding);
    for (const button of this.#buttons) button.hidden = this.#finding.matches.length === 0;
    this.#field.placeholder = words.find.field;
  }

  /** @param {Match} match */
  #range({ part, from, to }) {
    const range = document.createRange();
    const texts = document.createTreeWalker(this.#searched[part], NodeFilter.SHOW_TEXT);
    let at = 0;
    for (let node; (node = /** @type {Text | null} */ (texts.nextNode())) !== null; at += node.data.length) {
      const [first, last] = [from - at, to - at];
      if (first >= 0 && first < node.data.length) range.setStart(node, first);
      if (last > 0 && last <= node.data.length) {
        range.setEnd(node, last);
        break;
      }
    }
    return range;
  }
}
