/**
 * Cut a final's text into words that know when they were spoken, also where a correction stands in its place. Pure.
 *
 * A word is what stands between spaces, its punctuation with it. Words that were heard have the recogniser's times;
 * those that a correction brought share the time between their neighbours.
 */

/** @typedef {Pick<import("./wire.js").Final, "text" | "start_ms" | "end_ms" | "items">} Heard */
/**
 * @typedef {object} Word
 * @property {string} text
 * @property {number} from where it begins in the text, in characters
 * @property {number} startMs on the session's clock
 * @property {number} endMs
 * @property {number[]} items which of the final's items are in it; none: nobody heard it so
 */
/** @typedef {{ text: string, from: number, times: { startMs: number, endMs: number } | null, items: number[] }} Token */

/**
 * Give the words of a final as it reads.
 * @param {Heard} heard
 * @param {string} [text] what stands in the place of `heard.text`
 * @returns {Word[]}
 */
export function wordsOf(heard, text = heard.text) {
  const said = heardTokens(heard);
  const tokens = text === heard.text ? said : takeOver(said, tokensOf(text));
  return timed(tokens, heard.start_ms, heard.end_ms);
}

/** @param {string} text @returns {Token[]} */
function tokensOf(text) {
  return [...text.matchAll(/\S+/g)].map((found) => ({ text: found[0], from: found.index, times: null, items: [] }));
}

/** @param {Heard} heard */
function heardTokens({ text, items }) {
  const tokens = tokensOf(text);
  let at = 0;
  let number = 0;
  items.forEach((item, index) => {
    const found = text.indexOf(item.text, at);
    if (found < 0 || item.text === "") return;
    at = found + item.text.length;
    while (number + 1 < tokens.length && tokens[number + 1].from <= found) number += 1;
    const token = tokens[number];
    token.items.push(index);
    if (item.kind !== "word") return;
    token.times = { startMs: token.times?.startMs ?? item.start_ms, endMs: item.end_ms };
  });
  return tokens;
}

/** @param {string} text */
const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}%]/gu, "") || text;

/**
 * Give the tokens of a correction the times of those that they repeat: a longest common subsequence.
 * @param {Token[]} said
 * @param {Token[]} read
 */
function takeOver(said, read) {
  const [old, now] = [said, read].map((tokens) => tokens.map(({ text }) => plain(text)));
  /** @type {Uint16Array[]} */
  const common = Array.from({ length: old.length + 1 }, () => new Uint16Array(now.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      common[i][j] = old[i] === now[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  for (let i = 0, j = 0; i < old.length && j < now.length; ) {
    if (old[i] === now[j]) {
      const { times, items } = said[i];
      read[j] = { ...read[j], times, items };
      i += 1;
      j += 1;
    } else if (common[i + 1][j] >= common[i][j + 1]) i += 1;
    else j += 1;
  }
  return read;
}

/** @param {Token[]} tokens @param {number} startMs @param {number} endMs @returns {Word[]} */
function timed(tokens, startMs, endMs) {
  /** @type {Word[]} */
  const words = [];
  for (let at = 0; at < tokens.length; ) {
    const { times, ...token } = tokens[at];
    if (times !== null) {
      words.push({ ...token, ...times });
      at += 1;
      continue;
    }
    let end = at;
    while (end < tokens.length && tokens[end].times === null) end += 1;
    const first = words.at(-1)?.endMs ?? startMs;
    const span = Math.max(0, (tokens[end]?.times?.startMs ?? endMs) - first) / (end - at);
    for (let i = at; i < end; i += 1) {
      const { text, from, items } = tokens[i];
      words.push({ text, from, items, startMs: first + span * (i - at), endMs: first + span * (i - at + 1) });
    }
    at = end;
  }
  return words;
}
