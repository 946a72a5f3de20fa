/**
 * The field in which a segment is corrected, in its place. Touches the DOM. What is typed stays until it is kept or
 * the user leaves it: neither text that comes meanwhile nor a lost connection takes it away.
 */

import { fill, words } from "./texts/language.js";
import { LONGEST_CORRECTION } from "./records-api.js";

/** @import { Correcting } from "./history/correction.js" */

/** One open field. */
export class SegmentEditor {
  #correcting;
  #keep;
  #onLeave;
  #field = document.createElement("textarea");
  #note = document.createElement("p");
  #save = document.createElement("button");
  #leave = document.createElement("button");
  #keys = document.createElement("span");
  #at;
  element = document.createElement("form");

  /**
   * @param {Correcting} correcting
   * @param {{ at: string, keep: () => Promise<void>, onLeave: () => void }} around `at`: the segment's time; `onLeave`
   *   is called once, when the text is kept or the user leaves
   */
  constructor(correcting, { at, keep, onLeave }) {
    this.#correcting = correcting;
    this.#at = at;
    this.#keep = keep;
    this.#onLeave = onLeave;
    this.element.className = "editor";
    this.element.noValidate = true;
    this.#field.lang = "en";
    this.#field.rows = 1;
    this.#field.maxLength = LONGEST_CORRECTION;
    this.#field.spellcheck = false; // some browsers ask a server
    this.#field.value = correcting.typed;
    this.#note.className = "editor-note";
    this.#note.setAttribute("role", "status");
    this.#save.type = "submit";
    this.#save.className = "button quiet primary";
    this.#leave.type = "button";
    this.#leave.className = "button quiet";
    this.#keys.className = "hint keys";
    const buttons = document.createElement("div");
    buttons.className = "buttons";
    buttons.append(this.#save, this.#leave, this.#keys);
    this.element.append(this.#field, this.#note, buttons);

    this.#field.addEventListener("input", () => {
      correcting.type(this.#field.value);
      this.#fit();
    });
    this.#field.addEventListener("keydown", (event) => this.#press(event));
    this.#leave.addEventListener("click", () => this.#onLeave());
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.draw();
  }

  /** Whether closing it would lose something. */
  get isDirty() {
    return this.#correcting.isDirty;
  }

  /** Put a text where the user types, in the place of hers. @param {string} text */
  put(text) {
    if (this.#field.readOnly) return;
    this.#field.value = text;
    this.#correcting.type(text);
    this.focus();
  }

  /** Let the user type. */
  focus() {
    this.#fit();
    this.#field.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "nearest" });
  }

  /** Say everything again, in the language that is spoken. */
  draw() {
    const { state, trouble, theirs } = this.#correcting;
    const isUnderWay = state === "saving" || state === "looking";
    this.#field.setAttribute("aria-label", fill(words.correcting.field, { at: this.#at }));
    this.#field.readOnly = isUnderWay;
    this.#save.textContent = trouble === null ? words.correcting.save : words.correcting.again;
    this.#save.disabled = isUnderWay;
    this.#leave.textContent = words.correcting.leave;
    this.#keys.textContent = words.correcting.keys;
    const conflict = theirs === null ? "" : fill(words.correcting.conflict, { theirs });
    this.#note.textContent = isUnderWay
      ? words.correcting.saving
      : conflict || (trouble === null ? "" : words.correcting.troubles[trouble]);
    this.element.dataset.state = isUnderWay ? "saving" : trouble !== null || conflict !== "" ? "trouble" : "open";
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.isComposing) return; // the key ends a word of an input method
    if (event.key === "Escape") {
      event.stopPropagation();
      this.#onLeave();
    } else if (event.key === "Enter") {
      event.preventDefault(); // a segment is one paragraph
      void this.#send();
    }
  }

  async #send() {
    const keeping = this.#keep();
    this.draw();
    await keeping;
    if (this.#correcting.state === "saved") {
      this.#onLeave();
      return;
    }
    this.draw();
    this.element.scrollIntoView({ block: "nearest" }); // it says why below the text
  }

  /** Be as high as the text, where the style sheet cannot say so. */
  #fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight + 2}px`; // its border
  }
}
