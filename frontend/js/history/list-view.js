/** Show the list of recordings and hear what is looked for. Touches the DOM, decides nothing. */

import { put } from "../elements.js";
import { clockText } from "../texts.js";
import { momentText, says } from "../texts/history.js";
import { fill } from "../texts/language.js";
import { button, field, make, say } from "./make.js";
import { ALL, isUnsettled } from "./listing.js";
import { recordHash } from "./place.js";

/** @import { Summary } from "../records-api.js" */
/** @import { Filter, Listing } from "./listing.js" */

const TYPING_MS = 450; // a pause this long, and what was typed so far is looked for
const LONGEST_QUERY = 200; // characters
const EXCERPT_CUT = 120; // characters; the server gives no more

/** How a recording stands, as its badge names it. @param {Pick<Summary, "status" | "transcript">} of */
export function standing({ status, transcript }) {
  if (status === "IN_PROGRESS") return "recording";
  if (status === "FAILED") return "failed";
  return transcript ?? "complete";
}

/** The list, and the form above it. */
export class ListView {
  #heading = say(make("h1", { tabindex: -1 }), () => says().list.title);
  #words = make("input", { id: "search-words", type: "search", maxlength: LONGEST_QUERY, autocomplete: "off", spellcheck: "false" });
  #from = make("input", { id: "search-from", type: "date" });
  #to = make("input", { id: "search-to", type: "date" });
  #all = button(() => says().list.all, () => this.#clear(), "quiet");
  #count = make("p", { class: "hint", role: "status" });
  #items = make("ol", { class: "recordings" });
  #more = button(() => says().list.older, () => this.#onMore());
  #onFilter;
  #onMore;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;
  #asked = ALL;
  element;

  /** @param {{ onFilter: (filter: Filter) => void, onMore: () => void }} hearers */
  constructor({ onFilter, onMore }) {
    this.#onFilter = onFilter;
    this.#onMore = onMore;
    const submit = say(make("button", { type: "submit", class: "button" }), () => says().list.submit);
    const form = make(
      "form",
      { class: "card search", role: "search" },
      field(() => says().list.words, this.#words),
      field(() => says().list.from, this.#from),
      field(() => says().list.to, this.#to),
      make("div", { class: "buttons" }, submit, this.#all),
    );
    say(form, () => says().list.search, "aria-label");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask({ isWished: true });
    });
    form.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#ask(), TYPING_MS);
    });
    this.element = make("div", { class: "list-view" }, this.#heading, form, this.#count, this.#items, this.#more);
  }

  /** @param {Listing} listing */
  show(listing) {
    const { list } = says();
    const { items, hasMore, isBusy, isKnown, filter } = listing;
    const isFiltered = Object.values(filter).some((value) => value !== "");
    this.#all.hidden = !isFiltered;
    const none = isFiltered ? list.noneFound : list.none;
    const count = fill(hasMore ? list.shownMore : list.shown, { count: items.length });
    const waiting = listing.trouble === null ? list.loading : "";
    put(this.#count, isBusy || !isKnown ? waiting : items.length === 0 ? none : count);
    this.element.toggleAttribute("aria-busy", isBusy);
    this.#more.hidden = !hasMore;
    this.#more.disabled = isBusy;
    this.#showItems(isKnown ? items : []);
  }

  /**
   * Lead who cannot see it to what is shown: to the recording that was looked at, or to the top.
   * @param {string | null} id
   */
  focus(id) {
    const link = id === null ? null : this.#items.querySelector(`a[data-id="${id}"]`);
    if (link instanceof HTMLElement) link.focus();
    else this.#heading.focus();
  }

  /** @param {readonly Summary[]} items */
  #showItems(items) {
    // What stays the same is left alone: the reader may be on it.
    const known = new Map([...this.#items.children].map((item) => [item.getAttribute("data-key"), item]));
    const shown = items.map((one) => {
      const key = JSON.stringify([one, says().list.title]);
      return known.get(key) ?? itemOf(one, key);
    });
    shown.forEach((item, at) => {
      if (this.#items.children[at] !== item) this.#items.insertBefore(item, this.#items.children[at] ?? null);
    });
    while (this.#items.children.length > shown.length) this.#items.lastElementChild?.remove();
  }

  /** @param {{ isWished: boolean }} [how] */
  #ask({ isWished } = { isWished: false }) {
    clearTimeout(this.#typing);
    const filter = { words: this.#words.value, fromDay: this.#from.value, toDay: this.#to.value };
    if (!isWished && JSON.stringify(filter) === JSON.stringify(this.#asked)) return;
    this.#asked = filter;
    this.#onFilter(filter);
  }

  #clear() {
    this.#words.value = this.#from.value = this.#to.value = "";
    this.#ask();
    this.#words.focus();
  }
}

/** @param {Summary} summary @param {string} key */
function itemOf(summary, key) {
  const { list, states } = says();
  const state = standing(summary);
  const about = make("span", { class: "facts" });
  if (summary.duration_s !== null && state !== "recording") about.append(make("span", {}, clockText(summary.duration_s)));
  about.append(make("span", { class: "badge", "data-state": state }, states[state]));
  if (summary.gaps > 0) about.append(make("span", { class: "badge", "data-state": "gaps" }, fill(list.gaps, { count: summary.gaps })));
  if (summary.corrected) about.append(make("span", { class: "badge" }, list.corrected));
  const { excerpt } = summary;
  const none = isUnsettled(summary) ? says().record.noTextYet : list.noText;
  const said =
    excerpt === ""
      ? make("span", { class: "excerpt hint" }, none)
      : make("span", { class: "excerpt", lang: "en" }, excerpt.length < EXCERPT_CUT ? excerpt : `${excerpt}…`);
  const when = make("time", { datetime: summary.created_at }, momentText(summary.created_at));
  const link = make("a", { href: recordHash(summary.transcription_id), "data-id": summary.transcription_id }, when, about, said);
  return make("li", { "data-key": key }, link);
}
