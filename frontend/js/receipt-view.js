/** Show what became of a recording. Touches the DOM. */

import { element } from "./elements.js";
import { recordHash } from "./history/place.js";
import { receiptFacts } from "./texts.js";
import { language } from "./texts/language.js";

/** @import { Snapshot } from "./session-types.js" */

/** The receipt. */
export class ReceiptView {
  #receipt = element("receipt");
  #facts = element("receipt-facts");
  #open = /** @type {HTMLAnchorElement} */ (element("open-record"));
  /** @type {string | null} */
  #shownIn = null; // language

  hide() {
    this.#receipt.hidden = true;
  }

  /**
   * Show it once there is one, and again when the transcript has been completed, or another language is chosen.
   * @param {Snapshot} snapshot
   * @param {number} transcribedS how far the finals reach, in seconds
   */
  show({ receipt, sessionId, rateHz, recorded, lost }, transcribedS) {
    if (receipt === null) return;
    const { dataset } = this.#receipt;
    if (!this.#receipt.hidden && dataset.transcript === receipt.transcript && this.#shownIn === language) return;
    this.#shownIn = language;
    dataset.transcriptionId = String(receipt.transcriptionId);
    dataset.sessionId = sessionId ?? "";
    this.#open.href = recordHash(receipt.transcriptionId);
    dataset.transcript = receipt.transcript;
    const isWhole = receipt.gaps.length === 0 && receipt.isIdentical !== false && lost === null;
    dataset.gravity = isWhole ? "good" : "error";
    const list = document.createDocumentFragment();
    for (const [name, fact] of receiptFacts(receipt, { rateHz, recorded, transcribedS, lost })) {
      const pair = document.createElement("div");
      const term = document.createElement("dt");
      const value = document.createElement("dd");
      term.textContent = name;
      value.textContent = fact;
      pair.append(term, value);
      list.append(pair);
    }
    this.#facts.replaceChildren(list);
    const wasHidden = this.#receipt.hidden;
    this.#receipt.hidden = false;
    if (wasHidden) this.#receipt.focus(); // so that who cannot see it is told
  }
}
