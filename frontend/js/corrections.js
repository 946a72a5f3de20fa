/**
 * The corrections of one session, whether it still records or not: what was corrected, in which version, and how one
 * more is kept. Asks the API; shows nothing.
 */

import { RecordsTrouble } from "./records-api.js";
import { Correcting } from "./history/correction.js";

/** @import { RecordsApi, TheRecord } from "./records-api.js" */
/** @import { Final } from "./wire.js" */

/** What stands in the place of what was heard. */
export class Corrections {
  #api;
  #sessionId;
  #onChange;
  #version = 0;
  /** @type {Map<number, string>} */
  #texts = new Map();

  /**
   * @param {Pick<RecordsApi, "correct" | "read">} api
   * @param {string} sessionId
   * @param {(segment: number) => void} onChange a segment reads differently now
   */
  constructor(api, sessionId, onChange) {
    this.#api = api;
    this.#sessionId = sessionId;
    this.#onChange = onChange;
  }

  get sessionId() {
    return this.#sessionId;
  }

  /** How a segment reads; null: as it was heard. @param {number} segment */
  textOf(segment) {
    return this.#texts.get(segment) ?? null;
  }

  /** Begin a correction of how a final reads now. @param {Final} final */
  begin(final) {
    return new Correcting(final.segment, this.textOf(final.segment) ?? final.text, this.#version);
  }

  /**
   * Bring what is typed to the record; what came of it is in `correcting`.
   * @param {Correcting} correcting
   * @param {Final} final that it is of
   */
  async keep(correcting, final) {
    let correction = correcting.save();
    while (correction !== null) {
      try {
        const kept = await this.#api.correct(this.#sessionId, correction);
        correcting.kept(kept.version);
        this.#version = Math.max(this.#version, kept.version);
        this.#put(kept.segment, kept.text);
        return;
      } catch (error) {
        if (!(error instanceof RecordsTrouble)) throw error;
        if (!correcting.refused(error.kind)) return;
      }
      try {
        this.#take(await this.#api.read(this.#sessionId));
        correction = correcting.seen(this.textOf(final.segment) ?? final.text, this.#version);
      } catch (error) {
        if (!(error instanceof RecordsTrouble)) throw error;
        correcting.unseen(error.kind);
        return;
      }
    }
  }

  /** Learn what was corrected before this page was opened; without an answer, the first correction will ask. */
  async load() {
    try {
      this.#take(await this.#api.read(this.#sessionId));
    } catch (error) {
      if (!(error instanceof RecordsTrouble)) throw error;
    }
  }

  /** @param {TheRecord} record */
  #take(record) {
    if (record.version < this.#version) return; // asked before a correction that is kept by now
    this.#version = record.version;
    for (const { segment, corrected_text: text } of record.segments) {
      if (text !== null) this.#put(segment, text);
    }
  }

  /** @param {number} segment @param {string} text */
  #put(segment, text) {
    if (this.#texts.get(segment) === text) return;
    this.#texts.set(segment, text);
    this.#onChange(segment);
  }
}
