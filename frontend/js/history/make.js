/** Make elements, and keep their words in the language that is spoken. Touches the DOM; data goes in as text only. */

import { put } from "../elements.js";
import { whenLanguageChanges } from "../texts/language.js";

/** @typedef {Record<string, string | boolean | number>} Attributes false: not there; true: there and empty */

const SVG = "http://www.w3.org/2000/svg";

/** @type {(() => void)[]} */
const spoken = [];
whenLanguageChanges(() => spoken.forEach((redraw) => redraw()));

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/**
 * Have an element say a sentence in whatever language is spoken. For what stays as long as the page does.
 * @template {HTMLElement} Made
 * @param {Made} element
 * @param {() => string} sentence
 * @param {string} [attribute] where it is not the text
 */
export function say(element, sentence, attribute) {
  const redraw = () => (attribute === undefined ? put(element, sentence()) : element.setAttribute(attribute, sentence()));
  spoken.push(redraw);
  redraw();
  return element;
}

/**
 * Make a button that stays as long as the page does.
 * @param {() => string} sentence
 * @param {() => void} onClick
 * @param {string} [look]
 */
export function button(sentence, onClick, look = "") {
  const made = say(make("button", { type: "button", class: `button ${look}` }), sentence);
  made.addEventListener("click", onClick);
  return made;
}

/**
 * Make a labelled control that stays as long as the page does.
 * @param {() => string} sentence
 * @param {HTMLElement} control with an id
 */
export function field(sentence, control) {
  return make("div", { class: "field" }, say(make("label", { for: control.id }), sentence), control);
}

/** Draw a small picture that says nothing by itself. @param {string} path in a square of 24 */
export function icon(path) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  picture.append(document.createElementNS(SVG, "path"));
  picture.firstElementChild?.setAttribute("d", path);
  return picture;
}
