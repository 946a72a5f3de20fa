/**
 * The live text: every final once and in its place, the changing text after them; marks, corrections, search, copy.
 * Touches the DOM. What has been shown stays where it is: new text comes beneath it.
 */

import { button, checkbox, element, put } from "./elements.js";
import { Following } from "./following.js";
import { PartialLine } from "./partial-line.js";
import { remember, remembered } from "./preferences.js";
import { SegmentView } from "./segment-view.js";
import { SoundMemory } from "./sound-memory.js";
import { clockText } from "./texts.js";
import { whenLanguageChanges, words } from "./texts/language.js";

/** @import { NotPlayed } from "./replay.js" */
/** @import { SignIn } from "./sign-in.js" */
/** @import { Snapshot } from "./session-types.js" */
/** @import { Final } from "./wire.js" */
/** @typedef {typeof import("./transcript-tools.js")} Tools */

const TOOLS_AGAIN_MS = 5000;
const ANNOUNCED = 3; // finals that a screen reader still has to say may be as many

/** @type {Record<NotPlayed, () => string>} */
const NOT_PLAYED = {
  recording: () => words.review.notWhileRecording,
  too_old: () => words.review.tooOld,
  unreachable: () => words.review.unreachable,
};

/** The text of one recording after another. */
export class TranscriptView {
  #finals = element("transcript");
  #partial = element("partial");
  #line = new PartialLine(element("partial-text"));
  #empty = element("empty");
  #announced = element("announced");
  #note = element("text-note");
  #details = checkbox("details");
  #following = new Following(element("scroll"), button("newest"), () => this.#segments.some(({ isOpen }) => isOpen));
  #memory = new SoundMemory();
  /** @type {{ apiUrl: string, signIn: SignIn } | null} */
  #server = null;
  #areToolsWanted = false;
  /** @type {Tools | null} */
  #tools = null;
  /** @type {InstanceType<Tools["RecordsApi"]> | null} */
  #api = null;
  /** @type {InstanceType<Tools["FindField"]> | null} */
  #find = null;
  /** @type {InstanceType<Tools["Replay"]> | null} */
  #replay = null;
  /** @type {InstanceType<Tools["Corrections"]> | null} */
  #corrections = null;
  /** @type {SegmentView[]} */
  #segments = [];
  /** @type {Snapshot | null} */
  #snapshot = null;
  /** @type {Final | null} */
  #last = null;
  #isReopened = false;
  /** @type {NotPlayed | null} */
  #notPlayed = null;

  constructor() {
    this.#details.checked = remembered(localStorage).details === "yes";
    this.#details.addEventListener("change", () => {
      remember(localStorage, { details: this.#details.checked ? "yes" : "no" });
      this.#redraw();
    });
    whenLanguageChanges(() => this.#redraw());
    this.#finals.addEventListener("click", (event) => this.#hearAgain(event.target));
    this.#finals.addEventListener("keydown", (event) => this.#press(event));
    this.#finals.addEventListener("focusin", (event) => this.#makeReachable(event.target));
    addEventListener("beforeunload", (event) => {
      if (this.hasUnsaved) event.preventDefault();
    });
  }

  /** Correct by means of this API, and play. @param {string} apiUrl @param {SignIn} signIn */
  connect(apiUrl, signIn) {
    this.#server = { apiUrl, signIn };
  }

  /** Whether a correction was typed and is not kept. */
  get hasUnsaved() {
    return this.#segments.some(({ isDirty }) => isDirty);
  }

  /** Begin a new transcript. */
  clear() {
    this.#finals.replaceChildren();
    this.#announced.replaceChildren();
    this.#segments = [];
    this.#corrections = this.#snapshot = this.#last = this.#notPlayed = null;
    this.#isReopened = false;
    this.#replay?.clear();
    this.#memory.clear();
    this.#find?.clear();
    this.#showPartial(null);
    this.#changed();
  }

  /**
   * Take what the microphone gives while the session records, so that it can be heard again.
   * @param {Uint8Array} bytes
   * @param {Snapshot} snapshot
   */
  hear(bytes, snapshot) {
    this.#memory.hear(bytes, snapshot);
  }

  /** Show what has come since, and follow it unless the reader has scrolled away. @param {Snapshot} snapshot */
  show(snapshot) {
    if (snapshot.phase !== this.#snapshot?.phase) this.#notPlayed = null; // it may be played now
    this.#snapshot = snapshot;
    if (snapshot.phase === "recording" || snapshot.phase === "joining") this.#replay?.stop();
    if (snapshot.phase !== "recording") this.#memory.breakOff();
    if (snapshot.phase === "joining") this.#isReopened = true;
    const come = snapshot.finals.slice(this.#segments.length);
    if (snapshot.sessionId !== null) this.#openSession(snapshot.sessionId);
    this.#following.around(() => {
      for (const final of come) this.#append(final);
      this.#showPartial(snapshot.partial);
    });
    if (come.length > 0) this.#changed();
    else this.#showAround();
  }

  /** What can be found and what is marked has changed. */
  #changed() {
    this.#find?.refresh();
    element("doubts-legend").hidden = this.#finals.querySelector(".doubt") === null;
    element("details-legend").hidden = this.#finals.querySelector(".detail") === null;
    this.#showAround();
  }

  /** @param {string} sessionId */
  #openSession(sessionId) {
    if (this.#api === null) {
      void this.#loadTools();
      return;
    }
    if (this.#tools === null || this.#corrections?.sessionId === sessionId) return;
    this.#corrections = new this.#tools.Corrections(this.#api, sessionId, (segment) => {
      this.#segments[segment]?.draw();
      this.#changed();
    });
    if (this.#isReopened) void this.#corrections.load();
    this.#redraw();
  }

  /** Have what corrects and searches; the server has just answered, so that it can be had. */
  async #loadTools() {
    if (this.#areToolsWanted || this.#server === null) return;
    this.#areToolsWanted = true;
    const { apiUrl, signIn } = this.#server;
    try {
      this.#tools = await import("./transcript-tools.js");
    } catch {
      setTimeout(() => { this.#areToolsWanted = false; }, TOOLS_AGAIN_MS);
      return;
    }
    this.#api = new this.#tools.RecordsApi(apiUrl, signIn, fetch.bind(globalThis));
    new this.#tools.CopyButton(button("copy"), () => this.#text, this.#finals);
    this.#replay = new this.#tools.Replay(this.#memory, this.#api);
    this.#find = new this.#tools.FindField(
      {
        field: /** @type {HTMLInputElement} */ (element("find")),
        count: element("find-count"),
        previous: button("find-previous"),
        next: button("find-next"),
      },
      () => [...this.#finals.querySelectorAll(".words")].map((part) => /** @type {HTMLElement} */ (part)),
      (place) => this.#following.show(place),
    );
    const sessionId = this.#snapshot?.sessionId ?? null;
    if (sessionId !== null) this.#openSession(sessionId);
    this.#showAround();
  }

  /** @param {Final} final */
  #append(final) {
    let speakerBefore = this.#segments.at(-1)?.speaker ?? null;
    if (this.#last !== null && this.#last.stream !== final.stream && speakerBefore !== null) {
      const rule = document.createElement("p");
      rule.className = "stream-break hint";
      rule.textContent = words.speakers.anew;
      this.#finals.append(rule);
      speakerBefore = null; // labels of two streams are not the same voices
    }
    this.#last = final;
    const segment = new SegmentView(final, {
      speakerBefore,
      corrections: () => this.#corrections,
      editorOf: () => this.#tools?.SegmentEditor ?? null,
      areDetailsMarked: this.#details.checked,
    });
    this.#segments.push(segment);
    this.#finals.append(segment.element, "\n");
    const said = document.createElement("p");
    said.textContent = segment.text;
    this.#announced.append(said);
    while (this.#announced.childElementCount > ANNOUNCED) this.#announced.firstElementChild?.remove();
    this.#makeReachable(null);
  }

  /** @param {Snapshot["partial"]} partial */
  #showPartial(partial) {
    this.#line.show(partial?.text ?? "");
    this.#partial.hidden = partial === null || partial.text === "";
    if (partial !== null) this.#partial.dataset.time = clockText(partial.start_ms / 1000);
  }

  /** Show what depends on there being text. */
  #showAround() {
    const hasFinals = this.#segments.length > 0;
    this.#empty.hidden = hasFinals || !this.#partial.hidden;
    element("copy").hidden = element("find-tools").hidden = !hasFinals || this.#tools === null;
    put(this.#note, this.#notPlayed === null ? "" : NOT_PLAYED[this.#notPlayed]());
  }

  #redraw() {
    for (const rule of this.#finals.querySelectorAll(".stream-break")) rule.textContent = words.speakers.anew;
    for (const segment of this.#segments) segment.draw(this.#details.checked);
    this.#changed();
  }

  get #text() {
    return this.#segments.map(({ text }) => text).filter((text) => text !== "").join("\n");
  }

  /** @param {EventTarget | null} target */
  #hearAgain(target) {
    const word = target instanceof Element ? target.closest(".doubt") : null;
    const segment = this.#segmentOf(word);
    if (!(word instanceof HTMLElement) || segment === null || this.#snapshot === null) return;
    const time = segment.timeOf(Number(word.dataset.word));
    void this.#replay?.play(time, this.#snapshot).then((notPlayed) => {
      this.#notPlayed = notPlayed;
      this.#showAround();
    });
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { target, key } = event;
    if (!(target instanceof HTMLElement)) return;
    if (target.classList.contains("doubt") && (key === "Enter" || key === " ")) {
      event.preventDefault();
      this.#hearAgain(target);
    } else if (target.classList.contains("tool") && (key === "ArrowDown" || key === "ArrowUp")) {
      const at = this.#segments.findIndex((segment) => segment.element.contains(target));
      event.preventDefault();
      this.#segments[at + (key === "ArrowDown" ? 1 : -1)]?.reach();
    }
  }

  /**
   * Have one of the buttons beside the segments in the order of Tab, the last that was used or else the newest: of
   * hundreds, the others are reached from it by the arrow keys.
   * @param {EventTarget | null} focused
   */
  #makeReachable(focused) {
    const chosen = this.#segmentOf(focused instanceof Element ? focused : document.activeElement) ?? this.#segments.at(-1);
    for (const segment of this.#segments) segment.isReachable = segment === chosen;
  }

  /** @param {Element | null} within */
  #segmentOf(within) {
    const found = within?.closest(".segment");
    return this.#segments.find((segment) => segment.element === found) ?? null;
  }
}
