/** Put the HTML's own words into the language that is spoken, and let the user choose it. Touches the DOM. */

import { button, put } from "./elements.js";
import { ENGLISH } from "./texts/english.js";
import { language, speak, whenLanguageChanges, words } from "./texts/language.js";

/** @import { Words } from "./texts/english.js" */
/** @import { Language } from "./texts/language.js" */

/** Only who reads Hindi loads it. @type {Record<Language, () => Promise<Words>>} */
const WORDS_OF = { en: async () => ENGLISH, hi: async () => (await import("./texts/hindi.js")).HINDI };

/** The one that the button offers. @type {Record<Language, Language>} */
const OTHER = { en: "hi", hi: "en" };
/** Each says its name itself, so that who does not read the page finds hers. @type {Record<Language, string>} */
const OWN_NAMES = { en: "English", hi: "हिन्दी" };

/**
 * Speak a language, and offer the other.
 * @param {Language} first
 * @param {(chosen: Language) => void} onChoice
 */
export async function beginSpeaking(first, onChoice) {
  whenLanguageChanges(redraw);
  button("language").addEventListener("click", async () => {
    if (await change(OTHER[language])) onChoice(language);
  });
  if (!(await change(first))) redraw();
}

/** @param {Language} chosen @returns {Promise<boolean>} false: its words cannot be had now, and the page goes on as it is */
async function change(chosen) {
  try {
    speak(chosen, await WORDS_OF[chosen]());
    return true;
  } catch {
    return false;
  }
}

function redraw() {
  document.documentElement.lang = language;
  document.title = words.page.title;
  for (const found of document.querySelectorAll("[data-text]")) {
    put(/** @type {HTMLElement} */ (found), sentence(found.getAttribute("data-text")));
  }
  for (const found of document.querySelectorAll("[data-label]")) {
    found.setAttribute("aria-label", sentence(found.getAttribute("data-label")));
  }
  const choice = button("language");
  choice.lang = OTHER[language];
  put(choice, OWN_NAMES[OTHER[language]]);
}

/** @param {string | null} path such as `page.signIn` @returns {string} */
function sentence(path) {
  /** @type {any} */
  let found = words;
  for (const key of (path ?? "").split(".")) found = found?.[key];
  return String(found);
}
