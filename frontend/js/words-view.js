/**
 * Write the words of a text, with marks on those that deserve a second look and on personal details. Touches the
 * DOM; the text that it writes is the text that was given, to the character.
 */

import { fill, words as sentences } from "./texts/language.js";

/** @import { Doubt } from "./review.js" */
/** @import { Entity } from "./wire.js" */
/** @import { Word } from "./words.js" */

/**
 * @typedef {object} Marking
 * @property {readonly (Doubt | null)[]} doubts one a word
 * @property {readonly (string | null)[]} details the category of the personal detail that a word is of, one a word
 * @property {boolean} isPlayable a marked word is a button: it can be heard
 * @property {number} firstNumber that the first word has in `data-word`; 0 unless these are words of a longer text
 * @property {boolean} everyWord each word is an element with its number in `data-word`; else only marked ones are
 */

/**
 * Give the nodes of a text. `words` are those of it, in order.
 * @param {string} text
 * @param {readonly Word[]} words
 * @param {Partial<Marking>} [marking]
 * @returns {Node[]}
 */
export function wordNodes(text, words, marking = {}) {
  const { doubts = [], details = [], isPlayable = false, firstNumber = 0, everyWord = false } = marking;
  /** @type {Node[]} */
  const nodes = [];
  let plain = "";
  let at = 0;
  words.forEach((word, number) => {
    const [doubt, category] = [doubts[number] ?? null, details[number] ?? null];
    plain += text.slice(at, word.from);
    at = word.from + word.text.length;
    if (doubt === null && category === null && !everyWord) {
      plain += word.text;
      return;
    }
    if (plain !== "") nodes.push(document.createTextNode(plain));
    plain = "";
    nodes.push(wordElement(word.text, firstNumber + number, doubt, category, isPlayable));
  });
  plain += text.slice(at);
  if (plain !== "") nodes.push(document.createTextNode(plain));
  return nodes;
}

/**
 * @param {string} text
 * @param {number} number
 * @param {Doubt | null} doubt
 * @param {string | null} category
 * @param {boolean} isPlayable
 */
function wordElement(text, number, doubt, category, isPlayable) {
  const element = document.createElement(doubt === null ? "span" : "mark");
  element.textContent = text;
  element.className = "word";
  element.dataset.word = String(number);
  const told = [];
  if (doubt !== null) {
    element.classList.add("doubt");
    element.dataset.kind = doubt.kind;
    told.push(fill(sentences.review.doubt, { kind: sentences.review.kinds[doubt.kind], percent: Math.round(doubt.confidence * 100) }));
    if (isPlayable) {
      element.tabIndex = 0;
      element.setAttribute("role", "button");
    }
  }
  if (category !== null) {
    element.classList.add("detail");
    element.dataset.category = category;
    told.push(categoryText(category));
  }
  if (told.length > 0) {
    element.title = told.join(" ");
    element.setAttribute("aria-label", `${text}: ${told.join(" ")}`);
    if (doubt === null) element.setAttribute("role", "note"); // a label on a mere span is not read
  }
  return element;
}

/** Name a kind of personal detail. @param {string} category as the recogniser names it */
export function categoryText(category) {
  /** @type {Record<string, string>} */
  const known = sentences.review.categories;
  return known[category] ?? category.toLowerCase().replaceAll("_", " ");
}

/**
 * Give for each word the category of the personal detail that it is of.
 * @param {readonly Entity[]} entities
 * @param {readonly Word[]} words
 * @returns {(string | null)[]}
 */
export function detailsOf(entities, words) {
  return words.map(({ startMs, endMs }) => {
    const middleMs = (startMs + endMs) / 2; // neighbours' times touch
    return entities.find((entity) => entity.start_ms <= middleMs && middleMs <= entity.end_ms)?.category ?? null;
  });
}
