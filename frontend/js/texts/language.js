/** Which language the page speaks, and how a sentence is filled in. Pure: who shows words asks to be told of a change. */

import { ENGLISH } from "./english.js";

/** @import { Words } from "./english.js" */
/** @typedef {"en" | "hi"} Language */

/** @type {readonly Language[]} */
const LANGUAGES = ["en", "hi"];

/** @type {Language} */
export let language = "en";
/** What the page says now; an import of it follows the choice. */
export let words = ENGLISH;

/** @type {(() => void)[]} */
const followers = [];

/** Show again what is shown whenever another language is chosen. @param {() => void} redraw */
export function whenLanguageChanges(redraw) {
  followers.push(redraw);
}

/** Speak a language from now on, with its words. @param {Language} chosen @param {Words} itsWords */
export function speak(chosen, itsWords) {
  language = chosen;
  words = itsWords;
  for (const redraw of followers) redraw();
}

/**
 * Give the language to begin with: the one that was chosen here, else the first of the browser's that there is.
 * @param {string | undefined} remembered
 * @param {readonly string[]} preferred such as `hi-IN`, the most wanted first
 * @returns {Language}
 */
export function firstLanguage(remembered, preferred) {
  const wanted = [remembered ?? "", ...preferred].map((tag) => tag.toLowerCase().split("-")[0]);
  return /** @type {Language | undefined} */ (wanted.find((tag) => LANGUAGES.some((known) => known === tag))) ?? "en";
}

/**
 * Put values into a sentence's `{places}`.
 * @param {string} sentence
 * @param {Record<string, string | number>} values
 */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (place, name) => (Object.hasOwn(values, name) ? String(values[name]) : place));
}
