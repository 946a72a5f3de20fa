/**
 * One final as it is read: who speaks, marks on doubtful words, a correction in its place, and what was heard behind
 * that. Touches the DOM.
 */

import { doubtsOf } from "./review.js";
import { speakerNumber, turnsOf } from "./speakers.js";
import { clockText } from "./texts.js";
import { fill, words as sentences } from "./texts/language.js";
import { detailsOf, wordNodes } from "./words-view.js";
import { wordsOf } from "./words.js";

/** @import { Corrections } from "./corrections.js" */
/** @import { SegmentEditor } from "./segment-editor.js" */
/** @import { Final } from "./wire.js" */

const SVG = "http://www.w3.org/2000/svg";
const PENCIL = "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4";

/** One of them. */
export class SegmentView {
  #final;
  #words;
  #turns;
  #speakerBefore;
  #corrections;
  #editorOf;
  #areDetailsMarked = false;
  #isHeardShown = false;
  /** @type {SegmentEditor | null} */
  #editor = null;
  #body = document.createElement("div");
  #said = document.createElement("p");
  #heard = document.createElement("p");
  #note = document.createElement("p");
  #corrected = document.createElement("span");
  #showHeard = document.createElement("button");
  #correct = document.createElement("button");
  element = document.createElement("div");

  /**
   * @param {Final} final
   * @param {{ speakerBefore: string | null, corrections: () => Corrections | null,
   *   editorOf: () => typeof SegmentEditor | null, areDetailsMarked: boolean }} around `speakerBefore`: whose label
   *   need not be said again; null: it cannot be corrected yet
   */
  constructor(final, { speakerBefore, corrections, editorOf, areDetailsMarked }) {
    this.#final = final;
    this.#words = wordsOf(final);
    this.#turns = turnsOf(final, this.#words);
    this.#speakerBefore = speakerBefore;
    this.#corrections = corrections;
    this.#editorOf = editorOf;
    this.#areDetailsMarked = areDetailsMarked;
    this.element.className = "segment";
    this.element.dataset.segment = String(final.segment);
    this.element.dataset.time = clockText(final.start_ms / 1000);
    this.#said.className = "said";
    this.#heard.className = "heard-first hint";
    this.#note.className = "segment-note hint";
    this.#showHeard.type = this.#correct.type = "button";
    this.#showHeard.className = "link";
    this.#correct.className = "tool";
    this.#correct.append(icon(PENCIL));
    this.#note.append(this.#corrected, " ", this.#showHeard);
    this.#body.append(this.#said, this.#note, this.#heard);
    this.element.append(this.#body, this.#correct);
    this.#correct.addEventListener("click", () => this.correct());
    this.#showHeard.addEventListener("click", () => {
      this.#isHeardShown = !this.#isHeardShown;
      this.draw();
    });
    this.draw();
  }

  /** Whose words are the last. */
  get speaker() {
    return this.#turns.at(-1)?.speaker ?? this.#speakerBefore;
  }

  /** Whether a correction was begun and not kept. */
  get isDirty() {
    return this.#editor?.isDirty ?? false;
  }

  get isOpen() {
    return this.#editor !== null;
  }

  /** Whether Tab leads to its button. @param {boolean} isReachable */
  set isReachable(isReachable) {
    this.#correct.tabIndex = isReachable ? 0 : -1;
  }

  /** Go to its button. */
  reach() {
    this.#correct.focus();
  }

  /** When a word was spoken. @param {number} number */
  timeOf(number) {
    return this.#words[number];
  }

  /** As it reads, with a line for each voice that begins to speak in it. */
  get text() {
    return this.#parts()
      .filter(({ text }) => text !== "")
      .map(({ label, text }) => (label === null ? text : `${label}: ${text}`))
      .join("\n");
  }

  /** Show what there is to show, in the language that is spoken. @param {boolean} [areDetailsMarked] */
  draw(areDetailsMarked = this.#areDetailsMarked) {
    this.#areDetailsMarked = areDetailsMarked;
    const text = this.#correctedText;
    const at = clockText(this.#final.start_ms / 1000);
    const isCorrected = text !== null && text !== this.#final.text;
    this.#said.replaceChildren(...this.#parts().map((part) => this.#partElement(part, isCorrected)));
    this.#said.hidden = this.#editor !== null;
    this.#correct.hidden = this.#editor !== null || this.#corrections() === null;
    this.#correct.title = fill(sentences.correcting.correct, { at });
    this.#correct.setAttribute("aria-label", this.#correct.title);
    this.#note.hidden = !isCorrected || this.#editor !== null;
    this.#corrected.textContent = text === "" ? sentences.correcting.struckOut : sentences.correcting.corrected;
    this.#showHeard.textContent = this.#isHeardShown ? sentences.correcting.hideHeard : sentences.correcting.showHeard;
    this.#showHeard.setAttribute("aria-expanded", String(this.#isHeardShown));
    this.#heard.hidden = this.#note.hidden || !this.#isHeardShown;
    this.#heard.textContent = this.#final.text;
    this.#editor?.draw();
  }

  /** Let the user correct it. */
  correct() {
    const [corrections, Editor] = [this.#corrections(), this.#editorOf()];
    if (this.#editor !== null || corrections === null || Editor === null) return;
    const correcting = corrections.begin(this.#final);
    this.#editor = new Editor(correcting, {
      at: clockText(this.#final.start_ms / 1000),
      keep: () => corrections.keep(correcting, this.#final),
      onLeave: () => this.#leave(),
    });
    this.#body.prepend(this.#editor.element);
    this.draw();
    this.#editor.focus();
  }

  #leave() {
    const hadFocus = this.element.contains(document.activeElement);
    this.#editor?.element.remove();
    this.#editor = null;
    this.draw();
    if (hadFocus) this.#correct.focus({ preventScroll: true });
  }

  get #correctedText() {
    return this.#corrections()?.textOf(this.#final.segment) ?? null;
  }

  /** What is said, cut where another voice begins. A correction is cut nowhere: it knows of no voices. */
  #parts() {
    const corrected = this.#correctedText;
    const turns = corrected === null ? this.#turns : this.#turns.slice(0, 1);
    let before = this.#speakerBefore;
    return turns.map(({ speaker, from, to }, number) => {
      const isNew = speaker !== null && speaker !== before;
      before = speaker ?? before;
      const start = number === 0 ? 0 : this.#words[from].from;
      const end = this.#words[to]?.from ?? this.#final.text.length;
      return {
        label: isNew ? fill(sentences.speakers.speaker, { number: speakerNumber(speaker) }) : null,
        text: corrected ?? this.#final.text.slice(start, end).trimEnd(),
        start,
        from,
        to,
      };
    });
  }

  /**
   * @param {{ label: string | null, text: string, start: number, from: number, to: number }} part
   * @param {boolean} isCorrected
   */
  #partElement({ label, text, start, from, to }, isCorrected) {
    const element = document.createElement("span");
    element.className = "turn";
    if (label !== null) {
      const speaker = document.createElement("b");
      speaker.className = "speaker";
      speaker.textContent = label;
      element.append(speaker, " ");
    }
    const words = document.createElement("span");
    words.className = "words"; // where a reader may look for something
    if (isCorrected) words.textContent = text;
    else {
      const { items, entities } = this.#final;
      const within = this.#words.slice(from, to).map((word) => ({ ...word, from: word.from - start }));
      const marking = {
        doubts: doubtsOf(items, within),
        details: this.#areDetailsMarked ? detailsOf(entities, within) : [],
        isPlayable: true,
        firstNumber: from,
      };
      words.append(...wordNodes(text, within, marking));
    }
    element.append(words);
    return element;
  }
}

/** @param {string} path */
function icon(path) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  drawing.append(line);
  return drawing;
}
