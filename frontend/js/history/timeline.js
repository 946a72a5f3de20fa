/** Find the word that is heard at a moment. Pure. */

/** @typedef {{ startMs: number, endMs: number }} Timed */

const LINGERS_MS = 300; // a pause this short between two words is no silence: the mark would only flicker

/** Words in the order in which they are heard; an index is the word's place in what was given. */
export class Timeline {
  #words;
  /** @type {number[]} */
  #order;

  /** @param {readonly Timed[]} words */
  constructor(words) {
    this.#words = words;
    this.#order = words.map((_, index) => index).sort((a, b) => words[a].startMs - words[b].startMs || a - b);
  }

  /**
   * Give the index of the word at a moment, in milliseconds; null: none is heard.
   * @param {number} ms
   */
  at(ms) {
    let low = 0;
    let high = this.#order.length; // all below `low` have begun by then, none from `high` on
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#words[this.#order[middle]].startMs <= ms) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return null;
    const last = this.#order[low - 1];
    return ms < this.#words[last].endMs + LINGERS_MS ? last : null;
  }
}
