/** One recording: its facts, its sound, its text, and the corrections under way. Touches the DOM; asks the API. */

import { put } from "../elements.js";
import { RecordsTrouble } from "../records-api.js";
import { clockText } from "../texts.js";
import { momentText, says } from "../texts/history.js";
import { fill, words } from "../texts/language.js";
import { copyText } from "../copy-text.js";
import { Correcting } from "./correction.js";
import { FindBar } from "./find-bar.js";
import { isUnsettled } from "./listing.js";
import { standing } from "./list-view.js";
import { button, make, say } from "./make.js";
import { LIST_HASH } from "./place.js";
import { Player } from "./player.js";
import { partsOf, textOf } from "./reading.js";
import { TextView } from "./text-view.js";
import { Timeline } from "./timeline.js";
import { Tools } from "./tools.js";

/** @import { RecordsApi, TheRecord, Trouble, Version } from "../records-api.js" */
/** @import { Part, SegmentPart } from "./reading.js" */

/**
 * @typedef {object} Around
 * @property {() => Promise<string | null>} whoAmI
 * @property {(trouble: Trouble | null) => void} onTrouble
 * @property {(sentence: () => string) => void} onNews
 * @property {(record: TheRecord) => void} onErased
 */
/** @typedef {Map<string, Correcting>} Drafts by the key of the part */

/** The view of one recording. */
export class RecordView {
  #api;
  #around;
  /** @type {string | null} */
  #id = null;
  /** @type {TheRecord | null} */
  #record = null;
  /** @type {string | null} */
  #me = null;
  #isSoundComing = false;
  /** @type {readonly Part[]} */
  #parts = [];
  /** @type {Map<number, Drafts>} */
  #drafts = new Map(); // by record: who looks at another one meanwhile finds hers again
  #timeline = new Timeline([]);
  #heading = make("h1", { tabindex: -1 });
  #facts = make("p", { class: "facts" });
  #notes = make("div", { class: "notes" });
  #noSound = make("p", { class: "hint" });
  #old = make("p", { class: "said", lang: "en" });
  #hint = say(make("p", { class: "hint", id: "words-hint" }), () => says().record.hint);
  #doubts = say(make("p", { class: "hint" }), () => words.review.legend);
  #copy = button(() => words.buttons.copy, () => void this.#copyText(), "quiet");
  #body;
  #player;
  #text;
  #find;
  #tools;
  element;

  /** @param {RecordsApi} api @param {Around} around */
  constructor(api, around) {
    this.#api = api;
    this.#around = around;
    this.#player = new Player({
      fetchLink: () => this.#api.audioUrl(this.#id ?? ""),
      onMoment: (ms, isPlaying) => this.#text?.mark(isPlaying || ms > 0 ? this.#timeline.at(ms) : null, isPlaying),
      onTrouble: around.onTrouble,
    });
    this.#text = new TextView({
      onPlay: (seconds) => void this.#player.playFrom(seconds),
      onCorrect: (part, proposal) => this.#correct(part, proposal),
    });
    this.#find = new FindBar((matches, current, isMoved) => {
      this.#text.showFound(matches, current);
      if (isMoved) this.#text.showPlace();
    });
    this.#tools = new Tools(api, around);
    const title = say(make("h2", { id: "record-text" }), () => says().record.text);
    const back = say(make("a", { class: "back", href: LIST_HASH }), () => `‹ ${says().record.back}`);
    const head = make("div", { class: "text-head" }, title, this.#find.element, this.#copy);
    const text = make("section", { class: "card record-text", "aria-labelledby": "record-text" }, head);
    text.append(this.#hint, this.#doubts, this.#old, this.#text.element);
    this.#body = make("div", { class: "record-body" }, this.#facts, this.#notes, text, this.#player.element, this.#noSound);
    this.#body.append(this.#tools.element);
    this.element = make("div", { class: "record-view" }, back, this.#heading, this.#body);
  }

  get title() {
    const { record } = says();
    return this.#record === null ? record.loading : fill(record.title, { date: momentText(this.#record.created_at) });
  }

  get isShown() {
    return this.#record !== null;
  }

  /** Whether more of it will come by itself. */
  get willChange() {
    return this.#record !== null && (isUnsettled(this.#record) || this.#isSoundComing);
  }

  /** Whether something was typed that is not kept. */
  get isDirty() {
    return [...this.#drafts.values()].some((drafts) => [...drafts.values()].some((one) => one.isDirty));
  }

  /** Make room for a recording, and lead there. @param {string} id */
  open(id) {
    if (id !== this.#id || this.#record === null) {
      this.leave();
      this.#id = id;
      this.#body.hidden = true;
      put(this.#heading, this.title);
    }
    this.#heading.focus();
  }

  /** Nothing sounds any more; what was typed is kept. */
  leave() {
    this.#player.close();
    this.#text.clear();
    this.#find.clear();
    this.#tools.show(null);
    this.#record = this.#id = null;
    this.#isSoundComing = false;
  }

  /** Show it as it is by now. @param {TheRecord} record */
  show(record) {
    const before = this.#record;
    if (before !== null && record.version < before.version) return; // asked before a correction that is kept by now
    this.#record = record;
    this.#body.hidden = false;
    if (before === null) {
      void this.#around.whoAmI().then((me) => {
        this.#me = me;
        this.redraw();
      });
    }
    const length = (record.duration_s ?? 0) || (record.segments.at(-1)?.end_ms ?? 0) / 1000;
    if (record.has_audio && !before?.has_audio) this.#player.open(length);
    if (!record.has_audio) void this.#askForSound(record);
    this.redraw();
    if (before === null) this.#reopen(record);
    for (const [key, draft] of this.#drafts.get(record.transcription_id) ?? []) {
      const segment = record.segments.find((one) => one.segment === draft.segment);
      if (segment !== undefined) draft.seen(textOf(segment), record.version);
      if (draft.state === "saved") this.#close(key);
    }
    this.#text.redrawEditors();
  }

  /** Say everything in the language that is spoken now. */
  redraw() {
    const record = this.#record;
    put(this.#heading, this.title);
    this.#player.redraw();
    if (record === null) return;
    const { has_audio: hasSound, segments, text } = record;
    this.#showFacts(record);
    this.#parts = partsOf(record);
    this.#text.show(this.#parts, { versions: record.versions, me: this.#me, isPlayable: hasSound });
    this.#timeline = new Timeline(this.#text.words);
    this.#text.redrawEditors();
    this.#find.show(this.#parts.map((part) => (part.kind === "segment" ? part.text : "")));
    this.#find.element.hidden = segments.length === 0;
    this.#old.hidden = segments.length > 0;
    const none = isUnsettled(record) ? says().record.noTextYet : says().record.noText;
    put(this.#old, segments.length > 0 ? "" : text || none);
    this.#old.lang = text === "" ? document.documentElement.lang : "en";
    this.#copy.hidden = text === "";
    this.#hint.hidden = !hasSound || segments.length === 0;
    this.#doubts.hidden = this.#text.element.querySelector(".doubt") === null;
    this.#player.element.hidden = !hasSound;
    this.#noSound.hidden = hasSound;
    const isComing = isUnsettled(record) || this.#isSoundComing;
    put(this.#noSound, isComing ? says().player.later : says().player.none);
    this.#tools.show(record);
  }

  /** @param {TheRecord} record */
  #showFacts(record) {
    const { record: its, states } = says();
    const state = standing(record);
    const facts = [make("span", { class: "badge", "data-state": state }, states[state])];
    if (record.duration_s !== null && state !== "recording") {
      facts.unshift(make("span", {}, fill(its.length, { length: clockText(record.duration_s) })));
    }
    facts.push(make("span", {}, fill(its.number, { number: record.transcription_id })));
    this.#facts.replaceChildren(...facts);
    const said = state === "complete" ? [] : [its[state]];
    for (const [from, to] of record.segments.length > 0 ? [] : record.gaps) {
      const [at, end] = [from, to].map((sample) => sample / (record.sample_rate || 1));
      said.push(fill(its.gap, { from: clockText(at), to: clockText(Math.ceil(end)) }));
    }
    this.#notes.replaceChildren(...said.map((sentence) => make("p", {}, sentence)));
    this.#notes.hidden = said.length === 0;
  }

  /** @param {TheRecord} record */
  async #askForSound(record) {
    if (isUnsettled(record)) return; // it cannot be there yet
    const id = this.#id;
    let isComing = false;
    try {
      await this.#api.audioUrl(record.transcription_id);
      isComing = true; // since the record was read
    } catch (error) {
      if (!(error instanceof RecordsTrouble)) throw error;
      isComing = error.kind !== "absent" && error.kind !== "forbidden";
    }
    if (id !== this.#id || isComing === this.#isSoundComing) return;
    this.#isSoundComing = isComing;
    this.redraw();
  }

  /** @param {SegmentPart} part @param {string} [proposal] what to begin with, where nothing was typed yet */
  #correct(part, proposal) {
    const record = this.#record;
    if (record === null) return;
    const drafts = this.#drafts.get(record.transcription_id) ?? new Map();
    this.#drafts.set(record.transcription_id, drafts);
    const draft = drafts.get(part.key) ?? new Correcting(part.segment.segment, textOf(part.segment), record.version);
    if (proposal !== undefined && !draft.isDirty) draft.type(proposal);
    drafts.set(part.key, draft);
    this.#text.edit(part, draft, { keep: () => this.#keep(draft, record.transcription_id), onLeave: () => this.#close(part.key) });
  }

  /** @param {TheRecord} record */
  #reopen(record) {
    const parts = new Map(this.#parts.map((part) => [part.key, part]));
    const drafts = this.#drafts.get(record.transcription_id) ?? new Map();
    for (const [key, draft] of drafts) {
      const part = parts.get(key);
      if (!draft.isDirty) drafts.delete(key);
      else if (part?.kind === "segment") this.#correct(part);
    }
    if (drafts.size > 0) this.#heading.focus(); // the way through the page begins at its top
  }

  /** @param {string} key */
  #close(key) {
    if (this.#record !== null) this.#drafts.get(this.#record.transcription_id)?.delete(key);
    this.#text.closeEditor(key);
  }

  /** Bring a correction to the record; what came of it is in the draft. @param {Correcting} draft @param {number} id */
  async #keep(draft, id) {
    let correction = draft.save();
    while (correction !== null) {
      try {
        const kept = await this.#api.correct(id, correction);
        draft.kept(kept.version);
        this.#drafts.get(id)?.forEach((one, key, drafts) => one === draft && drafts.delete(key));
        this.#around.onNews(() => says().record.kept);
        await this.#take(kept, id);
        return;
      } catch (error) {
        if (!(error instanceof RecordsTrouble)) throw error;
        if (draft.state === "saved") return; // it is kept; the record will be read again
        if (error.kind === "signed_out") this.#around.onTrouble(error.kind);
        if (!draft.refused(error.kind)) return;
      }
      correction = await this.#lookAgain(draft, id);
    }
  }

  /** Show what is kept. @param {Version & { text: string }} kept @param {number} id */
  async #take(kept, id) {
    const record = this.#record;
    if (record?.transcription_id !== id) return;
    const segments = record.segments.map((one) => (one.segment === kept.segment ? { ...one, corrected_text: kept.text } : one));
    this.show({ ...record, segments, version: kept.version, versions: [...record.versions, kept] });
    const isWhole = kept.version === record.version + 1;
    if (!isWhole) this.show(await this.#api.read(id)); // others corrected other passages meanwhile
  }

  /** @param {Correcting} draft @param {number} id */
  async #lookAgain(draft, id) {
    try {
      const record = await this.#api.read(id);
      const segment = record.segments.find((one) => one.segment === draft.segment);
      const again = draft.seen(segment === undefined ? "" : textOf(segment), record.version);
      if (this.#record?.transcription_id === id) this.show(record);
      return again;
    } catch (error) {
      if (!(error instanceof RecordsTrouble)) throw error;
      draft.unseen(error.kind);
      return null;
    }
  }

  async #copyText() {
    const record = this.#record;
    if (record === null) return;
    const lines = this.#parts.flatMap((part) => (part.kind === "segment" && part.text !== "" ? [part.text] : []));
    const isCopied = await copyText(lines.length > 0 ? lines.join("\n") : record.text, lines.length > 0 ? this.#text.element : this.#old);
    this.#around.onNews(() => (isCopied ? words.buttons.copied : words.buttons.copyByHand));
  }
}
