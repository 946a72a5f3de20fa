/** The text that may still change, so written that only what has changed is written again. Touches the DOM. */

/** One line of it. */
export class PartialLine {
  #element;
  /** @type {Text[]} one a word: what stays the same stays where it is, selected or being read */
  #words = [];

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
  }

  /** @param {string} text */
  show(text) {
    const now = text.match(/\s*\S+/g) ?? [];
    let same = 0;
    while (same < now.length && this.#words[same]?.data === now[same]) same += 1;
    for (const gone of this.#words.splice(same)) gone.remove();
    const come = now.slice(same).map((word) => document.createTextNode(word));
    this.#element.append(...come);
    this.#words.push(...come);
  }
}
