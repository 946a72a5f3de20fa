/** Follow how far the text has come and how long it takes, and name what is wrong with the sound. Pure. */

/** @import { Snapshot } from "./session-types.js" */
/** @typedef {{ transcribedS: number, delayS: number | null }} TextProgress `delayS`: null before any text has come */
/** @typedef {"dead" | "no_text" | "no_speech"} SoundNotice */

const SPEECH_WITHOUT_TEXT_MS = 8000; // the recogniser's own delay and a long sentence

/** The text of one recording. */
export class Progress {
  #newest = "";
  /** @type {number | null} */
  #delayS = null;

  /**
   * @param {Snapshot} snapshot
   * @returns {TextProgress & { isNewText: boolean }}
   */
  follow({ phase, rateHz, recorded, finals, partial, receipt }) {
    const final = finals.at(-1);
    const newest = `${finals.length} ${partial?.epoch} ${partial?.segment} ${partial?.revision}`;
    const isNewText = newest !== this.#newest && (final !== undefined || partial !== null);
    this.#newest = newest;
    const endMs = partial?.end_ms ?? final?.end_ms ?? 0;
    if (isNewText && phase === "recording") this.#delayS = Math.max(0, recorded / rateHz - endMs / 1000);
    const isComplete = receipt?.transcript === "complete"; // then silence at the end has been listened to as well
    const transcribedS = isComplete ? receipt.samples / rateHz : (final?.end_ms ?? 0) / 1000;
    return { transcribedS, delayS: this.#delayS, isNewText };
  }
}

/**
 * Name what is wrong with the sound, by what the microphone itself hears: the server hears silence when nobody
 * speaks, and when a microphone is muted, and cannot tell.
 * @param {Pick<Snapshot, "phase" | "state" | "status" | "notices">} snapshot
 * @param {{ verdict: import("./hearing.js").Verdict, speechMs: number }} hearing
 * @returns {SoundNotice | null}
 */
export function soundNotice({ phase, state, status, notices }, { verdict, speechMs }) {
  if (phase !== "recording") return null;
  if (verdict === "dead") return "dead";
  const isTextDue = state === "live" && (status === null || status.transcription === "live");
  if (isTextDue && speechMs >= SPEECH_WITHOUT_TEXT_MS) return "no_text";
  if (!notices.includes("silence")) return null;
  return verdict === "speech" ? "no_text" : "no_speech";
}
