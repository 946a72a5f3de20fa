/** Show the transcript: finals once and for good, the changing text after them. Touches the DOM. */

import { clockText } from "./texts.js";

/** @import { Final, Partial } from "./wire.js" */

const AT_END_PX = 48; // closer to the end than this, the reader is following

/** The list of finals and the line below it. */
export class TranscriptView {
  #scroll;
  #finals;
  #partial;
  #empty;
  #shown = 0;

  /** @param {{ scroll: HTMLElement, finals: HTMLElement, partial: HTMLElement, empty: HTMLElement }} elements */
  constructor({ scroll, finals, partial, empty }) {
    this.#scroll = scroll;
    this.#finals = finals;
    this.#partial = partial;
    this.#empty = empty;
  }

  /** Begin a new transcript. */
  clear() {
    this.#finals.replaceChildren();
    this.#shown = 0;
    this.show([], null);
  }

  /**
   * Show what has come since, and follow it unless the reader has scrolled away.
   * @param {readonly Final[]} finals
   * @param {Partial | null} partial
   */
  show(finals, partial) {
    const follows = this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < AT_END_PX;
    const text = partial?.text ?? "";
    const isNew = finals.length > this.#shown || this.#partial.textContent !== text;
    for (; this.#shown < finals.length; this.#shown += 1) this.#append(finals[this.#shown]);
    if (!isNew) return;
    this.#partial.textContent = text;
    if (partial !== null) this.#partial.dataset.time = clockText(partial.start_ms / 1000);
    this.#empty.hidden = finals.length > 0 || text !== "";
    if (follows) this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  /** @param {Final} final */
  #append(final) {
    const paragraph = document.createElement("p");
    paragraph.dataset.segment = String(final.segment);
    paragraph.dataset.time = clockText(final.start_ms / 1000);
    paragraph.textContent = final.text;
    this.#finals.append(paragraph, "\n");
  }
}
