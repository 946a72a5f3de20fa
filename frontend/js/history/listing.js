/** The list of recordings as far as it is known: what was asked, the pages so far, what is under way. Pure. */

/** @import { Page, Question, Summary, Trouble } from "../records-api.js" */

/** @typedef {"first" | "more" | "again"} Kind `again`: the newest, asked again behind the reader's back */
/** @typedef {{ kind: Kind, question: Question }} Request a new object each time: an answer to an older one is late */
/** @typedef {{ words: string, fromDay: string, toDay: string }} Filter days as `2026-11-22` of the reader's own clock */

/** @type {Filter} */
export const ALL = Object.freeze({ words: "", fromDay: "", toDay: "" });

/** Whether more will become of a recording. @param {Pick<Summary, "status" | "transcript">} of */
export const isUnsettled = ({ status, transcript }) => status === "IN_PROGRESS" || transcript === "pending";

/** One list; every request it gives is to be answered by `answered` or `failed`. */
export class Listing {
  #filter = ALL;
  /** @type {Summary[]} */
  #items = [];
  /** @type {string | null} */
  #cursor = null;
  /** @type {Request | null} */
  #pending = null;
  /** @type {Trouble | null} */
  #trouble = null;
  #isKnown = false;

  get filter() {
    return this.#filter;
  }

  /** @returns {readonly Summary[]} */
  get items() {
    return this.#items;
  }

  get hasMore() {
    return this.#cursor !== null;
  }

  /** Whether the reader waits for something. */
  get isBusy() {
    return this.#pending !== null && this.#pending.kind !== "again";
  }

  /** Whether an answer to this filter has come. */
  get isKnown() {
    return this.#isKnown;
  }

  get trouble() {
    return this.#trouble;
  }

  /** Whether what is shown will change by itself. */
  get isUnsettled() {
    return this.#items.some(isUnsettled);
  }

  /**
   * Begin anew.
   * @param {Filter} filter
   * @returns {Request}
   */
  ask(filter) {
    const isOther = Object.entries(filter).some(([name, value]) => this.#filter[/** @type {keyof Filter} */ (name)] !== value);
    if (isOther) this.#isKnown = false;
    this.#filter = filter;
    return this.#begin("first", null);
  }

  /** Go on where the list ends; null: there is no more, or something is under way. @returns {Request | null} */
  more() {
    return this.#cursor === null || this.isBusy ? null : this.#begin("more", this.#cursor);
  }

  /** See what has become of the newest; null: something is under way. @returns {Request | null} */
  again() {
    return this.#pending !== null || !this.#isKnown ? null : this.#begin("again", null);
  }

  /** @param {Request} request @param {Page} page */
  answered(request, { transcriptions, cursor }) {
    if (request !== this.#pending) return;
    this.#pending = this.#trouble = null;
    if (request.kind === "again") this.#renew(transcriptions, cursor);
    else {
      this.#items = request.kind === "first" ? transcriptions : [...this.#items, ...transcriptions];
      this.#cursor = cursor;
    }
    this.#isKnown = true;
  }

  /** What is shown stays. @param {Request} request @param {Trouble} trouble */
  failed(request, trouble) {
    if (request !== this.#pending) return;
    this.#pending = null;
    if (request.kind !== "again" || trouble === "signed_out") this.#trouble = trouble;
  }

  /** Take one out that is no more. @param {number} transcriptionId */
  drop(transcriptionId) {
    this.#items = this.#items.filter((one) => one.transcription_id !== transcriptionId);
  }

  /** @param {Kind} kind @param {string | null} cursor */
  #begin(kind, cursor) {
    const { words, fromDay, toDay } = this.#filter;
    if (kind !== "again") this.#trouble = null;
    const question = { words: words.trim(), from: dayStart(fromDay, 0), to: dayStart(toDay, 1), cursor };
    this.#pending = { kind, question };
    return this.#pending;
  }

  /** @param {Summary[]} newest @param {string | null} cursor */
  #renew(newest, cursor) {
    const last = newest.at(-1);
    const isOlder = (/** @type {Summary} */ one) => last !== undefined && cursor !== null && comesAfter(one, last);
    const older = this.#items.filter(isOlder);
    if (older.length === 0) this.#cursor = cursor;
    this.#items = [...newest, ...older];
  }
}

/** @param {Summary} one @param {Summary} other */
function comesAfter(one, other) {
  if (one.created_at !== other.created_at) return one.created_at < other.created_at;
  return one.transcription_id < other.transcription_id;
}

/**
 * Say when a day of the reader's own clock begins, or one of the days after it.
 * @param {string} day
 * @param {number} later
 */
function dayStart(day, later) {
  const [year, month, date] = day.split("-").map(Number);
  const at = new Date(year, month - 1, date + later);
  return day === "" || Number.isNaN(at.getTime()) ? "" : at.toISOString();
}
