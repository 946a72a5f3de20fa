/** Who speaks where in a final. Pure. */

/** @import { Final } from "./wire.js" */
/** @import { Word } from "./words.js" */

/** @typedef {{ speaker: string | null, from: number, to: number }} Turn words [from, to) */

/**
 * Cut a final into turns of one voice each. A word whose voice is not known is of the voice before it.
 * @param {Pick<Final, "items" | "speaker">} final
 * @param {readonly Pick<Word, "items">[]} words
 * @returns {Turn[]}
 */
export function turnsOf({ items, speaker }, words) {
  /** @type {Turn[]} */
  const turns = [];
  words.forEach((word, number) => {
    const heard = word.items.map((item) => items[item].speaker).find((one) => one !== null) ?? null;
    const last = turns.at(-1);
    if (last === undefined) turns.push({ speaker: heard ?? speaker, from: 0, to: 1 });
    else if (heard === null || last.speaker === null || heard === last.speaker) {
      last.speaker ??= heard;
      last.to = number + 1;
    } else turns.push({ speaker: heard, from: number, to: number + 1 });
  });
  return turns;
}

/**
 * Give a voice's number as people count; a label without one as it is.
 * @param {string} label such as `0` or `spk_0`
 */
export function speakerNumber(label) {
  const found = /(\d+)$/.exec(label);
  return found === null ? label : String(Number(found[1]) + 1);
}
