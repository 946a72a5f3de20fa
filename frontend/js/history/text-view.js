/**
 * Show a record's text: each word can be heard, each passage corrected. Touches the DOM, decides nothing.
 *
 * Only one word at a time is a stop of the Tab key; arrow keys move it. The button that corrects a passage is a stop
 * where that word is, so that a long text is passed with two.
 */

import { fill, words as sentences } from "../texts/language.js";
import { clockText } from "../texts.js";
import { momentText, says } from "../texts/history.js";
import { doubtsOf } from "../review.js";
import { SegmentEditor } from "../segment-editor.js";
import { speakerNumber, turnsOf } from "../speakers.js";
import { detailsOf, wordNodes } from "../words-view.js";
import { icon, make } from "./make.js";

/** @import { Version } from "../records-api.js" */
/** @import { Correcting } from "./correction.js" */
/** @import { Match } from "../find.js" */
/** @import { Part, SegmentPart } from "./reading.js" */

/** @typedef {{ startMs: number, endMs: number, element: HTMLElement, row: HTMLElement, part: number, from: number, to: number }} Shown */
/** @typedef {{ versions: readonly Version[], me: string | null, isPlayable: boolean }} Around */

const PENCIL = "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4";
const READING_MS = 4000; // after the reader has scrolled, the text stays where she put it

/** The text of one record. */
export class TextView {
  #onPlay;
  #onCorrect;
  /** @type {Map<string, { row: HTMLElement, body: HTMLElement, signature: string }>} */
  #rows = new Map();
  /** @type {Map<string, SegmentEditor>} */
  #editors = new Map();
  /** @type {Shown[]} */
  #words = [];
  /** @type {HTMLElement | null} */
  #stop = null; // the word that the Tab key reaches
  /** @type {number | null} */
  #now = null;
  #isPlayable = false;
  #scrolledAtMs = -Infinity;
  element = make("div", { class: "passages" });

  /** @param {{ onPlay: (seconds: number) => void, onCorrect: (part: SegmentPart, proposal?: string) => void }} hearers */
  constructor({ onPlay, onCorrect }) {
    this.#onPlay = onPlay;
    this.#onCorrect = onCorrect;
    this.element.addEventListener("click", ({ target }) => this.#click(/** @type {Element} */ (target)));
    this.element.addEventListener("keydown", (event) => this.#press(event));
    for (const name of ["wheel", "touchmove"]) {
      addEventListener(name, () => (this.#scrolledAtMs = performance.now()), { passive: true });
    }
  }

  /** Every word in the order of the text, with its times. @returns {readonly Shown[]} */
  get words() {
    return this.#words;
  }

  /** Make room for another record. */
  clear() {
    this.#rows.clear();
    this.#editors.clear();
    this.#words = [];
    this.#stop = this.#now = null;
    this.element.replaceChildren();
  }

  /**
   * Show what has changed; what has not is left alone, and so is what is being typed.
   * @param {readonly Part[]} parts
   * @param {Around} around
   */
  show(parts, around) {
    this.#isPlayable = around.isPlayable;
    this.element.classList.toggle("playable", around.isPlayable);
    const rows = parts.map((part) => this.#row(part, around));
    const kept = new Set(parts.map(({ key }) => key));
    for (const [key, { row }] of this.#rows) {
      if (kept.has(key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    rows.forEach((row, at) => {
      if (this.element.children[at] !== row) this.element.insertBefore(row, this.element.children[at] ?? null);
    });
    this.mark(null, false);
    this.#words = parts.flatMap((part, at) => this.#wordsOf(part, at, rows[at]));
    const stop = this.#words.find(({ element }) => element === this.#stop);
    this.#rest(stop ?? this.#words[0]);
  }

  /**
   * Open a field under a passage.
   * @param {SegmentPart} part
   * @param {Correcting} correcting
   * @param {{ keep: () => Promise<void>, onLeave: () => void }} around
   */
  edit({ key, segment }, correcting, { keep, onLeave }) {
    const row = this.#rows.get(key)?.row;
    if (row === undefined || this.#editors.has(key)) return;
    const editor = new SegmentEditor(correcting, { at: clockText(segment.start_ms / 1000), keep, onLeave });
    this.#editors.set(key, editor);
    row.append(editor.element);
    row.classList.add("is-edited");
    editor.focus();
  }

  /** Say in the fields what has become of them. */
  redrawEditors() {
    for (const editor of this.#editors.values()) editor.draw();
  }

  /** Close a field, and lead back to the passage. @param {string} key */
  closeEditor(key) {
    const editor = this.#editors.get(key);
    if (editor === undefined) return;
    const hadFocus = editor.element.contains(document.activeElement);
    editor.element.remove();
    this.#editors.delete(key);
    const row = this.#rows.get(key)?.row;
    row?.classList.remove("is-edited");
    if (hadFocus) /** @type {HTMLElement | null | undefined} */ (row?.querySelector(".tool"))?.focus();
  }

  /**
   * Mark the word that is heard; null: none is.
   * @param {number | null} index
   * @param {boolean} isPlaying whether to follow it
   */
  mark(index, isPlaying) {
    if (index === this.#now) return;
    if (this.#now !== null) this.#words[this.#now]?.element.classList.remove("now");
    this.#now = index;
    if (index === null) return;
    const { element } = this.#words[index];
    element.classList.add("now");
    if (!isPlaying || performance.now() - this.#scrolledAtMs < READING_MS) return;
    const { top, bottom } = element.getBoundingClientRect();
    if (top < innerHeight * 0.1 || bottom > innerHeight * 0.75) element.scrollIntoView({ block: "center" });
  }

  /**
   * Mark what was found.
   * @param {readonly Match[]} matches by the number of the part
   * @param {number | null} current
   */
  showFound(matches, current) {
    /** @type {Map<number, Shown[]>} */
    const parts = new Map();
    for (const word of this.#words) {
      word.element.classList.remove("found", "found-now");
      parts.set(word.part, [...(parts.get(word.part) ?? []), word]);
    }
    matches.forEach((match, number) => {
      for (const { element, from, to } of parts.get(match.part) ?? []) {
        if (to <= match.from || match.to <= from) continue;
        element.classList.add("found");
        if (number === current) element.classList.add("found-now");
      }
    });
  }

  /** Bring what was found last into sight. */
  showPlace() {
    this.element.querySelector(".found-now")?.scrollIntoView({ block: "center" });
  }

  /** @param {Part} part @param {Around} around */
  #row(part, around) {
    const known = this.#rows.get(part.key);
    const of = part.kind === "segment" ? around.versions.filter((one) => one.segment === part.segment.segment).at(-1) : null;
    const signature = JSON.stringify([part, of, around.me, around.isPlayable, says().record.correct]);
    if (known?.signature === signature) return known.row;
    const body = this.#body(part, of ?? null, around.me);
    if (known !== undefined) {
      known.body.replaceWith(body);
      this.#rows.set(part.key, { ...known, body, signature });
      return known.row;
    }
    const row = make("div", { class: part.kind === "segment" ? "passage" : "between", "data-key": part.key }, body);
    if (part.kind === "segment") row.dataset.segment = String(part.segment.segment);
    this.#rows.set(part.key, { row, body, signature });
    return row;
  }

  /** @param {Part} part @param {Version | null} version @param {string | null} me */
  #body(part, version, me) {
    const { record } = says();
    switch (part.kind) {
      case "gap": {
        const [from, to] = [part.fromMs / 1000, Math.ceil(part.toMs / 1000)].map(clockText);
        return make("p", { class: "gap" }, fill(record.gap, { from, to }));
      }
      case "stream":
        return make("p", { class: "stream-break hint" }, sentences.speakers.anew);
      case "speaker":
        return make("p", { class: "speaker" }, voiceText(part.speaker));
      case "segment":
        return this.#passage(part, version, me);
      default:
        /** @type {never} */ (part);
        return make("p");
    }
  }

  /** @param {SegmentPart} part @param {Version | null} version @param {string | null} me */
  #passage(part, version, me) {
    const { segment, text, words } = part;
    const { record } = says();
    const at = clockText(segment.start_ms / 1000);
    const said = make("p", { class: "said", lang: "en" });
    if (text === "") said.append(make("span", { class: "hint", lang: document.documentElement.lang }, sentences.correcting.struckOut));
    else {
      const marking = { doubts: doubtsOf(segment.items, words), details: detailsOf(segment.entities, words), everyWord: true };
      said.append(...wordNodes(text, words, marking));
      for (const { speaker, from } of turnsOf(segment, words).slice(1)) {
        const voice = make("span", { class: "speaker" }, speaker === null ? "" : voiceText(speaker));
        said.querySelector(`[data-word="${from}"]`)?.before(voice);
      }
    }
    for (const word of said.querySelectorAll(".word")) muteLabel(word);
    const name = fill(record.correctAt, { time: at });
    const correct = make("button", { type: "button", class: "tool", "aria-label": name, title: name }, icon(PENCIL));
    correct.addEventListener("click", () => this.#onCorrect(part));
    const body = make("div", { class: "passage-body" }, make("span", { class: "time" }, at), said, correct);
    if (version !== null) {
      const who = version.by === me ? record.you : version.by;
      const told = fill(record.correctedBy, { at: momentText(version.at), who });
      const original = make("details", {}, make("summary", {}, record.original), make("p", { lang: "en" }, segment.text));
      const restore = make("button", { type: "button", class: "link" }, record.restore);
      restore.addEventListener("click", () => this.#onCorrect(part, segment.text));
      original.append(restore);
      body.append(make("div", { class: "changed hint" }, make("span", {}, told), original));
    }
    return body;
  }

  /** @param {Part} part @param {number} number @param {HTMLElement} row @returns {Shown[]} */
  #wordsOf(part, number, row) {
    if (part.kind !== "segment") return [];
    return [.../** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll(".said .word"))].map((element) => {
      const { startMs, endMs, from, text } = part.words[Number(element.dataset.word)];
      return { startMs, endMs, element, row, part: number, from, to: from + text.length };
    });
  }

  /** @param {Element} target */
  #click(target) {
    const word = target.closest(".said .word");
    const index = this.#words.findIndex(({ element }) => element === word);
    if (index < 0 || !this.#isPlayable || document.getSelection()?.isCollapsed === false) return;
    this.#rest(this.#words[index]);
    this.#onPlay(this.#words[index].startMs / 1000);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const at = this.#words.findIndex(({ element }) => element === event.target);
    if (at < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    const { row } = this.#words[at];
    const rowFirst = this.#words.findIndex((word) => word.row === row);
    const rowLast = rowFirst + this.#words.filter((word) => word.row === row).length - 1;
    const before = this.#words[rowFirst - 1]?.row;
    /** @type {Record<string, number>} */
    const moves = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: rowLast + 1,
      ArrowUp: before === undefined ? rowFirst : this.#words.findIndex((word) => word.row === before),
      Home: rowFirst,
      End: rowLast,
    };
    if (event.key === "Enter" || event.key === " ") this.#onPlay(this.#words[at].startMs / 1000);
    else if (moves[event.key] === undefined) return;
    else if (moves[event.key] in this.#words) {
      this.#rest(this.#words[moves[event.key]]);
      this.#stop?.focus();
    }
    event.preventDefault();
  }

  /** Let the Tab key reach one word, and the button beside it. @param {Shown | undefined} word */
  #rest(word) {
    if (this.#stop !== null) muteLabel(this.#stop);
    this.#stop = word?.element ?? null;
    for (const tool of /** @type {NodeListOf<HTMLElement>} */ (this.element.querySelectorAll(".tool"))) {
      const isPassed = this.#isPlayable && word !== undefined && !word.row.contains(tool);
      tool.tabIndex = isPassed && tool.parentElement?.querySelector(".said .word") !== null ? -1 : 0;
    }
    if (this.#stop === null || !this.#isPlayable) return;
    this.#stop.tabIndex = 0;
    this.#stop.setAttribute("role", "button");
    this.#stop.setAttribute("aria-describedby", "words-hint");
    if (this.#stop.dataset.told !== undefined) this.#stop.setAttribute("aria-label", this.#stop.dataset.told);
  }
}

/** Be text and no more: a label belongs to what has a role. @param {Element} word */
function muteLabel(word) {
  const element = /** @type {HTMLElement} */ (word);
  const told = element.getAttribute("aria-label");
  if (told !== null) element.dataset.told = told;
  for (const name of ["aria-label", "role", "tabindex", "aria-describedby"]) element.removeAttribute(name);
}

/** @param {string} label */
const voiceText = (label) => fill(sentences.speakers.speaker, { number: speakerNumber(label) });
