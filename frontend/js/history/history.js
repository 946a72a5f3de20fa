/**
 * Earlier recordings: ask for what is to be shown, and say what went wrong. The only place of this folder that builds
 * things. Touches the DOM and the network.
 */

import { RecordsTrouble } from "../records-api.js";
import { WindowBlocked } from "../sign-in.js";
import { says } from "../texts/history.js";
import { words } from "../texts/language.js";
import { ALL, Listing } from "./listing.js";
import { ListView } from "./list-view.js";
import { button, make } from "./make.js";
import { LIST_HASH } from "./place.js";
import { RecordView } from "./record-view.js";

/** @import { RecordsApi, TheRecord, Trouble } from "../records-api.js" */
/** @import { SignIn } from "../sign-in.js" */
/** @import { Request } from "./listing.js" */
/** @import { Place } from "./place.js" */

const LOOK_EVERY_MS = 4000; // for more of what is still being recorded

/** The views behind `#recordings`. */
export class History {
  #api;
  #signIn;
  #listing = new Listing();
  #list;
  #record;
  #trouble = make("div", { class: "message", role: "alert", "data-gravity": "error", hidden: true });
  #news = make("p", { class: "news", role: "status" });
  /** @type {() => string} */
  #newsWords = () => "";
  /** What is to be told where the address leads next. */
  #nextNews = () => "";
  #retry = button(() => says().retry, () => this.#look());
  #signInAgain = button(() => says().signIn, () => void this.#signInHere());
  #signingIn = new AbortController();
  #asking = new AbortController();
  /** @type {Place} */
  #place = { view: "live" };
  /** @type {Trouble | null} */
  #said = null;
  #isLooking = false;

  /**
   * @param {RecordsApi} api
   * @param {SignIn} signIn
   * @param {HTMLElement} container
   */
  constructor(api, signIn, container) {
    this.#api = api;
    this.#signIn = signIn;
    this.#list = new ListView({
      onFilter: (filter) => void this.#ask(this.#listing.ask(filter)),
      onMore: () => void this.#ask(this.#listing.more()),
    });
    this.#record = new RecordView(api, {
      whoAmI: () => this.#whoAmI(),
      onTrouble: (trouble) => this.#tell(trouble),
      onNews: (sentence) => this.#tellNews(sentence),
      onErased: (id) => this.#erased(id),
    });
    const buttons = make("div", { class: "actions" }, this.#retry, this.#signInAgain);
    container.replaceChildren(this.#trouble, buttons, this.#news, this.#list.element, this.#record.element);
    addEventListener("beforeunload", (event) => {
      if (this.#record.isDirty) event.preventDefault();
    });
    setInterval(() => this.#lookAgain(), LOOK_EVERY_MS);
    document.addEventListener("visibilitychange", () => this.#lookAgain());
  }

  /** @param {Place} place */
  show(place) {
    const before = this.#place;
    this.#place = place;
    this.#tell(null);
    this.#tellNews(this.#nextNews);
    this.#nextNews = () => "";
    this.#list.element.hidden = place.view !== "list";
    this.#record.element.hidden = place.view !== "record";
    if (place.view === "record") {
      this.#record.open(place.id);
      this.#look();
    } else {
      this.#record.leave();
      this.#list.show(this.#listing);
      this.#list.focus(before.view === "record" ? before.id : null);
      this.#look();
    }
    this.#title();
  }

  /** The user looks at something else: nothing sounds any more, nothing is asked. */
  leave() {
    this.#asking.abort();
    this.#place = { view: "live" };
    this.#record.leave();
  }

  /** Say everything in the language that is spoken now. */
  redraw() {
    this.#list.show(this.#listing);
    this.#record.redraw();
    this.#tell(this.#said);
    this.#tellNews(this.#newsWords);
    if (this.#place.view !== "live") this.#title();
  }

  #title() {
    const title = this.#place.view === "record" ? this.#record.title : says().list.title;
    document.title = `${title} · SEVA Arogya`;
  }

  /** Ask for what is to be shown, while the reader waits. */
  #look() {
    this.#asking.abort(); // it was for something else
    this.#asking = new AbortController();
    if (this.#place.view === "record") void this.#read(this.#place.id);
    else if (this.#place.view === "list") {
      const isKnown = this.#listing.isKnown && this.#listing.trouble === null;
      void this.#ask(isKnown ? this.#listing.again() : this.#listing.ask(this.#listing.filter ?? ALL));
    }
  }

  /** Ask once more behind the reader's back, for what changes by itself. */
  #lookAgain() {
    if (document.hidden || this.#isLooking || this.#said === "signed_out") return;
    if (this.#place.view === "list" && this.#listing.isUnsettled) void this.#ask(this.#listing.again());
    if (this.#place.view === "record" && this.#record.willChange) void this.#read(this.#place.id);
  }

  /** @param {Request | null} request */
  async #ask(request) {
    this.#list.show(this.#listing);
    if (request === null) return;
    const { signal } = this.#asking;
    try {
      this.#listing.answered(request, await this.#api.list(request.question, signal));
    } catch (error) {
      if (signal.aborted || !(error instanceof RecordsTrouble)) return this.#drop(request, error);
      this.#listing.failed(request, error.kind);
    }
    this.#list.show(this.#listing);
    if (this.#place.view === "list") this.#tell(this.#listing.trouble);
  }

  /** @param {Request} request @param {unknown} error */
  #drop(request, error) {
    this.#listing.failed(request, "unreachable");
    if (!(error instanceof DOMException)) throw error;
  }

  /** @param {string} id */
  async #read(id) {
    const { signal } = this.#asking;
    this.#isLooking = true;
    try {
      const record = await this.#api.read(id, signal);
      if (signal.aborted) return;
      this.#record.show(record);
      this.#tell(null);
      this.#title();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof RecordsTrouble)) throw error;
      // What is shown stays; a look behind the reader's back that fails is tried again by itself.
      if (!this.#record.isShown || error.kind === "signed_out" || error.kind === "absent") this.#tell(error.kind);
    } finally {
      this.#isLooking = false;
    }
  }

  /** @param {TheRecord} record */
  #erased(record) {
    this.#listing.drop(record.transcription_id);
    this.#nextNews = () => says().list.deleted;
    location.replace(LIST_HASH); // the way back leads to nothing
  }

  /** @param {Trouble | null} trouble */
  #tell(trouble) {
    this.#said = trouble;
    this.#trouble.hidden = trouble === null;
    const sentence = trouble === null ? "" : says().troubles[trouble];
    if (this.#trouble.textContent !== sentence) this.#trouble.textContent = sentence;
    this.#signInAgain.hidden = trouble !== "signed_out";
    this.#retry.hidden = trouble === null || trouble === "signed_out" || trouble === "absent" || trouble === "forbidden";
  }

  /** @param {() => string} sentence */
  #tellNews(sentence) {
    this.#newsWords = sentence;
    this.#news.textContent = sentence();
  }

  async #signInHere() {
    this.#signingIn.abort();
    this.#signingIn = new AbortController();
    try {
      const openWindow = (/** @type {string} */ url) => window.open(url, "_blank", "popup,width=520,height=720");
      await this.#signIn.inWindow(openWindow, this.#signingIn.signal);
      this.#look();
    } catch (error) {
      const isBlocked = error instanceof WindowBlocked;
      this.#tellNews(() => (isBlocked ? words.problems.signInBlocked : words.problems.signIn));
    }
  }

  /** The user's own id, as corrections name her. @returns {Promise<string | null>} */
  async #whoAmI() {
    try {
      const [, claims] = (await this.#signIn.accessToken()).split(".");
      return JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/"))).sub ?? null;
    } catch {
      return null; // signed out, or a token of another kind: she is named by her id then
    }
  }
}
