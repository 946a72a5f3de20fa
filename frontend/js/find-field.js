/**
 * Find words in a text that is shown: how often they are there, and each place in turn. Touches the DOM, but not the
 * text: the places are painted over it, so that nothing that is read, selected or edited is disturbed.
 */

import { findAll, neighbour } from "./history/find.js";
import { fill, whenLanguageChanges, words } from "./texts/language.js";

/** @import { Match } from "./history/find.js" */

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
  /** @type {Match[]} */
  #matches = [];
  /** @type {number | null} */
  #current = null;

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
      this.#current = null;
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
    this.#current = null;
    this.refresh();
  }

  /** Look again: the text has changed. */
  refresh() {
    if (this.#field.value.trim() === "" && this.#matches.length === 0) {
      this.#draw();
      return;
    }
    this.#searched = this.#parts();
    this.#matches = findAll(
      this.#searched.map((part) => part.textContent ?? ""),
      this.#field.value,
    );
    if (this.#current !== null && this.#current >= this.#matches.length) this.#current = null;
    this.#paint();
    this.#draw();
  }

  /** @param {1 | -1} step */
  #go(step) {
    this.#current = neighbour(this.#current, step, this.#matches.length);
    this.#paint();
    this.#draw();
    if (this.#current !== null) this.#onGo(this.#range(this.#matches[this.#current]));
  }

  #paint() {
    if (typeof Highlight === "undefined") return; // then the count and the steps must do
    CSS.highlights.set(ALL, new Highlight(...this.#matches.map((match) => this.#range(match))));
    const current = this.#current === null ? [] : [this.#range(this.#matches[this.#current])];
    CSS.highlights.set(CURRENT, new Highlight(...current));
  }

  #draw() {
    const count = this.#matches.length;
    const isAsked = this.#field.value.trim() !== "";
    const place = fill(words.find.place, { number: (this.#current ?? -1) + 1, count });
    this.#count.textContent = !isAsked ? "" : count === 0 ? words.find.none : place;
    for (const button of this.#buttons) button.hidden = count === 0;
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
