/** Find what the reader looks for within a text. Pure. */

/** @typedef {{ part: number, from: number, to: number }} Match characters [from, to) of the text with that number */

/**
 * Give every place, in order; upper and lower case are the same, and so is white space of any kind.
 * @param {readonly string[]} texts
 * @param {string} wanted
 * @returns {Match[]}
 */
export function findAll(texts, wanted) {
  const words = wanted.trim().split(/\s+/);
  if (words[0] === "") return [];
  const pattern = new RegExp(words.map((word) => word.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("\\s+"), "gi");
  return texts.flatMap((text, part) =>
    [...text.matchAll(pattern)].map((found) => ({ part, from: found.index, to: found.index + found[0].length })),
  );
}

/**
 * Give the number of the place after, or before, another; from the last it goes on with the first.
 * @param {number | null} current null: none yet
 * @param {1 | -1} step
 * @param {number} count
 */
export function neighbour(current, step, count) {
  if (count === 0) return null;
  if (current === null) return step === 1 ? 0 : count - 1;
  return (current + step + count) % count;
}

/** The places of what is looked for, and the one that the reader has gone to. */
export class Finding {
  /** @type {Match[]} */
  matches = [];
  /** @type {number | null} */
  current = null;

  /** Look in these texts; the place stays while there are as many. @param {readonly string[]} texts @param {string} wanted */
  look(texts, wanted) {
    this.matches = findAll(texts, wanted);
    if (this.current !== null && this.current >= this.matches.length) this.current = null;
  }

  /** @param {1 | -1} step */
  go(step) {
    this.current = neighbour(this.current, step, this.matches.length);
  }
}
