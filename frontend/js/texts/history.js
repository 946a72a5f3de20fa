/** What the views of earlier recordings say now, and how they write days and times. Pure. */

import { ENGLISH_HISTORY } from "./history-english.js";
import { HINDI_HISTORY } from "./history-hindi.js";
import { language } from "./language.js";

/** @import { Language } from "./language.js" */
/** @import { HistoryWords } from "./history-english.js" */

/** @type {Record<Language, HistoryWords>} */
export const HISTORY_WORDS = { en: ENGLISH_HISTORY, hi: HINDI_HISTORY };

/** Give the words of the language that is spoken now. */
export const says = () => HISTORY_WORDS[language];

/** With digits that everyone reads, and days in the order that is usual where the page is used. */
const locale = () => (language === "hi" ? "hi-IN-u-nu-latn" : "en-IN");

/** Write a moment as day and time on the reader's own clock. @param {string} iso */
export function momentText(iso) {
  return new Date(iso).toLocaleString(locale(), { dateStyle: "long", timeStyle: "short" });
}
